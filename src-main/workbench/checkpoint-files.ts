import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaries } from '../base/files.ts';
import type { ResultsStore } from '../results/store.ts';
import { adoptCheckpoints } from '../trial/checkpoint.ts';

export function checkpointFile(dataFolder: string, trial: string): string {
  return join(dataFolder, 'checkpoints', `${trial}.checkpoint`);
}

/** Removes a trial's checkpoints, also what a killed writer left. Only when no worker has the trial. */
export function clearCheckpoint(dataFolder: string, trial: string): void {
  const file = checkpointFile(dataFolder, trial);
  for (const path of [file, `${file}.previous`]) rmSync(path, { force: true });
  removeTemporaries(file);
}

/** Checkpoints that were written before ids were computed anew follow their trials. Only while no worker runs. */
export function adoptFormerCheckpoints(dataFolder: string, store: Pick<ResultsStore, 'trialOfFormerId'>): void {
  for (const name of checkpointNames(dataFolder)) {
    const [former = ''] = name.split('.');
    const trial = store.trialOfFormerId(former);
    if (trial === null) continue;
    const fileOf = (id: string): { path: string; trial: string } => ({
      path: checkpointFile(dataFolder, id),
      trial: id,
    });
    adoptCheckpoints(fileOf(former), fileOf(trial.id));
  }
}

function checkpointNames(dataFolder: string): string[] {
  try {
    return readdirSync(join(dataFolder, 'checkpoints'));
  } catch {
    return [];
  }
}
