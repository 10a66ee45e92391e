import type { MergedTensor } from '../../tensor-merge.ts';
import { KthMagnitude } from './magnitudes.ts';
import { tensorTaskVectors } from './task-vectors.ts';

/** How many of the largest entries of a vector are kept. */
export interface Trimming {
  /** Share of the entries. */
  readonly density: number;
  /**
   * `official`: everything not below the (n − ⌊n·density⌋)-th smallest magnitude, which is one entry more, or several
   * where magnitudes are equal. `exact`: ⌊n·density⌋ entries, the first ones among equals. `at-least-1`: the same, but
   * never none.
   */
  readonly keep: 'official' | 'exact' | 'at-least-1';
}

/** Which entries are kept: all above a magnitude, and the first so many of those that equal it. */
export interface Cut {
  readonly threshold: number;
  readonly equals: number;
}

/** Finds the cut of numbers that come in pieces, in two passes over them. */
export class CutFinder {
  readonly #kth = new KthMagnitude();
  readonly #trimming: Trimming;

  constructor(trimming: Trimming) {
    this.#trimming = trimming;
  }

  /** The cut of several arrays together. */
  static of(arrays: readonly Float32Array[], trimming: Trimming): Cut {
    const finder = new CutFinder(trimming);
    for (const array of arrays) finder.count(array);
    for (const array of arrays) finder.countAgain(array);
    return finder.cut();
  }

  /** First pass. @throws RangeError when a number is NaN. */
  count(array: Float32Array): void {
    this.#kth.countUpper(array);
  }

  /** Second pass. */
  countAgain(array: Float32Array): void {
    const [wanted, official] = [this.#wanted(), this.#trimming.keep === 'official'];
    if (wanted > 0 || official) this.#kth.countLower(array, this.#kth.count - wanted + (official ? 0 : 1));
  }

  cut(): Cut {
    const wanted = this.#wanted();
    if (this.#trimming.keep === 'official') return { threshold: this.#kth.found().threshold, equals: Infinity };
    if (wanted === 0) return { threshold: Infinity, equals: 0 };
    const { threshold, above } = this.#kth.found();
    return { threshold, equals: wanted - above };
  }

  #wanted(): number {
    const { density, keep } = this.#trimming;
    return Math.max(Math.floor(this.#kth.count * density), keep === 'at-least-1' ? 1 : 0);
  }
}

/** Two passes over a net, which end with the cut of each model's task vector. @param counts which tensors do. */
export function* taskVectorCuts(
  trimming: Trimming,
  models: number,
  counts: (tensor: MergedTensor) => boolean = () => true,
): Generator<(tensor: MergedTensor) => void, Cut[], void> {
  const finders = Array.from({ length: models }, () => new CutFinder(trimming));
  for (const pass of ['count', 'countAgain'] as const)
    yield (tensor) => {
      if (counts(tensor)) tensorTaskVectors(tensor).vectors.forEach((vector, model) => finders[model][pass](vector));
    };
  return finders.map((finder) => finder.cut());
}

/** Keeps the entries of a cut, the rest becomes 0; counts equal ones from array to array. */
export class Trimmer {
  readonly #threshold: number;
  #equals: number;

  constructor({ threshold, equals }: Cut) {
    this.#threshold = threshold;
    this.#equals = equals;
  }

  trim(array: Float32Array): Float32Array {
    const threshold = this.#threshold;
    const kept = new Float32Array(array.length);
    for (let at = 0; at < array.length; at += 1) {
      const magnitude = Math.abs(array[at]);
      if (magnitude > threshold) kept[at] = array[at];
      else if (magnitude === threshold && this.#equals > 0) {
        this.#equals -= 1;
        kept[at] = array[at];
      }
    }
    return kept;
  }
}
