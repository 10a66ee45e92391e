import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import naive from '../../../../src-main/methods/continual/naive.ts';
import { expectNothingForgotten, expectSameAfterPauses } from '../../promises.ts';
import { modelArrays, trialsWith } from '../../run-trials.ts';

/** What methods on top of replay and attention promise, on streams of small digits. */

const CLASSES = 'split-optdigits-quick/class-il',
  TASKS = 'split-optdigits-quick/task-il';
const few = { memory: 60, memoryBatch: 8 };

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(naive);
}, 60_000);
afterAll(() => {
  trials.close();
});

describe('interrupted is uninterrupted', () => {
  it.each([
    ['hal', CLASSES, { ...few, anchorSteps: 5 }],
    ['gss', CLASSES, few],
    ['hat', TASKS, {}],
  ] as const)(
    '%s, to the bit',
    async (method, suite, values) => {
      const { whole, again } = await expectSameAfterPauses(trials, [suite, method, values], [2, 12]);
      expect(modelArrays(again)).toEqual(modelArrays(whole));
    },
    120_000,
  );
});

describe('what a method promises', () => {
  it('hindsight anchors that weigh nothing are experience replay', async () => {
    const [anchored, plain] = [
      await trials.run(CLASSES, 'hal', { ...few, anchorSteps: 5, lambda: 0 }),
      await trials.run(CLASSES, 'er', few),
    ];
    expect(anchored.primitives.matrices.accuracy).toEqual(plain.primitives.matrices.accuracy);
  }, 120_000);

  it.each(['suite', 'sgd'] as const)(
    'hard attention forgets nothing, whatever the optimiser (%s)',
    async (optimiser) => {
      const { primitives, metrics } = await trials.run(TASKS, 'hat', { masks: 'hard', optimiser, learningRate: 0.01 });
      const { accuracy } = primitives.matrices;
      expectNothingForgotten(accuracy);
      expect(metrics['forgetting.chaudhry18']).toBe(0);
      expect(metrics['acc.final-mean-tasks']).toBeGreaterThan(0.8);
    },
    120_000,
  );

  it('meta-replay that keeps all of its steps is plain training where nothing is replayed', async () => {
    const [kept, plain] = [
      await trials.run(CLASSES, 'mer', { ...few, memoryBatch: 0, beta: 1, gamma: 1 }),
      await trials.run(CLASSES, 'naive'),
    ];
    expect(kept.metrics['acc.avg-incremental']).toBeCloseTo(plain.metrics['acc.avg-incremental'], 6);
  }, 120_000);

  it('centres that weigh nothing are the base', async () => {
    const [pulled, plain] = [
      await trials.run(CLASSES, 'center-loss', { lambda: 0, laterHeadShare: 1 }),
      await trials.run(CLASSES, 'naive'),
    ];
    expect(pulled.metrics['acc.avg-incremental']).toBeCloseTo(plain.metrics['acc.avg-incremental'], 6);
  }, 120_000);
});
