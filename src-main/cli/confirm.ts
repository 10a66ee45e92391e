import { WorkbenchError } from '../workbench/contract/contract.ts';
import type { Shell } from './shell.ts';

/** `-y, --yes`, the same for every command that takes something away. */
export const YES = ['-y, --yes', 'do not ask'] as const;

/**
 * Says what goes and asks before it goes; answers whether it may. Throws WorkbenchError of kind `refused` where nobody
 * can be asked: there only `--yes` takes anything away.
 */
export async function mayGo(shell: Shell, what: string, question: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!shell.interactive)
    throw new WorkbenchError({
      kind: 'refused',
      message: `Nothing was deleted. ${what}`,
      remedy: 'Where nobody can be asked, --yes says that this is meant.',
      details: null,
    });
  if (await shell.confirm(`${what} ${question}`)) return true;
  shell.err('Nothing was deleted.');
  return false;
}
