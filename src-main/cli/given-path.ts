import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the program itself, in which npm starts its scripts. */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What decides where a relative path begins; the process's own by default. */
export interface Surroundings {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly root: string;
}

/**
 * A path as given on the command line, absolute. `npm run touchstone` changes to the program's folder first and leaves
 * the folder that the person is in as INIT_CWD, so that one counts then. A shell that some other script of npm started
 * carries the variable as well; there it means nothing.
 */
export function givenPath(
  given: string,
  { cwd, env, root }: Surroundings = { cwd: process.cwd(), env: process.env, root: ROOT },
): string {
  const began = env['INIT_CWD'];
  const byNpm =
    env['npm_package_json'] !== undefined &&
    path.relative(path.join(root, 'package.json'), env['npm_package_json']) === '' &&
    path.relative(root, cwd) === '';
  return path.resolve(byNpm && began !== undefined ? began : cwd, given);
}
