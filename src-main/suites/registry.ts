import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { FAMILIES } from '../methods/contract.ts';
import { isModule, nearest } from '../methods/registry.ts';
import type { Suite } from './contract.ts';

export interface SuiteRegistry {
  readonly suites: ReadonlyMap<string, Suite>;
  /** The suite, or an error that names it and the nearest one. */
  get(id: string): Suite;
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

/** Finds every suite: files `suites/<family>/<name>.ts` that export `suites: Suite[]` or a default Suite or Suite[]. Throws for a broken one. */
export async function loadSuites(sources: SuiteSources = {}): Promise<SuiteRegistry> {
  const suites = new Map<string, Suite>();
  const add = (suite: Suite, file: string): void => {
    if (suites.has(suite.id)) throw new Error(`The suite file ${file} declares "${suite.id}" a second time.`);
    suites.set(suite.id, suite);
  };
  for (const suite of sources.given ?? []) add(suite, '(given)');
  const folder = sources.builtIn ?? HERE;
  if ((sources.given === undefined || sources.builtIn !== undefined) && existsSync(folder)) {
    for (const family of [...FAMILIES]
      .sort()
      .map((name) => join(folder, name))
      .filter((path) => existsSync(path))) {
      for (const name of readdirSync(family).filter(isModule).sort()) {
        const file = join(family, name);
        const module: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
        for (const suite of suitesOf(module)) add(suite, file);
      }
    }
  }
  return {
    suites,
    get(id) {
      const found = suites.get(id);
      if (found === undefined)
        throw new UnknownSuiteError(`There is no suite "${id}".${nearest(id, [...suites.keys()])}`);
      return found;
    },
  };
}

/** A file without suites is a helper of its family, and adds nothing. */
function suitesOf(module: unknown): Suite[] {
  if (module === null || typeof module !== 'object') return [];
  const exported: unknown[] = [];
  for (const value of [
    'suites' in module ? module.suites : undefined,
    'default' in module ? module.default : undefined,
  ]) {
    if (Array.isArray(value)) exported.push(...value);
    else if (value !== undefined) exported.push(value);
  }
  return [...new Set(exported)].filter(isSuite);
}

function isSuite(value: unknown): value is Suite {
  return (
    value !== null &&
    typeof value === 'object' &&
    'id' in value &&
    typeof value.id === 'string' &&
    'facts' in value &&
    'open' in value &&
    typeof value.open === 'function'
  );
}
