import { z } from 'zod';
import { product, scaledRows, stacked, transposed, zeros } from './shared/matrices.ts';
import type { Matrix } from './shared/matrices.ts';
import { polarFactor, singularTriples } from './shared/singular.ts';
import { mergedByMatrices } from './shared/spectral.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/**
 * Gargiulo et al. 2025, algorithm 1: the leading int(r / T) singular triples of each of T task matrices; all left and
 * all right vectors are made orthonormal by their polar factors, so that tasks do not interfere.
 */
export function tsvMerged(vectors: readonly Matrix[]): Matrix {
  const { rows, cols } = vectors[0];
  // Where there are more tasks than rows, their code keeps nothing.
  const kept = Math.max(1, Math.floor(Math.min(rows, cols) / vectors.length));
  const parts = vectors.map((vector) => singularTriples(vector, kept));
  const left = stacked(parts.map((part) => part.left));
  if (left.rows === 0) return zeros(rows, cols);
  const right = polarFactor(stacked(parts.map((part) => part.right)));
  const values = parts.flatMap((part) => [...part.values]);
  return product(transposed(polarFactor(left)), scaledRows(right, values));
}

export default defineTensorMerge({
  id: 'tsv-merge',
  version: 1,
  title: 'TSV-Merge',
  summary: 'Keeps the leading singular vectors of each task, layer by layer, and makes those of all tasks orthogonal.',
  paper: {
    title: 'Task Singular Vectors: Reducing Task Interference in Model Merging',
    authors: 'Gargiulo et al.',
    year: 2025,
    reference: 'arXiv:2412.00081',
    equations: 'Algorithm 1 (TSV-M): θ0 + α Σ_t Û⊥ S V̂⊥ᵀ with rank r / T a task',
    deviations:
      'α is given here. Keeps at least one direction a task where there are more tasks than rows (their code: none). ' +
      'Singular values below a millionth of the largest count as 0. Kernels of convolutions are taken as matrices, ' +
      'where their code averages them; biases and norms are averaged as there.',
  },
  needsStart: true,
  fields: { alpha: z.number().min(0).max(3).default(1).describe('Scale α of the merged change') },
  tensor: (tensor, { alpha }, terms) => mergedByMatrices(tensor, terms, alpha, tsvMerged),
});
