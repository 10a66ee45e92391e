import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { dirname, extname, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A file of the person's, loaded with everything that it imports from files of theirs. */
export interface OwnModule {
  readonly exports: unknown;
  /** Every file that was loaded, the first one included; packages and the program's own files are not among them. */
  readonly files: readonly string[];
  /** SHA-256 over names (relative to the first file) and contents of these files. */
  readonly hash: string;
}

const PROGRAM = fileURLToPath(new URL('..', import.meta.url));
const SURFACE = new URL('./index.ts', import.meta.url).href;
/** What a file is by its ending; CommonJS is refused, because what it requires cannot be followed. */
const FORMATS = new Map([
  ['.ts', 'module-typescript'],
  ['.mts', 'module-typescript'],
  ['.js', 'module'],
  ['.mjs', 'module'],
  ['.json', 'json'],
]);

let loads = 0;

/**
 * Imports a person's file anew, whatever was imported before, and says which files took part: what is hashed are the
 * very bytes that run. It may import `touchstone` and `zod` without a node_modules folder beside it. After that a file
 * that was not imported at its top is refused: it would take part in results without being part of what they are filed
 * under. Runs the file: only to be called in a process that may be lost. Throws what the file throws.
 */
export async function importOwn(file: string): Promise<OwnModule> {
  const load = (loads += 1);
  const contents = new Map<string, Buffer>();
  const own = new Set<string>();
  const adopt = (url: string): string => {
    const adopted = `${url}?own=${load}`;
    own.add(adopted);
    return adopted;
  };
  let isOpen = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (context.parentURL === undefined || !own.has(context.parentURL)) return next(specifier, context);
      if (specifier === 'touchstone') return next(SURFACE, context);
      if (specifier === 'zod') return next(specifier, { ...context, parentURL: import.meta.url });
      const found = next(specifier, context);
      if (!isFollowed(found.url)) return found;
      if (!isOpen)
        throw new Error(
          `It imports "${specifier}" while it runs. Import it at the top of the file: what takes part in a ` +
            'result must be known before.',
        );
      return { ...found, url: adopt(found.url) };
    },
    load(url, context, next) {
      if (!own.has(url)) return next(url, context);
      const path = fileURLToPath(url);
      const format = FORMATS.get(extname(path));
      if (format === undefined) throw new Error(`${path} is no ES module, TypeScript or JSON file; write it as one.`);
      const source = readFileSync(path);
      contents.set(path, source);
      return { format, source, shortCircuit: true };
    },
  });
  const exports: unknown = await import(/* @vite-ignore */ adopt(pathToFileURL(file).href));
  isOpen = false;
  return { exports, files: [...contents.keys()].sort(), hash: hashOf(file, contents) };
}

/** The hash of files as `importOwn` says it, from what they hold now; null when one of them cannot be read. */
export function hashOfFiles(file: string, files: readonly string[]): string | null {
  try {
    return hashOf(file, new Map(files.map((path) => [path, readFileSync(path)])));
  } catch {
    return null;
  }
}

function hashOf(file: string, contents: ReadonlyMap<string, Buffer>): string {
  const folder = dirname(file);
  const named = [...contents]
    // A file that is renamed or moved with its helpers stays the same method.
    .map(([path, bytes]) => [path === file ? '' : relative(folder, path).replaceAll(sep, '/'), bytes] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const hash = createHash('sha256');
  for (const [name, bytes] of named) hash.update(`${name}\n${createHash('sha256').update(bytes).digest('hex')}\n`);
  return hash.digest('hex');
}

/** Packages have versions of their own, and the program's files are what `numerics` and versions speak for. */
function isFollowed(url: string): boolean {
  if (!url.startsWith('file:')) return false;
  const path = fileURLToPath(url);
  return !path.startsWith(PROGRAM) && !path.split(sep).includes('node_modules');
}
