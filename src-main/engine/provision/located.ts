import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  addonFolder,
  engineCache,
  libraryFolder,
  TENSORFLOW_VERSION,
  type Surroundings,
  type Variant,
} from './layout.ts';

/** Written last into a provisioned folder: a folder without it is not a library. */
export const LIBRARY_RECORD = 'library.json';
export const ADDON_RECORD = 'addon.json';

export const librarySchema = z.object({
  source: z.enum(['wheel', 'package-download']),
  tensorflow: z.string(),
  variant: z.enum(['cpu', 'cuda']),
  /** The archives that the files were taken from, with their SHA-256. */
  archives: z.array(z.object({ name: z.string(), sha256: z.string() })),
  /** What was laid down: path below the folder → size and SHA-256. */
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
  provisioned: z.string(),
});
export type LibraryRecord = z.infer<typeof librarySchema>;

export const addonSchema = z.object({
  compiler: z.string(),
  tfjsNode: z.string(),
  /** Absent when the source or a compiler was missing: steps then run eagerly. */
  session: z.boolean(),
  files: z.record(z.string(), z.object({ bytes: z.number(), sha256: z.string() })),
});
export type AddonRecord = z.infer<typeof addonSchema>;

/** A library with its addons, ready to be loaded. */
export interface Provisioned {
  readonly source: 'own-directory' | 'wheel' | 'package-download';
  readonly variant: Variant;
  /** Null when an own directory does not say. */
  readonly tensorflow: string | null;
  /** The folder of libtensorflow. */
  readonly libraries: string;
  /** tfjs-node's addon. */
  readonly binding: string;
  /** The addon for sessions whose graphs share variables; null when it could not be built. */
  readonly session: string | null;
  readonly folder: string;
}

/** Parses a record; null when it is absent or not what Touchstone writes (the folder is then provisioned anew). */
export function readRecord<T>(file: string, schema: z.ZodType<T>): T | null {
  try {
    const parsed = schema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** The names that the libraries may have in a directory that a person made. */
const OWN_LIBRARY = /^(lib)?tensorflow(_cc)?\.(so(\.2)?|2\.dylib|dylib|dll)$/;

/**
 * What `TOUCHSTONE_LIBTENSORFLOW` may look like: a folder with `lib/` and `include/`, the same below `deps/`, or the
 * libraries themselves.
 */
export function inspectOwnDirectory(
  directory: string,
): { libraries: string; include: string | null; binding: string | null } | null {
  for (const base of [join(directory, 'deps'), directory]) {
    for (const libraries of [join(base, 'lib'), base]) {
      if (
        !existsSync(libraries) ||
        !statSync(libraries).isDirectory() ||
        !readdirSync(libraries).some((f) => OWN_LIBRARY.test(f))
      )
        continue;
      const include =
        [join(base, 'include'), join(libraries, 'include')].find((f) =>
          existsSync(join(f, 'tensorflow', 'c', 'c_api.h')),
        ) ?? null;
      const binding =
        [join(directory, 'lib', 'napi-v8', 'tfjs_binding.node'), join(directory, 'tfjs_binding.node')].find((f) =>
          existsSync(f),
        ) ?? null;
      return { libraries, include, binding };
    }
  }
  return null;
}

/**
 * Where the addons of an own directory are cached: keyed by what the directory holds, so that another library there
 * builds new ones.
 */
export function ownAddonFolder(where: Surroundings, libraries: string): string {
  const hash = createHash('sha256').update(realpathSync(libraries));
  for (const name of readdirSync(libraries)
    .filter((f) => OWN_LIBRARY.test(f))
    .sort()) {
    const { size, mtimeMs } = statSync(join(libraries, name));
    hash.update(JSON.stringify([name, size, mtimeMs]));
  }
  return addonFolder(where, join(engineCache(where), `own-${hash.digest('hex').slice(0, 12)}`));
}

/**
 * The provisioned library that this process would load, without loading it; null when there is none. Only looks at a
 * few files.
 */
export function findProvisioned(where: Surroundings): Provisioned | null {
  const own = where.env['TOUCHSTONE_LIBTENSORFLOW'];
  if (own) return findOwn(where, own);
  const order: readonly [string, Variant][] = [
    [TENSORFLOW_VERSION, 'cuda'],
    [TENSORFLOW_VERSION, 'cpu'],
    [PACKAGE_TENSORFLOW_VERSION, 'cuda'],
    [PACKAGE_TENSORFLOW_VERSION, 'cpu'],
  ];
  for (const [version, variant] of order) {
    const found = findLibrary(where, libraryFolder(where, version, variant));
    if (found) return found;
  }
  return null;
}

/** The libtensorflow that tfjs-node 4.22 downloads itself. */
export const PACKAGE_TENSORFLOW_VERSION = '2.9.1';

/**
 * A complete library with complete addons in `folder`, or null. Sizes are compared, so a truncated file is noticed;
 * hashes are `doctor`'s.
 */
export function findLibrary(where: Surroundings, folder: string): Provisioned | null {
  const record = readRecord(join(folder, LIBRARY_RECORD), librarySchema);
  if (!record || !sizesMatch(folder, record.files)) return null;
  const addons = findAddons(addonFolder(where, folder));
  return (
    addons && {
      source: record.source,
      variant: record.variant,
      tensorflow: record.tensorflow,
      libraries: join(folder, 'deps', 'lib'),
      ...addons,
      folder,
    }
  );
}

export function findAddons(folder: string): { binding: string; session: string | null } | null {
  const record = readRecord(join(folder, ADDON_RECORD), addonSchema);
  if (!record || !sizesMatch(folder, record.files)) return null;
  return { binding: join(folder, 'tfjs_binding.node'), session: record.session ? join(folder, 'session.node') : null };
}

export function sizesMatch(folder: string, files: Readonly<Record<string, { bytes: number }>>): boolean {
  return Object.entries(files).every(
    ([name, { bytes }]) => statSync(join(folder, name), { throwIfNoEntry: false })?.size === bytes,
  );
}

function findOwn(where: Surroundings, directory: string): Provisioned | null {
  const inside = inspectOwnDirectory(directory);
  if (!inside) return null;
  const addons = findAddons(ownAddonFolder(where, inside.libraries));
  const binding = addons?.binding ?? inside.binding;
  if (!binding) return null;
  const cuda =
    readdirSync(inside.libraries).some((f) => /cuda/i.test(f)) ||
    where.env['TOUCHSTONE_LIBTENSORFLOW_VARIANT'] === 'cuda';
  return {
    source: 'own-directory',
    variant: cuda ? 'cuda' : 'cpu',
    tensorflow: null,
    libraries: inside.libraries,
    binding,
    session: addons?.session ?? null,
    folder: directory,
  };
}
