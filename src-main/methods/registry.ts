import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nearest } from '../base/nearest.ts';
import { checkedMethod } from './checked.ts';
import type { Method, MethodDescription } from './contract.ts';

export interface RegisteredMethod<M extends MethodDescription = MethodDescription> {
  readonly method: M;
  readonly origin: 'built-in' | 'user';
  readonly file: string;
}

/** A file that could not be used, and why; never fatal. */
export interface FileTrouble {
  readonly file: string;
  readonly message: string;
}

export interface MethodRegistry<M extends MethodDescription = MethodDescription> {
  readonly methods: ReadonlyMap<string, RegisteredMethod<M>>;
  readonly troubles: readonly FileTrouble[];
  /** The method, or an error that names it and the nearest one. */
  get(id: string): M;
}

export class UnknownMethodError extends Error {
  override readonly name = 'UnknownMethodError';
}

export interface MethodSources {
  /** Folder whose sub-folders, the families, hold one method a file; the built-in ones unless told. */
  readonly builtIn?: string;
  /** Methods given as values, for tests. */
  readonly given?: readonly Method[];
}

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * Finds the methods that come with the program (`methods/<family>/<id>.ts`; `contract.ts`, names starting with `_` and
 * folders within are helpers). A file that cannot be used stops only itself and is told in `troubles`. A person's
 * own files are `own/`'s business.
 */
export async function loadMethods(sources: MethodSources = {}): Promise<MethodRegistry<Method>> {
  const methods = new Map<string, RegisteredMethod<Method>>();
  const troubles: FileTrouble[] = [];
  const add = (method: Method, file: string): void => {
    const other = methods.get(method.id);
    if (other !== undefined) throw new Error(`the id "${method.id}" is taken by ${other.file}; choose another`);
    methods.set(method.id, { method, origin: 'built-in', file });
  };
  for (const method of sources.given ?? []) add(method, '(given)');
  if (sources.given === undefined || sources.builtIn !== undefined) {
    for (const file of familyFiles(sources.builtIn ?? HERE)) {
      try {
        add(await methodOf(file), file);
      } catch (error) {
        troubles.push({ file, message: error instanceof Error ? error.message : String(error) });
      }
    }
  }
  return methodRegistry(() => ({ methods, troubles }));
}

/**
 * One method that comes with the program, by the file that bears its name; no other file is imported. Rejects with
 * UnknownMethodError where there is no such file, and with what is wrong where it cannot be used.
 */
export async function loadMethod(id: string, builtIn: string = HERE): Promise<Method> {
  const files = familyFiles(builtIn);
  const file = files.find((each) => nameOf(each) === id);
  if (file === undefined) throw new UnknownMethodError(`There is no method "${id}".${nearest(id, files.map(nameOf))}`);
  return methodOf(file);
}

/** The method of a file, whose name is the method's id: so it is found without looking into others. */
async function methodOf(file: string): Promise<Method> {
  const method = checkedMethod(await import(/* @vite-ignore */ pathToFileURL(file).href));
  if (method.id !== nameOf(file)) throw new Error(`the method's id is "${method.id}"; call the file ${method.id}.ts`);
  return method;
}

const nameOf = (file: string): string => basename(file, '.ts');

/** A registry over what `now` answers each time that it is asked. */
export function methodRegistry<M extends MethodDescription>(
  now: () => Pick<MethodRegistry<M>, 'methods' | 'troubles'>,
): MethodRegistry<M> {
  return {
    get methods() {
      return now().methods;
    },
    get troubles() {
      return now().troubles;
    },
    get(id) {
      const { methods } = now();
      const found = methods.get(id);
      if (found === undefined)
        throw new UnknownMethodError(`There is no method "${id}".${nearest(id, [...methods.keys()])}`);
      return found.method;
    },
  };
}

/** Files of a folder's families, in order: of every sub-folder but `shared`. */
export function familyFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
    .map((entry) => join(folder, entry.name))
    .sort()
    .flatMap((family) =>
      readdirSync(family)
        .filter((name) => isModule(name))
        .sort()
        .map((name) => join(family, name)),
    );
}

/** `contract.ts`, `step-contract.ts`, `_helpers.ts` and type declarations hold no method. */
function isModule(name: string): boolean {
  return (
    name.endsWith('.ts') &&
    !name.endsWith('.d.ts') &&
    !name.startsWith('_') &&
    !name.startsWith('.') &&
    !/^(.*-)?contract\.ts$/.test(name)
  );
}
