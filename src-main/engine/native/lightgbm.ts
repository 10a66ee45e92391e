import { LIGHTGBM_SOURCE } from '../provision/lightgbm.ts';
import { isHere, libraryOf, openedAddon } from './library.ts';
import type { NativeLibrary } from './library.ts';

export const LIGHTGBM: NativeLibrary = libraryOf(LIGHTGBM_SOURCE);

/** Whether the library is here, without loading it. */
export const hasLightgbm = (): boolean => isHere(LIGHTGBM_SOURCE);

/** A boosted model in the library's memory. */
export interface LightgbmModel {
  /** One iteration; true where no further tree can be grown. */
  update(): boolean;
  /** Probabilities [rows] of two classes, [rows × classes] of more; numbers [rows]. `values` is [rows × columns]. */
  predict(values: Float64Array): Float64Array;
  /** Frees its memory at once. It cannot be used any more. */
  free(): void;
}

export interface LightgbmData {
  /** [rows × columns], row-major; NaN is missing. A category is its level's place. */
  readonly values: Float64Array;
  readonly columns: number;
  /** Classes as whole numbers, or numbers. */
  readonly labels: Float32Array;
}

/** Opaque: what the addon calls a model. */
type Handle = object;

interface Addon {
  open(library: string): void;
  create(values: Float64Array, columns: number, labels: Float32Array, parameters: string): Handle;
  update(model: Handle): boolean;
  predict(model: Handle, values: Float64Array, raw: boolean): Float64Array;
  free(model: Handle): void;
}

const isAddon = (value: unknown): value is Addon =>
  typeof value === 'object' &&
  value !== null &&
  ['open', 'create', 'update', 'predict', 'free'].every((n) => n in value);

/**
 * A model without a tree yet. One thread, deterministic: the same data and parameters give the same model.
 *
 * @throws EngineError when the library is not here, or refuses data or parameters in its own words.
 */
export function lightgbmModel(
  { values, columns, labels }: LightgbmData,
  parameters: Readonly<Record<string, string | number | boolean>>,
): LightgbmModel {
  const addon = openedAddon(LIGHTGBM_SOURCE, isAddon);
  const told = Object.entries({ ...FIXED, ...parameters }).map(([name, value]) => `${name}=${value}`);
  const model = addon.create(values, columns, labels, told.join(' '));
  return {
    update: () => addon.update(model),
    predict: (rows) => addon.predict(model, rows, false),
    free: () => addon.free(model),
  };
}

const FIXED = { num_threads: 1, deterministic: true, force_row_wise: true, verbosity: -1 } as const;
