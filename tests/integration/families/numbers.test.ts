import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { iidData } from '../../../src-main/suites/training/shared/iid-data.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { TableSuites } from '../../../src-main/suites/table-suites.ts';
import { measuredWithoutClock } from '../../fixtures/curves.ts';
import { pausing, trialRunner, type TrialRunner } from '../run-trials.ts';

/** A table whose target is a number, with gaps and a category: from the shipped file to metrics. */

const SUITE = 'rows/auto-mpg';
const [methods, fixed] = await Promise.all([loadMethods(), loadSuites()]);

let engine: Engine;
let folder: string;
let trials: TrialRunner;
let data: Dataset;
const suites = new TableSuites(fixed, () => openDatasetStore({ dataFolder: folder }).list());
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  folder = mkdtempSync(join(tmpdir(), 'touchstone-numbers-'));
  const datasets = openDatasetStore({ dataFolder: folder });
  await suites.refresh();
  data = await datasets.open('auto-mpg');
  trials = trialRunner({ engine, methods, suites: suites.registry, dataset: (_suite, id) => datasets.open(id) });
}, 60_000);
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('a number to be told', () => {
  it('has a floor: the mean of the training rows, whose error is what the target varies', async () => {
    const { metrics, primitives } = await trials.run(SUITE, 'target-mean');
    const { train } = iidData(data, { validationShare: 0.2, limit: null, scaling: 'none' });
    const numbers = [...(train.table?.numbers ?? [])];
    const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
    const test = [...(data.test.table?.numbers ?? [])];
    const squares = test.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(metrics['rmse.test']).toBeCloseTo(Math.sqrt(squares / test.length), 4);
    expect(metrics['r2.test']).toBeLessThan(0.01);
    expect(Object.keys(metrics).filter((id) => /acc|nll|ece|brier/.test(id))).toEqual([]);
    expect([...(primitives.predictions?.['test'].targets ?? [])]).toEqual([...Float32Array.from(test)]);
  });

  it('an MLP tells it in the units of the target, and members together are better than each on average', async () => {
    const [mlp, single, ensemble] = [
      await trials.run(SUITE, 'adam'),
      await trials.run(SUITE, 'single'),
      await trials.run(SUITE, 'deep-ensemble'),
    ];
    expect(mlp.metrics['r2.test']).toBeGreaterThan(0.8);
    const told = [...(mlp.primitives.predictions?.['test'].values ?? [])];
    expect(Math.min(...told)).toBeGreaterThan(5);
    expect(Math.max(...told)).toBeLessThan(60);
    expect(mlp.primitives.curves.find(({ name }) => name === 'rmse.validation')?.points).toHaveLength(100);
    // The squared error of a mean is at most the mean of squared errors (Jensen); single is one of the five.
    expect(ensemble.metrics['rmse.test']).toBeLessThan(single.metrics['rmse.test'] * 1.1);
    const deviations = ensemble.primitives.predictions?.['test'].deviations;
    expect(deviations?.every((deviation) => deviation >= 0)).toBe(true);
    expect(deviations?.some((deviation) => deviation > 0)).toBe(true);
  }, 120_000);

  it('a soup of networks tells it as one network does, sampled answers say how far they are apart', async () => {
    const [single, soup, sampled] = [
      await trials.run(SUITE, 'single'),
      await trials.run(SUITE, 'uniform-soup', { members: 2 }),
      await trials.run(SUITE, 'mc-dropout', { samples: 5 }),
    ];
    expect(soup.metrics['r2.test']).toBeGreaterThan(0.8);
    expect(soup.cost.parameters).toBe(single.cost.parameters);
    expect(sampled.metrics['r2.test']).toBeGreaterThan(0.7);
    expect(sampled.primitives.predictions?.['test'].deviations?.every((deviation) => deviation > 0)).toBe(true);
  }, 120_000);

  it('paused anywhere, it is told to the same bits', async () => {
    const whole = await trials.run(SUITE, 'adam', {}, 3);
    const when = pausing((yields) => yields % 37 === 0);
    const resumed = await trials.run(SUITE, 'adam', {}, 3, when);
    expect(when.pauses()).toBeGreaterThan(2);
    expect(measuredWithoutClock(resumed.primitives)).toEqual(measuredWithoutClock(whole.primitives));
  }, 120_000);

  it('is not asked of methods that tell classes, and they say so', () => {
    const { facts } = suites.registry.get(SUITE);
    expect(methods.get('majority-class').fits(facts)).toBe(
      'Class shares tells classes; rows/auto-mpg asks for numbers.',
    );
    expect(methods.get('target-mean').fits(suites.registry.get('rows/wdbc').facts)).toBe(
      'Mean of the target tells numbers; rows/wdbc asks for classes.',
    );
    const both = ['sgd', 'adam', 'single', 'deep-ensemble', 'uniform-soup', 'snapshot-ensemble', 'mc-dropout'];
    for (const id of [...both, 'gradual-pruning', 'narrow']) expect(methods.get(id).fits(facts)).toBe(true);
  });
});

describe('a table with gaps in its categories', () => {
  it('is learnt by the same network as any table', async () => {
    const { metrics } = await trials.run('rows/mushroom', 'adam');
    expect(metrics['acc.test']).toBeGreaterThan(0.99);
  }, 120_000);
});
