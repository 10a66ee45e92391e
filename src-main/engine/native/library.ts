import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { findNative, nativeNumerics } from '../provision/native-library.ts';
import type { NativeSource } from '../provision/native-library.ts';
import { EngineError } from '../types.ts';

/** A learner outside of the engine: what its numbers depend on, and how it is called. */
export interface NativeLibrary {
  /** `LightGBM 4.7.0` */
  readonly title: string;
  /** `<library>-<version>-<hash of the library>`; part of every trial's identity. */
  readonly numerics: string;
}

const machine = () => ({ env: process.env, platform: process.platform, arch: process.arch, home: homedir() });

export const libraryOf = (source: NativeSource): NativeLibrary => ({
  title: `${source.name} ${source.version}`,
  numerics: nativeNumerics(source, process),
});

/** Whether a library is here, without loading it. */
export const isHere = (source: NativeSource): boolean => findNative(source, machine()) !== null;

/**
 * The addon of a library, which it has opened.
 *
 * @throws EngineError when the library is not here, or its addon is none.
 */
export function openedAddon<A extends { open(library: string): void }>(
  source: NativeSource,
  isAddon: (value: unknown) => value is A,
): A {
  const found = findNative(source, machine());
  if (found === null)
    throw new EngineError(`${source.name} ${source.version} is not here; \`touchstone doctor --provision\` gets it.`);
  const addon: unknown = createRequire(import.meta.url)(found.addon);
  if (!isAddon(addon))
    throw new EngineError(`${found.addon} is no addon for ${source.name}: remove it and start again.`);
  addon.open(found.library);
  return addon;
}
