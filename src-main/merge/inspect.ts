import { apartNames } from '../base/apart-names.ts';
import { byNumbersIn } from '../base/natural-order.ts';
import { openCheckpoint } from '../checkpoints/checkpoint.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { isFloat } from '../checkpoints/dtypes.ts';
import { differences } from './alike.ts';
import type { Inspection, LayerComparison } from './messages.ts';
import { SLICE_ENTRIES, TensorReader } from './reading.ts';

/**
 * Compares models layer by layer, streamed as a merge is. Yields bytes read, and how many there are.
 *
 * @throws CheckpointError for files that cannot be read, and numbers that are none.
 */
export function* inspectModels(
  basePath: string | null,
  paths: readonly string[],
): Generator<{ readonly done: number; readonly total: number }, Inspection, void> {
  const opened: Checkpoint[] = [];
  const open = (path: string): Checkpoint => {
    const checkpoint = openCheckpoint(path);
    opened.push(checkpoint);
    return checkpoint;
  };
  try {
    const base = basePath === null ? null : open(basePath);
    const models = paths.map(open);
    const all = base === null ? models : [base, ...models];
    const labels = apartNames(all.map(({ path }) => path));
    const labelled = all.map(({ tensors }, i) => ({ label: labels[i], tensors }));
    const names = [...all[0].tensors.values()]
      .filter(({ name, dtype, shape }) =>
        all.every(({ tensors }) => {
          const there = tensors.get(name);
          return there !== undefined && isFloat(there.dtype) && isFloat(dtype) && String(there.shape) === String(shape);
        }),
      )
      .map(({ name }) => name);
    const readers = all.map((checkpoint) => new TensorReader(checkpoint));
    const total = names.reduce(
      (sum, name) => sum + all.reduce((bytes, { tensors }) => bytes + (tensors.get(name)?.bytes ?? 0), 0),
      0,
    );
    const layers = new Map<string, Sums>();
    const whole = new Sums(models.length);
    for (const name of names.toSorted()) {
      const layer = layerOf(name);
      const sums = layers.get(layer) ?? new Sums(models.length);
      layers.set(layer, sums);
      const entries = all[0].tensors.get(name)?.entries ?? 0;
      for (let from = 0; from < entries; from += SLICE_ENTRIES) {
        const arrays = readers.map((reader) => reader.values(name, from, Math.min(SLICE_ENTRIES, entries - from)));
        sums.add(base === null ? null : arrays[0], base === null ? arrays : arrays.slice(1));
        yield { done: readers.reduce((sum, { bytesRead }) => sum + bytesRead, 0), total };
      }
    }
    for (const sums of layers.values()) whole.join(sums);
    const hasBase = base !== null;
    return {
      models: labelled.slice(hasBase ? 1 : 0).map(({ label }) => label),
      layers: [...layers].sort(([a], [b]) => byNumbersIn(a, b)).map(([layer, sums]) => sums.compared(layer, hasBase)),
      total: whole.compared('whole net', hasBase),
      differences: differences(labelled, () => false),
    };
  } finally {
    opened.forEach((checkpoint) => checkpoint.close());
  }
}

/** A name up to its first number (`model.layers.12`), else without its last part. */
function layerOf(name: string): string {
  return /^.*?(?:^|[./])\d+(?=[./])/.exec(name)?.[0] ?? (name.replace(/[./][^./]*$/, '') || name);
}

/** What is added up over the entries of a layer. */
class Sums {
  readonly #models: number;
  readonly #products: Float64Array;
  #base = 0;
  #entries = 0;
  #shared = 0;
  #agreeing = 0;

  constructor(models: number) {
    this.#models = models;
    this.#products = new Float64Array(models * models);
  }

  add(base: Float32Array | null, models: readonly Float32Array[]): void {
    const count = models.length;
    const changes = new Float64Array(count);
    const { length } = models[0];
    this.#entries += length;
    for (let at = 0; at < length; at += 1) {
      const start = base === null ? 0 : base[at];
      this.#base += start * start;
      let positive = 0;
      let negative = 0;
      for (let model = 0; model < count; model += 1) {
        const change = models[model][at] - start;
        changes[model] = change;
        if (change > 0) positive += 1;
        else if (change < 0) negative += 1;
      }
      if (positive + negative > 1) {
        this.#shared += 1;
        if (positive === 0 || negative === 0) this.#agreeing += 1;
      }
      for (let a = 0; a < count; a += 1)
        for (let b = a; b < count; b += 1) this.#products[a * count + b] += changes[a] * changes[b];
    }
  }

  join(other: Sums): void {
    this.#base += other.#base;
    this.#entries += other.#entries;
    this.#shared += other.#shared;
    this.#agreeing += other.#agreeing;
    other.#products.forEach((product, at) => (this.#products[at] += product));
  }

  compared(layer: string, hasBase: boolean): LayerComparison {
    const count = this.#models;
    const norms = Array.from({ length: count }, (_, model) => Math.sqrt(this.#products[model * count + model]));
    const cosines: (number | null)[] = [];
    for (let a = 0; a < count; a += 1)
      for (let b = a + 1; b < count; b += 1) {
        const lengths = norms[a] * norms[b];
        cosines.push(lengths === 0 ? null : this.#products[a * count + b] / lengths);
      }
    return {
      layer,
      entries: this.#entries,
      base: hasBase ? Math.sqrt(this.#base) : null,
      norms,
      cosines,
      agreement: this.#shared === 0 ? null : this.#agreeing / this.#shared,
    };
  }
}
