import { enableCompileCache, flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * Where Node keeps the compiled form of the program's sources, beside what the set-up notes down: a start from it takes
 * half the time. Entries are found by the content of the sources. A folder that cannot be written only costs that time.
 */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/touchstone/code', import.meta.url));
/** By then everything of a start is loaded. Node writes at the end too, but not when a process is killed. */
const WRITTEN_AFTER_MS = 5_000;

/** Call before anything of weight is imported; children of this process find the same cache in their environment. */
export function useCodeCache(): void {
  const folder = process.env['NODE_COMPILE_CACHE'] ?? FOLDER;
  process.env['NODE_COMPILE_CACHE'] = folder;
  enableCompileCache(folder);
  setTimeout(flushCompileCache, WRITTEN_AFTER_MS).unref();
}
