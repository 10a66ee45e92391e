import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import { cosineMlp } from '../../../../src-main/engine/networks/architectures/cosine-mlp.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { expertRequests } from '../../../../src-main/methods/merging/shared/protocol.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { expertsSuite } from '../../../../src-main/suites/merging/shared/experts-suite.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { runKilled } from '../../killed.ts';
import { modelArrays, pausing, trialRunner, type TrialRunner } from '../../run-trials.ts';

/** Two tasks of optdigits from one start, and one that no expert knows; all of it in a second. */
const suite = expertsSuite({
  id: 'tiny-experts',
  version: 1,
  title: 'Tiny',
  summary: '',
  scenario: 'shared start',
  judged: 'own heads',
  network: cosineMlp({
    input: 64,
    hidden: [16],
    features: 12,
    scale: 20,
    heads: { head0: 5, head1: 5, head2: 10 },
    init: 'torch-default',
  }),
  tasks: [
    {
      name: 'low',
      dataset: 'optdigits',
      classes: [0, 1, 2, 3, 4],
      train: [0, 300],
      validation: [300, 400],
      scored: [0, 200],
    },
    {
      name: 'high',
      dataset: 'optdigits',
      classes: [5, 6, 7, 8, 9],
      train: [0, 200],
      validation: [300, 400],
      scored: [0, 200],
    },
  ],
  unseen: [{ name: 'all', dataset: 'optdigits', train: [0, 300], validation: [300, 400], scored: [0, 200] }],
  source: {
    parts: [{ dataset: 'optdigits', train: [1000, 1400] }],
    epochs: 4,
    batchSize: 20,
    optimiser: { kind: 'adam', lr: 1e-3 },
    shots: 5,
  },
  epochs: 3,
  batchSize: 20,
  optimiser: { kind: 'adam', lr: 3e-3 },
  facts: {
    start: { method: 'train-start', hyperParameters: {} },
    members: [0, 1].map((expert) => ({
      name: `expert/${expert}`,
      task: expert,
      method: 'train-expert',
      hyperParameters: { expert },
      member: null,
    })),
    heads: ['head0', 'head1', 'head2'],
    frozenHeads: true,
  },
  references: { lower: 'best-single', upper: 'own-experts' },
  metrics: ['acc.tasks', 'acc.normalised', 'acc.normalised.start'],
});

let engine: Engine;
let runner: TrialRunner;
const folder = mkdtempSync(join(tmpdir(), 'touchstone-experts-'));
beforeAll(async () => {
  const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);
  engine = await openEngine('tensorflow-cpu');
  const store = openDatasetStore({ dataFolder: folder });
  const get = (id: string) => (id === suite.id ? suite : suites.get(id));
  runner = trialRunner({ engine, methods, suites: { ...suites, get }, dataset: (_suite, id) => store.open(id) });
});
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const row = (
  run: { primitives: { matrices: Readonly<Record<string, readonly (readonly number[])[]>> } },
  name: string,
) => run.primitives.matrices[name]?.[0] ?? [];

