import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { familyFiles } from '../methods/registry.ts';
import { nearest } from '../base/nearest.ts';
import type { FileTrouble } from '../methods/registry.ts';
import { suitesOf } from './checked.ts';
import type { Suite, SuiteDescription } from './contract.ts';
import { publishedId, variantOf } from './variant-ids.ts';
import { developmentSuite, noDevelopment } from './variants.ts';

export interface SuiteRegistry<S extends SuiteDescription = SuiteDescription> {
  readonly suites: ReadonlyMap<string, S>;
  readonly troubles: readonly FileTrouble[];
  /** The suite, also a development variant of one (`<id>#dev`), which `suites` does not list. */
  find(id: string): S | undefined;
  /** The same, or an error that names it and the nearest one. */
  get(id: string): S;
}

export class UnknownSuiteError extends Error {
  override readonly name = 'UnknownSuiteError';
}

export interface SuiteSources {
  /** Folder whose sub-folders, named as the families, hold suite files; the built-in ones unless told. */
  readonly builtIn?: string;
  /** Suites given as values, for tests. */
  readonly given?: readonly Suite[];
}

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * Finds the suites that come with the program: files `suites/<family>/<name>.ts` that export `suites: Suite[]` or a
 * default Suite or Suite[]. A file that cannot be used stops only itself and is told in `troubles`. A person's own
 * files are `own/`'s business.
 */
export async function loadSuites(sources: SuiteSources = {}): Promise<SuiteRegistry<Suite>> {
  const suites = new Map<string, Suite>();
  const files = new Map<string, string>();
  const troubles: FileTrouble[] = [];
  const add = (found: readonly Suite[], file: string): void => {
    for (const { id } of found) {
      const other = files.get(id);
      if (other !== undefined) throw new Error(`the id "${id}" is taken by ${other}; choose another`);
      files.set(id, file);
    }
    for (const suite of found) suites.set(suite.id, suite);
  };
  add(sources.given ?? [], '(given)');
  if (sources.given === undefined || sources.builtIn !== undefined) {
    for (const file of familyFiles(sources.builtIn ?? HERE)) {
      try {
        add(await suitesIn(file), file);
      } catch (error) {
        troubles.push({ file, message: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return suiteRegistry(() => ({ suites, troubles }));
}

/**
 * One suite that comes with the program. Files are looked into one after the other, those first whose names begin as
 * the id does, so that as a rule one is imported. Rejects with UnknownSuiteError where none has it.
 */
export async function loadSuite(id: string, builtIn: string = HERE): Promise<Suite> {
  const likeness = (file: string): number => {
    const name = basename(file, '.ts');
    let same = 0;
    while (same < name.length && name[same] === id[same]) same += 1;
    return same;
  };
  const files = familyFiles(builtIn).sort((a, b) => likeness(b) - likeness(a));
  const seen: string[] = [];
  for (const file of files) {
    // one that cannot be used is the catalogue's to tell
    const suites = await suitesIn(file).catch(() => []);
    const found = suites.find((suite) => suite.id === id);
    if (found !== undefined) return found;
    seen.push(...suites.map((suite) => suite.id));
  }
  throw new UnknownSuiteError(`There is no suite "${id}".${nearest(id, seen)}`);
}

const suitesIn = async (file: string): Promise<Suite[]> =>
  suitesOf(await import(/* @vite-ignore */ pathToFileURL(file).href));

function findIn<S extends SuiteDescription>(suites: ReadonlyMap<string, S>, id: string): S | undefined {
  if (variantOf(id) === 'published') return suites.get(id);
  const published = suites.get(publishedId(id));
  return published === undefined ? undefined : (developmentSuite(published) ?? undefined);
}

/** A registry over what `now` answers each time that it is asked. */
export function suiteRegistry<S extends SuiteDescription>(
  now: () => Pick<SuiteRegistry<S>, 'suites' | 'troubles'>,
): SuiteRegistry<S> {
  return {
    get suites() {
      return now().suites;
    },
    get troubles() {
      return now().troubles;
    },
    find: (id) => findIn(now().suites, id),
    get(id) {
      const { suites } = now();
      const found = findIn(suites, id);
      if (found !== undefined) return found;
      const published = suites.get(publishedId(id));
      throw new UnknownSuiteError(
        published === undefined
          ? `There is no suite "${id}".${nearest(publishedId(id), [...suites.keys()])}`
          : (noDevelopment(published) ?? `There is no suite "${id}".`),
      );
    },
  };
}
