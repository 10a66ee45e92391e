import { existsSync } from 'node:fs';
import path from 'node:path';
import { errorCode, makeFolder, writeResult } from '../base/files.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';

export interface NewFile {
  readonly name: string;
  readonly content: string | Uint8Array;
}

/**
 * Writes files into a folder, which is made where it is missing; answers their paths. Each is there whole or not at
 * all. A file that is there already is replaced only with `force`: without it nothing is written and WorkbenchError of
 * kind `refused` names the file. Errors of the system come through as they are.
 */
export function writeFiles(folder: string, files: readonly NewFile[], force: boolean): string[] {
  const targets = files.map(({ name, content }) => ({ target: path.join(folder, path.basename(name)), content }));
  const there = force ? undefined : targets.find(({ target }) => existsSync(target));
  if (there !== undefined) throw isThere(there.target);
  makeFolder(folder);
  for (const { target, content } of targets) {
    try {
      writeResult(target, content, force);
    } catch (error) {
      // Somebody else was quicker.
      if (!force && errorCode(error) === 'EEXIST') throw isThere(target);
      throw error;
    }
  }
  return targets.map(({ target }) => target);
}

const isThere = (file: string): WorkbenchError =>
  new WorkbenchError({
    kind: 'refused',
    message: `${file} is there already, and nothing was overwritten.`,
    remedy: 'Choose another folder with --output, or replace it with --force.',
    details: null,
  });