describe('experts of one start', () => {
  it('are requested by the driver of merges: the start, then each of them', () => {
    expect(expertRequests(suite.facts, 7)).toEqual([
      { name: 'start', suite: 'tiny-experts', method: 'train-start', hyperParameters: {}, seed: 7 },
      { name: 'expert/0', suite: 'tiny-experts', method: 'train-expert', hyperParameters: { expert: 0 }, seed: 7 },
      { name: 'expert/1', suite: 'tiny-experts', method: 'train-expert', hyperParameters: { expert: 1 }, seed: 7 },
    ]);
  });

  it('have the frozen heads of the start, whose columns have length 1, and trunks of their own', async () => {
    const start = modelArrays(await runner.run(suite.id, 'train-start'));
    const experts = [];
    for (const expert of [0, 1]) experts.push(modelArrays(await runner.run(suite.id, 'train-expert', { expert })));
    for (const head of ['head0/kernel', 'head1/kernel', 'head2/kernel'])
      for (const expert of experts) expect(expert[head]).toEqual(start[head]);
    const kernel = start['head0/kernel'] ?? new Float32Array();
    for (let column = 0; column < 5; column += 1)
      expect(kernel.filter((_, at) => at % 5 === column).reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(
        1,
        5,
      );
    expect(experts[0]?.['dense0/kernel']).not.toEqual(experts[1]?.['dense0/kernel']);
    expect(Object.keys(start).some((name) => name.startsWith('source'))).toBe(false);
  });

  it('are better than the start on their own tasks, and the measure of what is merged', async () => {
    const own = await runner.run(suite.id, 'own-experts');
    expect(own.metrics['acc.normalised']).toBe(1);
    expect(row(own, 'accuracy.tasks')).toEqual(row(own, 'accuracy.experts'));
    expect(own.metrics['acc.unseen']).toBeUndefined();
    const start = await runner.run(suite.id, 'train-start');
    expect(row(own, 'accuracy.start')).toEqual(row(start, 'accuracy.tasks'));
    row(own, 'accuracy.experts').forEach((value, task) =>
      expect(value).toBeGreaterThan(row(start, 'accuracy.tasks')[task] ?? 1),
    );
    const average = await runner.run(suite.id, 'weight-average');
    expect(average.metrics['acc.normalised']).toBeLessThan(1);
    expect(average.metrics['acc.unseen']).toBeGreaterThan(0.1);
  });

  it('are no match for joint training, which starts where they do and leaves frozen heads alone', async () => {
    const joint = await runner.run(suite.id, 'joint-training');
    const start = await runner.run(suite.id, 'train-start');
    expect(modelArrays(joint)['head1/kernel']).toEqual(modelArrays(start)['head1/kernel']);
    expect(joint.metrics['acc.tasks']).toBeGreaterThan(
      (await runner.run(suite.id, 'weight-average')).metrics['acc.tasks'] ?? 1,
    );
    // 300 rows in batches of 20: 15 steps an epoch, each with a batch of either task.
    expect(joint.cost).toMatchObject({ examples: 3 * 15 * 40 });
  });
});

describe('statistics of experts', () => {
  it('are measured once by hidden trials, and opened by every merge that wants them', async () => {
    const made = (): string[] => [...runner.finished.keys()].filter((key) => key.includes('"expert-grams"'));
    await runner.run(suite.id, 'regmean', { alpha: 0.9, examples: 100 });
    expect(made()).toHaveLength(2);
    await runner.run(suite.id, 'regmean', { alpha: 0.5, examples: 100 });
    expect(made()).toHaveLength(2);
    await runner.run(suite.id, 'regmean', { examples: 50 });
    expect(made()).toHaveLength(4);
  });

  it('are those of the expert on its own inputs: symmetric, and as large as these', async () => {
    const { artefacts } = await runner.run(suite.id, 'expert-grams', { expert: 1, examples: 100 });
    const gram = artefacts['gram']?.kind === 'arrays' ? artefacts['gram'].arrays['dense0/kernel'] : undefined;
    expect(gram).toHaveLength(64 * 64);
    for (let i = 0; i < 64; i += 1)
      for (let j = 0; j < i; j += 1) expect(gram?.[i * 64 + j]).toBeCloseTo(gram?.[j * 64 + i] ?? Number.NaN, 6);
    // Pixels are within [0, 1], so their mean squares are too.
    for (let i = 0; i < 64; i += 1) expect(Math.min(Math.max(gram?.[65 * i] ?? 2, 0), 1)).toBe(gram?.[65 * i]);
    const answers = await runner.run(suite.id, 'expert-answers', { expert: 0, examples: 30 });
    const layers = answers.artefacts['answers']?.kind === 'arrays' ? answers.artefacts['answers'].arrays : {};
    expect([layers['rows']?.[0], layers['before/0']?.length, layers['after/0']?.length]).toEqual([30, 480, 480]);
    expect(layers['after/0']).toEqual(layers['before/0']?.map((value) => Math.max(0, value)));
  });
});

describe('a trial that makes artefacts', () => {
  it.each([
    ['train-start', {}],
    ['train-expert', { expert: 1 }],
    ['joint-training', {}],
  ] as const)('%s: paused again and again and resumed, leaves the same bits', async (method, values) => {
    const whole = await runner.run(suite.id, method, values);
    const interrupted = pausing(() => true);
    const again = await runner.run(suite.id, method, values, 1, interrupted);
    expect(interrupted.pauses()).toBeGreaterThan(2);
    expect(again.artefacts).toEqual(whole.artefacts);
    expect(again.primitives.matrices).toEqual(whole.primitives.matrices);
  });

  it.each([
    ['train-start', {}],
    ['train-expert', { expert: 0 }],
  ] as const)('%s: killed at random moments, with work lost, leaves the same bits', async (method, values) => {
    const whole = await runner.run(suite.id, method, values, 2);
    const { run, kills } = await runKilled(runner, [suite.id, method, values, 2], 0.6);
    expect(kills).toBeGreaterThan(0);
    expect(run.artefacts).toEqual(whole.artefacts);
  });
});
