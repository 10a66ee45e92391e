import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaries } from '../base/files.ts';

export function checkpointFile(dataFolder: string, trial: string): string {
  return join(dataFolder, 'checkpoints', `${trial}.checkpoint`);
}

/** Removes a trial's checkpoints, also what a killed writer left. Only when no worker has the trial. */
export function clearCheckpoint(dataFolder: string, trial: string): void {
  const file = checkpointFile(dataFolder, trial);
  for (const path of [file, `${file}.previous`]) rmSync(path, { force: true });
  removeTemporaries(file);
}
