import { z } from 'zod';
import type { MergedTensor } from '../tensor-merge.ts';
import { HostAdam } from './shared/host-adam.ts';
import {
  kernelMatrix,
  kernelValues,
  product,
  squaredNorm,
  stacked,
  sumOf,
  transposed,
  zeros,
} from './shared/matrices.ts';
import type { Matrix } from './shared/matrices.ts';
import { singularTriples } from './shared/singular.ts';
import { tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';
import { taskVectorCuts } from './shared/trimming.ts';

/** Rows are the leading directions of the outputs that all tasks share, which Δ may not change. */
export function sharedDirections(vectors: readonly Matrix[], divisor: number): Matrix {
  const r = Math.min(vectors[0].rows, vectors[0].cols);
  const bases = stacked(vectors.map((vector) => singularTriples(vector, Math.floor(r / vectors.length)).left));
  if (bases.rows === 0) return bases;
  return singularTriples(bases, Math.floor(r / divisor)).right;
}

/**
 * Σ_j |v_j ⊙ (v_j − Σ_t λ_t (v_t + Δ))|² with the entries of a row added before squaring, and its gradient with respect
 * to Δ.
 */
export function dogeLoss(
  delta: Matrix,
  vectors: readonly Matrix[],
  lambdas: readonly number[],
): { readonly loss: number; readonly gradient: Matrix } {
  const total = lambdas.reduce((sum, lambda) => sum + lambda, 0);
  const merged = sumOf([...vectors, delta], [...lambdas, total]);
  const gradient = zeros(delta.rows, delta.cols);
  let loss = 0;
  for (const { data } of vectors)
    for (let row = 0; row < delta.rows; row += 1) {
      let sum = 0;
      for (let at = row * delta.cols; at < (row + 1) * delta.cols; at += 1)
        sum += data[at] * (data[at] - merged.data[at]);
      loss += sum * sum;
      for (let at = row * delta.cols; at < (row + 1) * delta.cols; at += 1)
        gradient.data[at] -= 2 * total * sum * data[at];
    }
  return { loss, gradient };
}

/** Adam on Δ from 0; of its gradient what lies in the shared directions is left out. @param rate absolute. */
export function dogeDelta(
  vectors: readonly Matrix[],
  lambdas: readonly number[],
  { steps, rate, divisor }: { readonly steps: number; readonly rate: number; readonly divisor: number },
): Matrix {
  const delta = zeros(vectors[0].rows, vectors[0].cols);
  const directions = sharedDirections(vectors, divisor);
  const back = transposed(directions);
  const adam = new HostAdam(delta.data.length, rate);
  for (let step = 0; step < steps; step += 1) {
    const { gradient } = dogeLoss(delta, vectors, lambdas);
    adam.update(delta.data, sumOf([gradient, product(back, product(directions, gradient))], [1, -1]).data);
  }
  return delta;
}

const norm = (vector: Matrix): number => Math.sqrt(squaredNorm(vector));

export default defineTensorMerge({
  id: 'doge-merging',
  version: 1,
  title: 'DOGE task arithmetic',
  summary: 'Learns, layer by layer and without data, one change of all task vectors that lets them interfere less.',
  paper: {
    title: 'Modeling Multi-Task Model Merging as Adaptive Projective Gradient Descent',
    authors: 'Wei et al.',
    year: 2025,
    reference: 'arXiv:2501.01230',
    equations:
      'As fusion_bench has it (method doge_ta): λ_t = λ / |τ_t|, Adam on Δ off the shared directions, top 30 %',
    deviations:
      "Follows fusion_bench, not the paper: the authors' code could not be read. λ = 0.07 and the rate 1e-4 of there " +
      'are fitted to CLIP (`published`); `relative` takes both as shares of the size of the task vectors of a layer. ' +
      'Kernels alone are merged; biases and norms stay at the start.',
  },
  needsStart: true,
  fields: {
    scale: z
      .enum(['relative', 'published'])
      .default('relative')
      .describe('λ and rate as shares of the size of the task vectors of a layer, or as fusion_bench has them'),
    lambda: z.number().min(0.001).max(10).default(0.3).describe('λ; as published 0.07'),
    rate: z.number().min(1e-6).max(1).default(0.01).describe('Rate of Adam; as published 1e-4'),
    steps: z.number().int().min(0).max(10_000).default(400).describe('Steps of Adam'),
    density: z.number().min(0.001).max(1).default(0.3).describe('Share of the entries of a task vector that is kept'),
    divisor: z.number().int().min(1).max(1000).default(6).describe('The rank divided by this many shared directions'),
  },
  *survey({ scale, lambda, rate, steps, density, divisor }, { models, weights }) {
    const kernels = ({ shape }: MergedTensor): boolean => shape.length > 1;
    const cuts = density < 1 ? yield* taskVectorCuts({ density, keep: 'official' }, models, kernels) : [];
    return (tensor) => {
      const { start, vectors } = tensorTaskVectors(tensor);
      const matrices = vectors.flatMap((vector) => kernelMatrix(tensor, vector) ?? []);
      const size = Math.sqrt(matrices.reduce((sum, matrix) => sum + squaredNorm(matrix), 0) / matrices.length);
      if (matrices.length === 0 || size === 0) return start.slice();
      const unit = scale === 'relative' ? size : 1;
      const lambdas = matrices.map((matrix, task) => (weights[task] * lambda * unit) / (norm(matrix) || Infinity));
      const entry = scale === 'relative' ? size / Math.sqrt(start.length) : 1;
      const delta = kernelValues(tensor, dogeDelta(matrices, lambdas, { steps, rate: rate * entry, divisor }));
      return start.map((value, at) => {
        const kept = (vector: Float32Array, task: number): number =>
          Math.abs(vector[at]) >= (cuts[task]?.threshold ?? 0) ? lambdas[task] * (vector[at] + delta[at]) : 0;
        return value + vectors.reduce((sum, vector, task) => sum + kept(vector, task), 0);
      });
    };
  },
});
