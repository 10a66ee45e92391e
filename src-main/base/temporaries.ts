import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode } from './files.ts';

const TEMPORARY = /^\.(.+)\.(\d+)-[0-9a-f]{8}\.tmp$/;

/**
 * Removes the temporary files of a folder (`temporaryName`) whose processes are no more; `isOurs` is told what they
 * were to be called.
 */
export function removeAbandoned(folder: string, isOurs: (name: string) => boolean): void {
  for (const entry of readdirSync(folder)) {
    const [, name = '', writer = ''] = TEMPORARY.exec(entry) ?? [];
    if (name !== '' && isOurs(name) && !isAlive(Number(writer))) rmSync(join(folder, entry), { force: true });
  }
}

/** Whether there is a process of this number, anybody's. */
export function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}
