import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { findLightgbm, lightgbmNumerics, LIGHTGBM_VERSION } from '../provision/lightgbm.ts';
import { EngineError } from '../types.ts';

/** A learner outside of the engine: what its numbers depend on, and how it is called. */
export interface NativeLibrary {
  /** `LightGBM 4.7.0` */
  readonly title: string;
  /** `<library>-<version>-<hash of the library>`; part of every trial's identity. */
  readonly numerics: string;
}

const machine = () => ({ env: process.env, platform: process.platform, arch: process.arch, home: homedir() });

export const LIGHTGBM: NativeLibrary = {
  title: `LightGBM ${LIGHTGBM_VERSION}`,
  numerics: lightgbmNumerics(process),
};

/** Whether the library is here, without loading it. */
export const hasLightgbm = (): boolean => findLightgbm(machine()) !== null;

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
  const found = findLightgbm(machine());
  if (found === null)
    throw new EngineError(`${LIGHTGBM.title} is not here; \`touchstone doctor --provision\` gets it.`);
  const addon: unknown = createRequire(import.meta.url)(found.addon);
  if (!isAddon(addon)) throw new EngineError(`${found.addon} is no addon for LightGBM: remove it and start again.`);
  const told = Object.entries({ ...FIXED, ...parameters }).map(([name, value]) => `${name}=${value}`);
  addon.open(found.library);
  const model = addon.create(values, columns, labels, told.join(' '));
  return {
    update: () => addon.update(model),
    predict: (rows) => addon.predict(model, rows, false),
    free: () => addon.free(model),
  };
}

const FIXED = { num_threads: 1, deterministic: true, force_row_wise: true, verbosity: -1 } as const;
