import { z } from 'zod';
import { product, stacked, sumOf, transposed } from './shared/matrices.ts';
import type { Matrix } from './shared/matrices.ts';
import { polarFactor, singularTriples } from './shared/singular.ts';
import { mergedByMatrices } from './shared/spectral.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** How many directions are common to all of T tasks, and how many each has for itself, of r in all. */
export function sharesOf(r: number, tasks: number, commonFraction: number): { common: number; each: number } {
  const each = Math.min(halfToEven((r - Math.floor(r * commonFraction)) / tasks), Math.floor(r / tasks));
  return { common: r - each * tasks, each };
}

/** As Python rounds. */
function halfToEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 === 0 ? below : below + 1;
}

/**
 * Marczak et al. 2025, algorithm 2: the leading directions of Σ τ_t, and of each task those of what they leave of it;
 * all made orthonormal together, with the mean of all singular values. Projects on the side of the outputs, so it is
 * not the same for transposed kernels.
 */
export function isotropicSubspaces(vectors: readonly Matrix[], commonFraction: number): Matrix {
  const r = Math.min(vectors[0].rows, vectors[0].cols);
  const { common, each } = sharesOf(r, vectors.length, commonFraction);
  const shared = singularTriples(sumOf(vectors), common);
  const rest = (vector: Matrix): Matrix =>
    sumOf([vector, product(transposed(shared.left), product(shared.left, vector))], [1, -1]);
  const parts = [...(each > 0 ? vectors.map((vector) => singularTriples(rest(vector), each)) : []), shared];
  const mean = parts.flatMap(({ values }) => [...values]).reduce((sum, value) => sum + value, 0) / r;
  const left = polarFactor(stacked(parts.map((part) => part.left)));
  const right = polarFactor(stacked(parts.map((part) => part.right)));
  return sumOf([product(transposed(left), right)], [mean]);
}

export default defineTensorMerge({
  id: 'iso-cts',
  version: 1,
  title: 'ISO-CTS',
  summary: 'Equal strength for directions that all tasks share and for some that each task has for itself.',
  paper: {
    title: 'No Task Left Behind: Isotropic Model Merging with Common and Task-Specific Subspaces',
    authors: 'Marczak et al.',
    year: 2025,
    reference: 'arXiv:2502.04959',
    equations: 'Algorithm 2: common directions of Σ τ_t, then of each task the leading ones of what is left',
    deviations:
      'α is given here. Singular values below a millionth of the largest are rounding and stay 0. Kernels of ' +
      'convolutions are taken as matrices, where their code averages them; biases and norms are averaged as there.',
  },
  needsStart: true,
  fields: {
    alpha: z.number().min(0).max(3).default(1).describe('Scale α of the merged change'),
    commonFraction: z.number().min(0).max(1).default(0.8).describe('Share of the directions that all tasks have'),
  },
  tensor: (tensor, { alpha, commonFraction }, terms) =>
    mergedByMatrices(tensor, terms, alpha, (vectors) => isotropicSubspaces(vectors, commonFraction)),
});
