import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { solvePositive } from './shared/positive-system.ts';
import { checkAlike } from './shared/task-vectors.ts';

export interface RegMeanOptions {
  /** Factor α of the entries of the Gram matrices beside their diagonals, in [0, 1]. */
  readonly offDiagonal: number;
  /** Added to every Gram matrix's diagonal, as a share of the mean of all diagonals. */
  readonly ridge: number;
}

/**
 * RegMean (Jin et al. 2023, equation 2): each linear map becomes W = (Σ G_t)⁻¹ Σ G_t W_t, which for α = 1 minimises
 * Σ_t |X_t W − X_t W_t|² / rows. Tensors without a Gram matrix (biases, norms) are averaged.
 *
 * @param grams one set a model: by the kernel's name, G = XᵀX / rows [n × n] of that model's own inputs to it; kernels
 *   are [n, outputs], those of convolutions with their patches as inputs.
 * @throws RangeError when models differ or a Gram matrix does not belong to its kernel.
 */
export function regMean(
  models: readonly NamedArrays[],
  grams: readonly NamedArrays[],
  options: RegMeanOptions,
): NamedArrays {
  checkAlike(models);
  const average = averageParameters(models);
  return Object.fromEntries(
    Object.entries(average).map(([name, mean]) => [
      name,
      name in grams[0]
        ? regressed(
            models.map((model) => model[name]),
            grams.map((of) => of[name]),
            options,
          )
        : mean,
    ]),
  );
}

/** One linear map. The ridge is added to every G_t, so inputs that no model ever sees get the plain average. */
export function regressed(
  kernels: readonly Float32Array[],
  grams: readonly Float32Array[],
  { offDiagonal, ridge }: RegMeanOptions,
): Float32Array {
  const n = Math.sqrt(grams[0].length);
  const outputs = kernels[0].length / n;
  if (!Number.isInteger(n) || !Number.isInteger(outputs) || grams.some(({ length }) => length !== n * n))
    throw new RangeError(
      `Gram matrices of ${grams.map(({ length }) => length).join(', ')} entries can't belong to a kernel of ` +
        `${kernels[0].length}.`,
    );
  const diagonal = grams.reduce((sum, gram) => sum + trace(gram, n), 0) / (n * grams.length);
  const left = new Float64Array(n * n);
  const right = new Float64Array(n * outputs);
  grams.forEach((gram, model) => {
    const kernel = kernels[model];
    for (let i = 0; i < n; i += 1) {
      for (let k = 0; k < n; k += 1) {
        const entry = i === k ? gram[i * n + k] + ridge * diagonal : offDiagonal * gram[i * n + k];
        if (entry === 0) continue;
        left[i * n + k] += entry;
        for (let o = 0; o < outputs; o += 1) right[i * outputs + o] += entry * kernel[k * outputs + o];
      }
    }
  });
  solvePositive(left, right, n);
  return new Float32Array(right);
}

function trace(gram: Float32Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i += 1) sum += gram[i * n + i];
  return sum;
}

/** Settings of RegMean and of RegMean++. */
export const gramFields = {
  ridge: z.number().min(0).max(1).default(1e-4).describe('Ridge, as a share of the mean diagonal entry'),
  examples: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(256)
    .describe('Training inputs of each task for the Gram matrices'),
};

export default defineMergingMethod({
  id: 'regmean',
  version: 1,
  title: 'RegMean',
  summary: 'Merges every linear layer by least squares, so that it answers as each model does on its own inputs.',
  paper: {
    title: 'Dataless Knowledge Fusion by Merging Weights of Language Models',
    authors: 'Jin et al.',
    year: 2023,
    reference: 'arXiv:2212.09849',
    equations: 'Equation 2 with off-diagonals scaled by α (section 3.3)',
    deviations:
      'A ridge, because the Gram matrices are float32 and may have fewer rows than inputs: where they say nothing, ' +
      'the result is the average. Heads are not merged.',
  },
  fields: {
    alpha: z.number().min(0).max(1).default(0.9).describe('Factor α of the entries beside the diagonals'),
    ...gramFields,
  },
  asks: ['training-inputs'],
  statistics: ({ examples }) => ({ grams: examples }),
  async *merge({ models, statistics }, { alpha, ridge }) {
    const grams: NamedArrays[] = [];
    for (const index of models.keys()) {
      grams.push(await statistics.grams(index));
      yield (index + 1) / (models.length + 1);
    }
    return { kind: 'parameters', merged: regMean(models, grams, { offDiagonal: alpha, ridge }) };
  },
});
