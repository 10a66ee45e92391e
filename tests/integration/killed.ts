import type { Checkpoint } from '../../src-main/trial/checkpoint.ts';
import type { Interruptions, TrialRun, TrialRunner } from './run-trials.ts';

/** A generator of its own, so that a failing test can be repeated. */
function draws(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

/**
 * Runs a trial that is killed at random yields, by this share of them, and started again until it is done. Only some
 * yields leave a checkpoint, so that work which was done is lost and done again. Throws whatever else the trial throws.
 */
export async function runKilled(
  runner: TrialRunner,
  [suite, method, values, seed]: Parameters<TrialRunner['run']>,
  share: number,
): Promise<{ readonly run: TrialRun; readonly kills: number }> {
  const draw = draws(17);
  let saved: Checkpoint | null = null;
  let kills = 0;
  class Killed extends Error {}
  const interruptions: Interruptions & { readonly checkpointEvery: number } = {
    checkpointEvery: 0,
    checkpoints: {
      load: () => (saved === null ? null : structuredClone(saved)),
      save: (checkpoint) => {
        if (saved === null || draw() < 0.6) saved = structuredClone(checkpoint);
      },
      clear: () => {
        saved = null;
      },
    },
    wish: () => {
      if (draw() >= share) return 'go';
      kills += 1;
      throw new Killed();
    },
  };
  for (;;) {
    try {
      return { run: await runner.run(suite, method, values, seed, interruptions), kills };
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }
}
