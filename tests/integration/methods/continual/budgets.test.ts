import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import type { Grant, Method } from '../../../../src-main/methods/contract.ts';
import type { ContinualRun, Place } from '../../../../src-main/methods/continual/contract.ts';
import { defineContinualMethod } from '../../../../src-main/methods/continual/shared/driver.ts';
import { splitSuite, type SplitDefinition } from '../../../../src-main/suites/continual/shared/split-suite.ts';
import { measuredWithoutClock } from '../../../fixtures/curves.ts';
import { pausing, trialsWith } from '../../run-trials.ts';

/** What a stream's budget says is what the driver hands out, whatever a method adds to the examples. */

const STEPS = 7,
  BATCH = 32;
const common: SplitDefinition = {
  id: 'in-steps',
  version: 1,
  title: '',
  summary: '',
  scenario: 'class-il',
  dataset: 'optdigits',
  classes: 10,
  classesPerTask: 2,
  rowsPerClass: { train: 40, test: 20 },
  transform: { kind: 'none' },
  width: 64,
  inputShape: [64],
  network: (outputs) => mlp({ input: 64, hidden: [8], outputs, init: 'torch-default' }),
  epochs: 4,
  steps: STEPS,
  batchSize: BATCH,
  lastBatch: 'dropped',
  optimiser: { kind: 'sgd', lr: 0.1 },
};
const given = [
  common,
  { ...common, id: 'untold', boundaries: false, steps: undefined, epochs: 1, lastBatch: undefined },
  { ...common, id: 'drawn', rowsPerTask: 10, steps: undefined, epochs: 1, lastBatch: undefined },
].map(splitSuite);

interface Seen {
  readonly place: Place;
  readonly ids: readonly number[];
}
let seen: Seen[] = [];
let calls: string[] = [];
let told: ContinualRun['protocol'] | null = null;
/** Trains nothing and notes what it is handed. */
const witness = (id: string, asks: readonly Grant[]): Method =>
  defineContinualMethod({
    id,
    version: 1,
    title: 'Witness',
    summary: '',
    paper: null,
    fields: {},
    asks,
    create: ({ protocol }) => {
      told = protocol;
      return {
        beginTask: async (task) => void calls.push(`begin ${task}`),
        endTask: async (task) => void calls.push(`end ${task}`),
        train: async (place, batches) => {
          batches.forEach((ids, i) => seen.push({ place: { ...place, step: place.step + i }, ids: [...ids] }));
          return 0;
        },
      };
    },
  });

const witnesses = [witness('witness', ['boundaries']), witness('untold-witness', ['all-tasks'])];

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(witnesses, { suites: given });
}, 60_000);
afterAll(() => trials.close());

async function watch(suite: string, seed = 1): Promise<{ seen: Seen[]; calls: string[] }> {
  [seen, calls] = [[], []];
  await trials.run(suite, suite === 'untold' ? 'untold-witness' : 'witness', {}, seed);
  return { seen, calls };
}

describe('a budget in steps', () => {
  it('gives every task so many, in whole batches, epoch after epoch', async () => {
    const { seen: steps } = await watch('in-steps');
    for (let task = 0; task < 5; task++) {
      const own = steps.filter(({ place }) => place.task === task);
      // 80 rows a task make two whole batches of 32
      expect(own.map(({ place }) => [place.epoch, place.step])).toEqual([
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
        [2, 0],
        [2, 1],
        [3, 0],
      ]);
      expect(own.every(({ ids }) => ids.length === BATCH)).toBe(true);
    }
    expect(new Set(steps.slice(0, 2).flatMap(({ ids }) => ids)).size).toBe(2 * BATCH);
  });

  it.each([
    ['naive', {}, 5 * STEPS],
    ['rehearsal', { memory: 20 }, 5 * STEPS],
    ['joint', {}, 5 * STEPS],
  ])('is that of %s, too', async (method, values, steps) => {
    expect((await trials.run('in-steps', method, values)).cost.steps).toBe(steps);
  });

  it('goes on where it was interrupted', async () => {
    const whole = await trials.run('in-steps', 'er', { memory: 20, memoryBatch: 8 });
    const interrupted = pausing((yields) => yields % 2 === 0);
    const again = await trials.run('in-steps', 'er', { memory: 20, memoryBatch: 8 }, 1, interrupted);
    expect(interrupted.pauses()).toBeGreaterThan(3);
    expect(measuredWithoutClock(again.primitives)).toEqual(measuredWithoutClock(whole.primitives));
    expect(again.artefacts).toEqual(whole.artefacts);
  });
});

describe('a stream whose boundaries are not told', () => {
  it('is one task to the method, in the order of the classes, and is evaluated after each part', async () => {
    const { seen: steps, calls: hooks } = await watch('untold');
    expect(hooks).toEqual(['begin 0', 'end 0']);
    expect(new Set(steps.map(({ place }) => place.task))).toEqual(new Set([0]));
    expect(told?.tasks.map(({ outputs }) => outputs)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    const pairs = steps.flatMap(({ ids }) => ids.map((id) => Math.floor((told?.labelOf(id) ?? -1) / 2)));
    expect(pairs).toEqual([...pairs].sort((a, b) => a - b));
    expect([...new Set(steps.flatMap(({ ids }) => ids.map((id) => told?.taskOf(id))))]).toEqual([0]);
    expect([...(told?.outputMask(0) ?? [1])].every((value) => value === 0)).toBe(true);
    expect((await trials.run('untold', 'naive')).primitives.matrices['accuracy']).toHaveLength(5);
  });

  it('is refused by a method that orders the examples of a task', async () => {
    await expect(trials.run('untold', 'rehearsal')).rejects.toThrow(
      'asks for task boundaries; untold does not offer that.',
    );
  });
});

it('rows drawn of a task are as many as asked for, and others with another seed', async () => {
  const first = (await watch('drawn')).seen.flatMap(({ ids }) => ids);
  const second = (await watch('drawn', 2)).seen.flatMap(({ ids }) => ids);
  expect([first.length, new Set(first).size]).toEqual([50, 50]);
  expect(new Set(first)).not.toEqual(new Set(second));
});
