import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import naive from '../../../../src-main/methods/continual/naive.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import icarl from '../../../../src-main/methods/continual/icarl.ts';
import owm from '../../../../src-main/methods/continual/owm.ts';
import packnet from '../../../../src-main/methods/continual/packnet.ts';
import { expectNothingForgotten, expectSameAfterPauses } from '../../promises.ts';
import { modelArrays, trialsWith } from '../../run-trials.ts';

/** iCaRL, MIR, OWM and PackNet on streams of small digits: interrupted as uninterrupted, and what each promises. */

const CLASSES = 'split-optdigits-quick/class-il',
  TASKS = 'split-optdigits-quick/task-il';
const few = { memory: 60, candidates: 12, memoryBatch: 6 };

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(naive);
}, 60_000);
afterAll(() => {
  trials.close();
});

describe('interrupted is uninterrupted', () => {
  it.each([
    ['icarl', CLASSES, { memory: 60 }],
    ['mir', CLASSES, few],
    ['owm', CLASSES, {}],
    ['packnet', TASKS, {}],
    ['fdr', CLASSES, { memory: 60, memoryBatch: 8 }],
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
  it.each(['suite', 'sgd'] as const)(
    'PackNet forgets nothing, whatever the optimiser (%s)',
    async (optimiser) => {
      const { primitives, metrics } = await trials.run(TASKS, 'packnet', { optimiser });
      const { accuracy } = primitives.matrices;
      expectNothingForgotten(accuracy);
      expect(metrics['forgetting.chaudhry18']).toBe(0);
      expect(metrics['bwt.gem17']).toBe(0);
      if (optimiser === 'suite') expect(metrics['acc.final-mean-tasks']).toBeGreaterThan(0.95);
    },
    120_000,
  );

  it('each keeps more than plain training does', async () => {
    const final = async (method: string, values = {}): Promise<number> =>
      (await trials.run(CLASSES, method, values)).metrics['acc.final-mean-tasks'];
    const plain = await final('naive');
    expect(await final('icarl', { memory: 60 })).toBeGreaterThan(plain + 0.4);
    expect(await final('mir', few)).toBeGreaterThan(plain + 0.4);
  }, 120_000);

  it('iCaRL stores what it may, and its scores are of prototypes: no likelihood is told', async () => {
    const { metrics, cost } = await trials.run(CLASSES, 'icarl', { memory: 60 });
    const { cost: plain } = await trials.run(CLASSES, 'naive');
    expect(metrics['nll.test']).toBeUndefined();
    expect((cost.bytesStored ?? 0) - (plain.bytesStored ?? 0)).toBeGreaterThan(60 * 65 * 4);
  });

  it('says where it does not fit', async () => {
    const suites = await loadSuites();
    const on = (id: string) => suites.get(id).facts;
    expect(packnet.fits(on(CLASSES))).not.toBe(true);
    expect(icarl.fits(on('split-optdigits-quick/domain-il'))).toContain('new classes');
    expect(owm.fits(on('split-cifar-10-small'))).toContain('dense');
    expect(owm.fits(on('split-mnist-stream'))).toBe(true);
  });
});

describe('what the newer ones promise', () => {
  it('an average that keeps nothing is its base, and one that is interrupted goes on to the bit', async () => {
    const replay = { memory: 60, memoryBatch: 8 };
    const base = await trials.run(CLASSES, 'er', replay);
    const same = await trials.run(CLASSES, 'temporal-ensemble', { ...replay, base: 'er', momentum: 0 });
    expect(same.primitives.matrices.accuracy).toEqual(base.primitives.matrices.accuracy);
    const values = { ...replay, base: 'er', momentum: 0.9 };
    await expectSameAfterPauses(trials, [CLASSES, 'temporal-ensemble', values], [2, 12]);
  }, 120_000);

  it('STAR that pays nothing is its base', async () => {
    const replay = { memory: 60, memoryBatch: 8 };
    const base = await trials.run(CLASSES, 'er', replay);
    const free = await trials.run(CLASSES, 'star', { ...replay, lambda: 0 });
    expect(free.primitives.matrices.accuracy).toEqual(base.primitives.matrices.accuracy);
  }, 120_000);

  it.each([
    ['separate-networks', {}],
    ['xdg', { units: 'disjoint', optimiser: 'sgd', learningRate: 0.1 }],
  ] as const)(
    '%s forgets nothing',
    async (method, values) => {
      const { primitives } = await trials.run(TASKS, method, values);
      const { accuracy } = primitives.matrices;
      expectNothingForgotten(accuracy);
    },
    120_000,
  );

  it('RWalk that holds nothing is plain training', async () => {
    const plain = await trials.run(TASKS, 'naive');
    const free = await trials.run(TASKS, 'rwalk', { lambda: 0 });
    expect(modelArrays(free)).toEqual(modelArrays(plain));
  }, 120_000);
});
