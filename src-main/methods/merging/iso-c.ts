import { z } from 'zod';
import { sumOf } from './shared/matrices.ts';
import type { Matrix } from './shared/matrices.ts';
import { polarOf, singularTriples } from './shared/singular.ts';
import { mergedByMatrices } from './shared/spectral.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** Marczak et al. 2025, algorithm 1: Σ τ_t with all of its singular values replaced by their mean, zeros included. */
export function isotropic(vectors: readonly Matrix[]): Matrix {
  const sum = sumOf(vectors);
  const triples = singularTriples(sum);
  const mean = triples.values.reduce((total, value) => total + value, 0) / Math.min(sum.rows, sum.cols);
  return sumOf([polarOf(triples)], [mean]);
}

export default defineTensorMerge({
  id: 'iso-c',
  version: 1,
  title: 'ISO-C',
  summary: 'Adds the task vectors and gives all directions of a layer the same strength.',
  paper: {
    title: 'No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces',
    authors: 'Marczak et al.',
    year: 2025,
    reference: 'arXiv:2502.04959',
    equations: 'Algorithm 1: θ0 + α s̄ U Vᵀ with Σ_t τ_t = U S Vᵀ',
    deviations:
      'α is given here. Singular values below a millionth of the largest are rounding and stay 0; their code gives ' +
      'such directions the mean as well. Kernels of convolutions are taken as matrices, where their code averages ' +
      'them; biases and norms are averaged as there.',
  },
  needsStart: true,
  fields: { alpha: z.number().min(0).max(3).default(1).describe('Scale α of the merged change') },
  tensor: (tensor, { alpha }, terms) => mergedByMatrices(tensor, terms, alpha, isotropic),
});
