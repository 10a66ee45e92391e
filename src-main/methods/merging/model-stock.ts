import { z } from 'zod';
import { outputRows } from './shared/output-rows.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** Norms below this count as this, as in mergekit. */
const SMALLEST_NORM = 1e-6;

/** Inner products of changes with one another [k × k], over as many entries as they were shown. */
export class Angles {
  readonly #products: Float64Array;
  readonly #models: number;

  constructor(models: number) {
    this.#models = models;
    this.#products = new Float64Array(models ** 2);
  }

  /** Entries from `from` to `to` of what each model changed. */
  count(base: ArrayLike<number>, models: readonly ArrayLike<number>[], from = 0, to = base.length): void {
    for (let a = 0; a < this.#models; a += 1)
      for (let b = a; b < this.#models; b += 1) {
        const [one, other] = [models[a], models[b]];
        let sum = 0;
        for (let at = from; at < to; at += 1) sum += (one[at] - base[at]) * (other[at] - base[at]);
        this.#products[a * this.#models + b] += sum;
      }
  }

  /** The mean over pairs of the cosine between their changes, each in [−1, 1]. */
  get cosine(): number {
    let [sum, pairs] = [0, 0];
    const norm = (model: number): number =>
      Math.max(SMALLEST_NORM, Math.sqrt(this.#products[model * this.#models + model]));
    for (let a = 0; a < this.#models; a += 1)
      for (let b = a + 1; b < this.#models; b += 1) {
        sum += Math.min(1, Math.max(-1, this.#products[a * this.#models + b] / (norm(a) * norm(b))));
        pairs += 1;
      }
    return sum / pairs;
  }
}

/** t = k·cos / (1 + (k − 1)·cos): how much of the mean of k models there is in the merged one (equation 2). */
export function interpolationRatio(cosine: number, models: number, beyond: boolean): number {
  const ratio = (models * cosine) / (1 + (models - 1) * cosine);
  if (!beyond) return Number.isFinite(ratio) && cosine > 0 ? Math.min(1, ratio) : 0;
  return Number.isFinite(ratio) ? ratio : 0;
}

export default defineTensorMerge({
  id: 'model-stock',
  version: 1,
  title: 'Model Stock',
  summary: 'Goes from the start towards the mean of a few fine-tuned nets, as far as the angle between them says.',
  paper: {
    title: 'Model Stock: All we need is just a few fine-tuned models',
    authors: 'Jang, Yun, Han',
    year: 2024,
    reference: 'arXiv:2403.19522',
    equations: 'Equation 2: t = k cos θ / (1 + (k − 1) cos θ); w = t · mean + (1 − t) · w0, layer by layer',
    deviations:
      'A layer is a tensor; cosines of more than two models are means over pairs, as in mergekit (the authors ' +
      'publish no code). t is cut to [0, 1]: a negative cosine would go beyond the start. Merged once, not ' +
      'after every epoch.',
  },
  needsStart: true,
  weighs: false,
  entrywise: ({ granularity }) => granularity === 'net',
  fields: {
    granularity: z
      .enum(['tensor', 'row', 'net'])
      .default('tensor')
      .describe('One angle for each tensor, for each output unit of it, or for the whole net'),
    runs: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(0)
      .meta({ defaultMeans: 'all' })
      .describe('k: so many models, the first ones'),
    beyond: z.boolean().default(false).describe('Lets a negative cosine go beyond the start'),
  },
  *survey({ granularity, runs, beyond }, { models: all }) {
    const count = runs === 0 ? all : Math.min(runs, all);
    const ofNet = new Angles(count);
    const baseOf = ({ name, base }: { readonly name: string; readonly base: Float32Array | null }): Float32Array => {
      if (base === null) throw new RangeError(`${name} has no start, so there is no angle between changes of it.`);
      return base;
    };
    if (granularity === 'net') yield (tensor) => ofNet.count(baseOf(tensor), tensor.models);
    return (tensor) => {
      const base = baseOf(tensor);
      const models = tensor.models.slice(0, count);
      const { rows, columns, toRows, fromRows } = outputRows(tensor);
      const [length, from, to] =
        granularity === 'row' ? [columns, toRows(base), models.map(toRows)] : [base.length, base, models];
      const merged = new Float32Array(base.length);
      for (let row = 0; row < (granularity === 'row' ? rows : 1); row += 1) {
        const [start, end] = [row * length, (row + 1) * length];
        const angles = granularity === 'net' ? ofNet : new Angles(count);
        if (granularity !== 'net') angles.count(from, to, start, end);
        const ratio = interpolationRatio(angles.cosine, count, beyond);
        for (let at = start; at < end; at += 1) {
          let sum = 0;
          for (const model of to) sum += model[at];
          merged[at] = ratio * (sum / count) + (1 - ratio) * from[at];
        }
      }
      return granularity === 'row' ? fromRows(merged) : merged;
    };
  },
});
