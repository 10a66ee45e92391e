import { afterEach, describe, expect, it } from 'vitest';
import { randomInt } from 'node:crypto';
import type { Primitives } from '../../../src-main/metrics/primitives.ts';
import { openWorkbench, realParts } from '../../../src-main/workbench/open.ts';
import type { OpenedWorkbench } from '../../../src-main/workbench/open.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { ended, temporaryFolder, when } from '../../fixtures/fake-workbench.ts';
import { measuredWithoutClock } from '../../fixtures/curves.ts';

/**
 * The real engine, suites and methods: killed at random moments and resumed, the result is that of an uninterrupted
 * run, bit for bit.
 */

/** What is run: a method on a suite. Killed is the trial of it that trains longest. */
interface Case {
  readonly method: string;
  readonly suite: string;
}
const STREAM = 'split-optdigits-quick/class-il';
const folders: { remove(): void }[] = [];
const shells: OpenedWorkbench[] = [];
afterEach(async () => {
  for (const shell of shells.splice(0)) await shell.close({ graceful: false });
  for (const folder of folders.splice(0)) folder.remove();
});

async function open(dataFolder: string): Promise<OpenedWorkbench> {
  const shell = await openWorkbench({
    dataFolder,
    parts: async (folder, store) => ({ ...(await realParts(folder, store)), checkpointEvery: 0, capacity: () => 1 }),
  });
  shells.push(shell);
  return shell;
}

async function close(shell: OpenedWorkbench): Promise<void> {
  shells.splice(shells.indexOf(shell), 1);
  await shell.close({ graceful: false });
}

const request = ({ method, suite }: Case) => ({
  name: method,
  suites: [suite],
  methods: [{ method }],
  seeds: [3],
  references: false,
});

/** Everything that was measured, with its bits, and the steps that were counted. */
function measured(
  dataFolder: string,
  trial: string,
): {
  primitives: unknown;
  steps: number | undefined;
  flops: number | undefined;
  examples: number | undefined;
} {
  const store = ResultsStore.open(dataFolder);
  try {
    const cost = store.cost(trial);
    const primitives = store.primitives(trial);
    return {
      primitives: primitives && withoutSeconds(measuredWithoutClock(primitives)),
      steps: cost?.steps,
      flops: cost?.flops,
      examples: cost?.examples,
    };
  } finally {
    store.close();
  }
}

/** The same with seconds in notes left out: these may say how long a trial took. */
const withoutSeconds = (primitives: Primitives): unknown =>
  'notes' in primitives
    ? { ...primitives, notes: JSON.stringify(primitives.notes).replaceAll(/[\d.]+ s\b/g, '… s') }
    : primitives;

/** Everything that was measured by trials, with its bits. */
const allMeasured = (dataFolder: string, trials: readonly string[]): Record<string, ReturnType<typeof measured>> =>
  Object.fromEntries(trials.map((trial) => [trial, measured(dataFolder, trial)]));

/** The trials of a study without interruptions, and which of them trains longest. */
async function uninterrupted(
  one: Case,
): Promise<{ trial: string; total: number; result: ReturnType<typeof allMeasured> }> {
  const folder = temporaryFolder();
  folders.push(folder);
  const shell = await open(folder.path);
  const totals = new Map<string, number>();
  shell.client.subscribe((event) => {
    if (event.kind === 'trial' && event.trial.progress !== null) totals.set(event.trial.id, event.trial.progress.total);
  });
  const study = await shell.client.call('study.create', request(one));
  expect((await ended(shell.client, study.id)).state).toBe('done');
  await close(shell);
  const [[trial, total]] = [...totals].sort(([, a], [, b]) => b - a);
  return { trial, total, result: allMeasured(folder.path, [...totals.keys()]) };
}

describe('interrupted + resumed = uninterrupted', () => {
  it.each([
    ['er', 'a replay buffer', STREAM],
    ['ewc', 'importances', STREAM],
    ['snapshot-ensemble', 'several artefacts of one training', 'iid-mlp/optdigits'],
  ])(
    'for %s, which has %s',
    async (method, _what, suite) => {
      const whole = await uninterrupted({ method, suite });
      const [first, second] = [
        randomInt(1, Math.max(2, Math.floor(whole.total * 0.45))),
        randomInt(Math.floor(whole.total * 0.5), Math.max(2, Math.floor(whole.total * 0.9))),
      ];
      const folder = temporaryFolder();
      folders.push(folder);
      const before = await open(folder.path);
      const reached = (shell: OpenedWorkbench, place: number): Promise<true> =>
        when(shell.client, (event) =>
          event.kind === 'trial' && event.trial.id === whole.trial && (event.trial.progress?.done ?? 0) >= place
            ? true
            : null,
        );
      const early = reached(before, first);
      const study = await before.client.call('study.create', request({ method, suite }));
      await early;
      process.kill(before.workbench?.workerPid(whole.trial) ?? 0, 'SIGKILL');
      await reached(before, second);
      await close(before);

      const after = await open(folder.path);
      expect((await ended(after.client, study.id)).state, `killed at ${first} and ${second} of ${whole.total}`).toBe(
        'done',
      );
      await close(after);
      expect(
        allMeasured(folder.path, Object.keys(whole.result)),
        `killed at ${first} and ${second} of ${whole.total}`,
      ).toEqual(whole.result);
    },
    240_000,
  );
});
