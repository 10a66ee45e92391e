import { z } from 'zod';
import { StreamedRanks } from './shared/streamed-ranks.ts';
import { weightedSum } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** The three formulas that the authors' scripts have: pcb-merging.py, vision_source_code/pcb.py and pcb_ES.py. */
export type PcbVariant = 'root' | 'vision' | 'vision es';

/** Between which values magnitudes of a model are held, or its balances are scaled to 0 and 1. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const held = (value: number, { low, high }: Bounds): number => Math.min(Math.max(value, low), high);
const scaled = (value: number, bounds: Bounds): number =>
  bounds.high > bounds.low ? (held(value, bounds) - bounds.low) / (bounds.high - bounds.low) : 0;

/** exp(T norm²) of each entry times how it goes with those of all models (equations 1 and 2). */
export function balances(
  changes: readonly Float32Array[],
  magnitudes: readonly Bounds[],
  variant: PcbVariant,
): Float32Array[] {
  const norms = changes.map((change, model) => change.map((value) => scaled(Math.abs(value), magnitudes[model])));
  const signed = norms.map((values, model) => values.map((value, at) => Math.sign(changes[model][at]) * value));
  const sums = weightedSum(
    variant === 'root' ? changes : signed,
    changes.map(() => 1),
  );
  return changes.map((change, model) =>
    change.map((value, at) => {
      const intra = Math.exp(changes.length * norms[model][at] ** 2);
      if (variant !== 'vision es') return intra * Math.tanh(value * sums[at]);
      return intra * signed.reduce((sum, other) => sum + Math.tanh(signed[model][at] * other[at]), 0);
    }),
  );
}

/** Σ w scale τ̂ / Σ scale: what competes best decides, and entries that no model claims stay as at the start. */
export function pcbMerged(
  changes: readonly Float32Array[],
  scales: readonly Float32Array[],
  magnitudes: readonly Bounds[],
  weights: readonly number[],
): Float64Array {
  return Float64Array.from(changes[0], (_, at) => {
    let [sum, total] = [0, 0];
    changes.forEach((change, model) => {
      const clipped = Math.sign(change[at]) * held(Math.abs(change[at]), magnitudes[model]);
      sum += weights[model] * clipped * scales[model][at];
      total += scales[model][at];
    });
    return sum / Math.max(total, 1e-12);
  });
}

export default defineTensorMerge({
  id: 'pcb',
  version: 1,
  title: 'PCB-Merging',
  summary:
    'Lets the changes of models compete: those that are large and go with the others decide, the rest is dropped.',
  paper: {
    title: 'Parameter Competition Balancing for Model Merging',
    authors: 'Du et al.',
    year: 2024,
    reference: 'arXiv:2410.02396',
    equations: 'Equations 1 to 4; vision_source_code/pcb.py',
    deviations:
      "The authors' three scripts have three formulas; that of the vision experiments is the default. One λ for all " +
      'models, by their weights: no evolutionary search.',
  },
  needsStart: true,
  fields: {
    ratio: z.number().min(0.001).max(1).default(0.05).describe('Share r of the entries of a model that have a say'),
    lambda: z.number().min(0).max(3).default(1.2).describe('Scale λ of the task vectors'),
    variant: z.enum(['vision', 'root', 'vision es']).default('vision').describe("Which of the authors' formulas"),
    clip: z
      .number()
      .min(0)
      .max(0.4)
      .default(0.01)
      .describe('Share of the smallest and of the largest magnitudes that are clipped; 0.0001 in root'),
  },
  entrywise: true,
  *survey({ ratio, lambda, variant, clip }, { models, weights }) {
    const ofEach = (): StreamedRanks[] => Array.from({ length: models }, () => new StreamedRanks());
    const sizes = ofEach();
    yield (tensor) =>
      tensorTaskVectors(tensor).vectors.forEach((change, model) => sizes[model].showFirst(change.map(Math.abs)));
    const count = sizes[0].count;
    // Places in the sorted magnitudes, from 0, as the authors have them.
    for (const size of sizes)
      size.seek([Math.floor(count * clip) + 1, Math.max(Math.floor(count * (1 - clip) - 1), 0) + 1]);
    yield (tensor) =>
      tensorTaskVectors(tensor).vectors.forEach((change, model) => sizes[model].showAgain(change.map(Math.abs)));
    const magnitudes = sizes.map((size): Bounds => {
      const [low, high] = size.found();
      return { low, high };
    });
    const ranks = ofEach();
    yield (tensor) =>
      balances(tensorTaskVectors(tensor).vectors, magnitudes, variant).forEach((values, model) =>
        ranks[model].showFirst(values),
      );
    for (const rank of ranks) rank.seek([Math.min(Math.floor(count * (1 - ratio)), count - 1) + 1, count]);
    yield (tensor) =>
      balances(tensorTaskVectors(tensor).vectors, magnitudes, variant).forEach((values, model) =>
        ranks[model].showAgain(values),
      );
    const bounds = ranks.map((rank): Bounds => {
      const [low, high] = rank.found();
      return { low, high };
    });
    const scales = weights.map((weight) => lambda * weight);
    return (tensor) => {
      const { start, vectors } = tensorTaskVectors(tensor);
      const shares = balances(vectors, magnitudes, variant).map((values, model) =>
        values.map((value) => scaled(value, bounds[model])),
      );
      return addedVectors(start, [pcbMerged(vectors, shares, magnitudes, scales)], 1);
    };
  },
});
