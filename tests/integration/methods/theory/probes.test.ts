import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import type { TrialEvent } from '../../../../src-main/methods/contract.ts';
import { defineMethod } from '../../../../src-main/methods/define.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { probeProtocol } from '../../../../src-main/methods/theory/contract.ts';
import { suiteRegistry } from '../../../../src-main/suites/registry.ts';
import { probeSuite } from '../../../../src-main/suites/theory/shared/probe-suite.ts';
import { iidSuite } from '../../../../src-main/suites/training/shared/iid-suite.ts';
import { withoutClock } from '../../../fixtures/curves.ts';
import { modelArrays, pausing, trialRunner, type TrialRunner } from '../../run-trials.ts';

const addition = probeSuite({
  id: 'addition',
  version: 1,
  title: 'Addition',
  summary: '',
  scenario: 'grokking',
  dataset: 'modular-addition-97',
  rowsPerClass: null,
  network: mlp({ input: 194, hidden: [24], outputs: 97, init: 'torch-default' }),
  epochs: 4,
  // Three epochs of ten steps, and a fourth that ends early.
  steps: 35,
  batchSize: 512,
  optimiser: { kind: 'adamw', lr: 0.01, weightDecay: 1 },
  metrics: ['grokking.delay-ratio'],
  method: 'grokking',
});
const digits = probeSuite({
  id: 'digits',
  version: 1,
  title: 'Digits',
  summary: '',
  scenario: 'neural-collapse',
  dataset: 'optdigits',
  rowsPerClass: { train: 20, test: 10 },
  network: mlp({ input: 64, hidden: [32, 16], outputs: 10, init: 'he-normal' }),
  epochs: 25,
  batchSize: 40,
  optimiser: { kind: 'sgd', lr: 0.05, momentum: 0.9 },
  metrics: ['nc1.papyan20.fall'],
  method: 'neural-collapse',
});
const rows = iidSuite({
  id: 'rows',
  version: 1,
  title: 'Rows',
  summary: '',
  family: 'training',
  scenario: 'iid',
  dataset: 'optdigits',
  limit: { train: 100, test: 50 },
  scaling: 'none',
  validationShare: 0.2,
  network: mlp({ input: 64, hidden: [8], outputs: 10, init: 'he-normal' }),
  epochs: 1,
  batchSize: 40,
  optimiser: { kind: 'sgd', lr: 0.05 },
  references: { lower: 'majority-class', upper: 'sgd' },
});

/** Wants labelled test rows where its kind of protocol has none. */
const curious = defineMethod(
  { id: 'curious', version: 1, title: 'Curious', summary: '', paper: null, fields: {} },
  {
    family: 'training',
    protocol: 'rows',
    async *run(context): AsyncGenerator<TrialEvent, object, void> {
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      probeProtocol(context).test();
      return {};
    },
  },
);

let engine: Engine;
let folder: string;
let trials: TrialRunner;
let trialsOn: (engine: Engine) => TrialRunner;
beforeAll(async () => {
  const methods = await loadMethods();
  engine = await openEngine('tensorflow-cpu');
  folder = mkdtempSync(join(tmpdir(), 'touchstone-probes-'));
  const datasets = openDatasetStore({ dataFolder: folder });
  const suites = new Map([addition, digits, rows].map((suite) => [suite.id, suite]));
  trialsOn = (on) =>
    trialRunner({
      engine: on,
      methods: { ...methods, get: (id) => (id === 'curious' ? { ...curious, fits: () => true } : methods.get(id)) },
      suites: suiteRegistry(() => ({ suites, troubles: [] })),
      dataset: (_suite, id) => datasets.open(id),
    });
  trials = trialsOn(engine);
}, 60_000);
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('a probe', () => {
  it('measures both halves of the table at its steps, and ends after as many as the budget has', async () => {
    const { primitives, cost, metrics } = await trials.run('addition', 'grokking');
    expect(cost.steps).toBeGreaterThan(35);
    expect(cost.examples).toBe(3 * 4704 + 5 * 512);
    const curve = (name: string) => primitives.curves.find((one) => one.name === name);
    expect(curve('accuracy.test')).toMatchObject({ x: 'step' });
    expect(curve('accuracy.test')?.points.map(([step]) => step)).toEqual([10, 20, 30, 35]);
    const [first, , , last] = curve('loss.train')?.points.map(([, loss]) => loss) ?? [];
    // ln 97 at the start, and falling.
    expect(first).toBeGreaterThan(4);
    expect(last).toBeLessThan(first);
    expect(primitives.scalars).toMatchObject({ 'rows.train': 4704, 'rows.test': 4705 });
    expect(metrics).toEqual({});
  }, 60_000);

  it('of neural collapse has a point of every measure after every epoch', async () => {
    const { primitives, metrics } = await trials.run('digits', 'neural-collapse');
    for (const name of ['error.train', 'error.test', 'nc1', 'nc2-norms', 'nc2-angles', 'nc3', 'nc4'])
      expect(primitives.curves.find((curve) => curve.name === name)).toMatchObject({
        x: 'epoch',
        points: Array.from({ length: 25 }, (_, epoch) => [epoch + 1, expect.any(Number)]),
      });
    expect(metrics['nc1.papyan20.end']).toBeGreaterThan(0);
  }, 60_000);

  it.each(['addition grokking', 'digits neural-collapse'])(
    '%s: paused anywhere, it has the curves of an uninterrupted run, bit for bit',
    async (pair) => {
      const [suite = '', method = ''] = pair.split(' ');
      const whole = await trials.run(suite, method, {}, 5);
      const interruptions = pausing((yields) => (yields * 7) % 5 === 2);
      const again = await trials.run(suite, method, {}, 5, interruptions);
      expect(interruptions.pauses()).toBeGreaterThan(0);
      expect(withoutClock(again.primitives.curves)).toEqual(withoutClock(whole.primitives.curves));
      expect(again.metrics).toEqual(whole.metrics);
      expect(modelArrays(again)).toEqual(modelArrays(whole));
    },
    120_000,
  );

  it('runs on wasm too, to about the same curves', async () => {
    const wasm = await openEngine('wasm');
    try {
      for (const [suite, method, name] of [
        ['addition', 'grokking', 'loss.train'],
        ['digits', 'neural-collapse', 'nc1'],
      ] as const) {
        const [here, there] = [await trialsOn(wasm).run(suite, method), await trials.run(suite, method)].map(
          ({ primitives }) => primitives.curves.find((curve) => curve.name === name)?.points ?? [],
        );
        expect(here).toHaveLength(there.length);
        expect(here[0]?.[1]).toBeCloseTo(there[0]?.[1] ?? 0, 2);
      }
    } finally {
      wasm.dispose();
    }
  }, 60_000);

  it('is out of reach of methods of other kinds, whatever they say that they fit', async () => {
    await expect(trials.run('addition', 'curious')).rejects.toThrow(
      'Curious is a method of the kind "rows"; addition is a suite of the kind "probe".',
    );
    await expect(trials.run('rows', 'curious')).rejects.toThrow(
      'needs a probe; it was given a protocol of the kind rows',
    );
  });
});
