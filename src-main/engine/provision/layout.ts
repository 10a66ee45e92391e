import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, posix, win32 } from 'node:path';
import { homedir } from 'node:os';

/** The TensorFlow release that everything here is written for. */
export const TENSORFLOW_VERSION = '2.21.0';
/** The N-API version that the addons are compiled for; part of their cache key. */
export const NAPI_VERSION = 8;
/** Raised when the way the addons are compiled changes, so that old ones are not taken for new ones. */
const BUILD_RECIPE = 3;

/** Where set-up runs and what it may look at: everything that a test wants to stand in for. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly arch: string;
  readonly home: string;
  /** The folder of Touchstone's own package.json. */
  readonly project: string;
  /** The Node that loads the addons. */
  readonly node: string;
  /** The installed `@tensorflow/tfjs-node-gpu`. */
  readonly tfjsNode: string;
}

/** The folder of Touchstone's package.json, from wherever this file (or a bundle of it) lies. */
export function projectRoot(from: string = import.meta.dirname): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && packageField(manifest, 'name') === 'touchstone') return folder;
    if (dirname(folder) === folder)
      throw new Error(`No package.json of Touchstone above ${from}: the installation is incomplete; clone it again.`);
  }
}

export function surroundings(): Surroundings {
  const project = projectRoot();
  return {
    env: process.env,
    platform: process.platform,
    arch: process.arch,
    home: homedir(),
    project,
    node: process.execPath,
    tfjsNode: dirname(createRequire(join(project, 'package.json')).resolve('@tensorflow/tfjs-node-gpu/package.json')),
  };
}

/**
 * The user's cache folder of Touchstone: `TOUCHSTONE_CACHE`, else the platform's custom (XDG_CACHE_HOME or ~/.cache,
 * ~/Library/Caches, LOCALAPPDATA).
 */
export function cacheRoot({ env, platform, home }: Pick<Surroundings, 'env' | 'platform' | 'home'>): string {
  const own = env['TOUCHSTONE_CACHE'];
  if (own) return own;
  if (platform === 'win32')
    return win32.join(env['LOCALAPPDATA'] ?? win32.join(home, 'AppData', 'Local'), 'touchstone', 'cache');
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'touchstone');
  // The XDG specification asks to ignore a relative path.
  const xdg = env['XDG_CACHE_HOME'];
  return posix.join(xdg?.startsWith('/') ? xdg : posix.join(home, '.cache'), 'touchstone');
}

/** The folder below the cache that holds every provisioned library. */
export const engineCache = (where: Surroundings): string => join(cacheRoot(where), 'engine');

export type Variant = 'cpu' | 'cuda';

/** The versioned folder of one library: `tensorflow-2.21.0-cpu-linux-x64`. */
export const libraryFolder = (where: Surroundings, version: string, variant: Variant): string =>
  join(engineCache(where), `tensorflow-${version}-${variant}-${where.platform}-${where.arch}`);

/** The sources of the second addon, headers among them, in the order of their names; none where they are missing. */
export function sessionSources(where: Surroundings): string[] {
  const folder = join(where.project, 'src-main', 'engine', 'kernels', 'native');
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => /\.(cc|h)$/.test(file))
        .sort()
        .map((file) => join(folder, file))
    : [];
}

/** The version in the installed tfjs-node's package.json. */
export const tfjsNodeVersion = (where: Surroundings): string =>
  packageField(join(where.tfjsNode, 'package.json'), 'version');

/**
 * The key of the addons built beside a library: tfjs-node's version, N-API version and the sources. An update of any of
 * them builds new addons without fetching the library again.
 */
export function addonKey(where: Surroundings): string {
  const hash = createHash('sha256').update(JSON.stringify([BUILD_RECIPE, tfjsNodeVersion(where)]));
  for (const source of sessionSources(where)) hash.update(readFileSync(source));
  return `napi${NAPI_VERSION}-${hash.digest('hex').slice(0, 12)}`;
}

/** How a shared library is called on a platform. */
export function libraryFiles(platform: string): {
  tensorflow: string;
  framework: string;
  linkNames: readonly (readonly [link: string, target: string])[];
} {
  if (platform === 'darwin') {
    const tensorflow = 'libtensorflow_cc.2.dylib',
      framework = 'libtensorflow_framework.2.dylib';
    return {
      tensorflow,
      framework,
      linkNames: [
        ['libtensorflow.dylib', tensorflow],
        ['libtensorflow.2.dylib', tensorflow],
        ['libtensorflow_framework.dylib', framework],
      ],
    };
  }
  const tensorflow = 'libtensorflow_cc.so.2',
    framework = 'libtensorflow_framework.so.2';
  return {
    tensorflow,
    framework,
    linkNames: [
      ['libtensorflow.so', tensorflow],
      ['libtensorflow.so.2', tensorflow],
      ['libtensorflow_framework.so', framework],
    ],
  };
}

function packageField(file: string, field: string): string {
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const value: unknown =
    typeof parsed === 'object' && parsed !== null
      ? Object.entries(parsed).find(([key]) => key === field)?.[1]
      : undefined;
  return typeof value === 'string' ? value : '';
}

/**
 * Where the addons of a library lie. Two levels deep: the addon that tfjs-node's authors publish looks for
 * `../../deps/lib`.
 */
export const addonFolder = (where: Surroundings, library: string): string => join(library, 'addons', addonKey(where));
