import { existsSync, readdirSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { z } from 'zod';
import { FAMILIES } from './contract.ts';
import type { Method } from './contract.ts';

export interface RegisteredMethod {
  readonly method: Method;
  readonly origin: 'built-in' | 'user';
  readonly file: string;
}

export interface MethodRegistry {
  readonly methods: ReadonlyMap<string, RegisteredMethod>;
  /** Files of the user that could not be used, and why; never fatal. */
  readonly troubles: readonly { readonly file: string; readonly message: string }[];
  /** The method, or an error that names it and the nearest one. */
  get(id: string): Method;
}

export class UnknownMethodError extends Error {
  override readonly name = 'UnknownMethodError';
}

export interface MethodSources {
  /** Folder whose sub-folders, named as the families, hold one method a file; the built-in ones unless told. */
  readonly builtIn?: string;
  /** Folder of the user's own methods: `<data folder>/methods`. */
  readonly own?: string | undefined;
  /** Methods given as values, for tests. */
  readonly given?: readonly Method[];
}

const HERE = fileURLToPath(new URL('.', import.meta.url));

/**
 * Finds every method: built-in files (`methods/<family>/<name>.ts`; `contract.ts`, names starting with `_` and folders within are helpers) and
 * the user's own. Throws for a broken built-in file, which is a bug; the user's broken files are reported in `troubles`.
 */
export async function loadMethods(sources: MethodSources = {}): Promise<MethodRegistry> {
  const methods = new Map<string, RegisteredMethod>();
  const troubles: { file: string; message: string }[] = [];
  const add = (method: Method, origin: 'built-in' | 'user', file: string): void => {
    const other = methods.get(method.id);
    if (other !== undefined) throw new Error(`the id "${method.id}" is taken by ${other.file}; choose another`);
    methods.set(method.id, { method, origin, file });
  };
  for (const method of sources.given ?? []) add(method, 'built-in', '(given)');
  if (sources.given === undefined || sources.builtIn !== undefined) {
    for (const file of methodFiles(sources.builtIn ?? HERE)) {
      try {
        add(await importMethod(file), 'built-in', file);
      } catch (error) {
        throw new Error(`The method file ${file} cannot be used: ${reason(error)}`, { cause: error });
      }
    }
  }
  if (sources.own !== undefined && existsSync(sources.own)) {
    const folder = sources.own;
    const hooks = resolveForUsers(folder);
    try {
      for (const name of readdirSync(folder)
        .filter((entry) => /^[^_.].*\.(ts|mts|js|mjs)$/.test(entry))
        .sort()) {
        const file = join(folder, name);
        try {
          // The time in the address makes Node read a file that was edited since.
          add(await importMethod(file, `?changed=${statSync(file).mtimeMs}`), 'user', file);
        } catch (error) {
          troubles.push({ file, message: reason(error) });
        }
      }
    } finally {
      hooks.deregister();
    }
  }
  return {
    methods,
    troubles,
    get(id) {
      const found = methods.get(id);
      if (found === undefined)
        throw new UnknownMethodError(`There is no method "${id}".${nearest(id, [...methods.keys()])}`);
      return found.method;
    },
  };
}

/** ` Did you mean …?` for the known name with the smallest edit distance, when it is near enough; else ''. */
export function nearest(name: string, known: readonly string[]): string {
  const ranked = known
    .map((other) => ({ other, distance: editDistance(name, other) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(2, name.length / 3) ? ` Did you mean "${best.other}"?` : '';
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      current.push(
        Math.min(
          (previous[j] ?? 0) + 1,
          (current[j - 1] ?? 0) + 1,
          (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
        ),
      );
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

function methodFiles(folder: string): string[] {
  return [...FAMILIES]
    .sort()
    .map((family) => join(folder, family))
    .filter((family) => existsSync(family))
    .flatMap((family) =>
      readdirSync(family)
        .filter((name) => isModule(name))
        .sort()
        .map((name) => join(family, name)),
    );
}

/** `contract.ts`, `_helpers.ts` and type declarations hold no method. */
export function isModule(name: string): boolean {
  return (
    name.endsWith('.ts') &&
    !name.endsWith('.d.ts') &&
    !name.startsWith('_') &&
    !name.startsWith('.') &&
    name !== 'contract.ts'
  );
}

async function importMethod(file: string, query = ''): Promise<Method> {
  const module: unknown = await import(/* @vite-ignore */ `${pathToFileURL(file).href}${query}`);
  const exported = module !== null && typeof module === 'object' && 'default' in module ? module.default : undefined;
  return checkedMethod(exported);
}

const shape = z.looseObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9+._-]*$/, 'must be lower-case letters, digits, + . _ -'),
  version: z.int().min(1),
  title: z.string().min(1),
  summary: z.string(),
  family: z.enum(FAMILIES),
  schema: z.instanceof(z.ZodObject),
  needs: z.record(z.string(), z.boolean()),
});

function checkedMethod(value: unknown): Method {
  if (value === undefined)
    throw new Error(
      'it has no default export; write `export default defineMethod({ … })` with the helper of its family',
    );
  const parsed = shape.safeParse(value);
  if (!parsed.success)
    throw new Error(
      parsed.error.issues
        .map((issue) => `${issue.path.join('.') || 'the default export'}: ${issue.message}`)
        .join('; '),
    );
  if (!isMethod(value)) throw new Error('its default export needs the functions `fits` and `run`');
  const defaults = value.schema.safeParse({});
  if (!defaults.success)
    throw new Error(
      `every hyper-parameter needs a default: ${defaults.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
    );
  return value;
}

function isMethod(value: unknown): value is Method {
  return (
    value !== null &&
    typeof value === 'object' &&
    'run' in value &&
    typeof value.run === 'function' &&
    'fits' in value &&
    typeof value.fits === 'function'
  );
}

/** A user's file imports `touchstone` (the public surface) and `zod` without a node_modules folder beside it. */
function resolveForUsers(folder: string): { deregister(): void } {
  const root = pathToFileURL(folder + sep).href;
  const surface = new URL('./index.ts', import.meta.url).href;
  return registerHooks({
    resolve(specifier, context, nextResolve) {
      if (context.parentURL?.startsWith(root) === true) {
        if (specifier === 'touchstone') return nextResolve(surface, context);
        if (specifier === 'zod') return nextResolve(specifier, { ...context, parentURL: import.meta.url });
      }
      return nextResolve(specifier, context);
    },
  });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
