import { XGBOOST_SOURCE } from '../provision/xgboost.ts';
import { isHere, libraryOf, openedAddon } from './library.ts';
import type { NativeLibrary } from './library.ts';

export const XGBOOST: NativeLibrary = libraryOf(XGBOOST_SOURCE);

/** Whether the library is here, without loading it. */
export const hasXgboost = (): boolean => isHere(XGBOOST_SOURCE);

/** A boosted model in the library's memory. */
export interface XgboostModel {
  /** One iteration: a tree, or one for each class. */
  update(): void;
  /** Probabilities of the second of two classes [rows], of more [rows × classes]; numbers [rows]. */
  predict(values: Float32Array): Float32Array;
  /** Frees its memory at once. It cannot be used any more. */
  free(): void;
}

/** Opaque: what the addon calls a model. */
type Handle = object;

interface Addon {
  open(library: string): void;
  create(values: Float32Array, columns: number, labels: Float32Array, parameters: string): Handle;
  update(model: Handle): void;
  predict(model: Handle, values: Float32Array): Float32Array;
  free(model: Handle): void;
}

const isAddon = (value: unknown): value is Addon =>
  typeof value === 'object' &&
  value !== null &&
  ['open', 'create', 'update', 'predict', 'free'].every((n) => n in value);

/**
 * A model without a tree yet. One thread: the same data and parameters give the same model.
 *
 * @param data `values` [rows × columns], row-major, NaN is missing; labels are classes as whole numbers, or numbers
 *
 * @throws EngineError when the library is not here, or refuses data or parameters in its own words.
 */
export function xgboostModel(
  data: { readonly values: Float32Array; readonly columns: number; readonly labels: Float32Array },
  parameters: Readonly<Record<string, string | number>>,
): XgboostModel {
  const addon = openedAddon(XGBOOST_SOURCE, isAddon);
  const told = Object.entries({ nthread: 1, verbosity: 0, ...parameters }).map(([name, value]) => `${name}=${value}`);
  const model = addon.create(data.values, data.columns, data.labels, told.join(' '));
  return {
    update: () => addon.update(model),
    predict: (values) => addon.predict(model, values),
    free: () => addon.free(model),
  };
}
