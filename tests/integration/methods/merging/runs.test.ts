import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import { cosineMlp } from '../../../../src-main/engine/networks/architectures/cosine-mlp.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import type { ExpertFacts, HyperParameters } from '../../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import type { Suite } from '../../../../src-main/suites/contract.ts';
import { expertsSuite } from '../../../../src-main/suites/merging/shared/experts-suite.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { runKilled } from '../../killed.ts';
import { modelArrays, pausing, trialRunner, type TrialRunner } from '../../run-trials.ts';

const halves = [
  [0, 1, 2, 3, 4],
  [5, 6, 7, 8, 9],
] as const;

const member = (index: number, task: number, settings: HyperParameters): ExpertFacts => ({
  name: `expert/${index}`,
  task,
  method: 'train-expert',
  hyperParameters: { expert: index, ...settings },
  member: null,
});

/** Two tasks of optdigits, or one, from one start, with these runs. */
function tiny(id: string, tasks: 1 | 2, members: readonly ExpertFacts[]): Suite {
  return expertsSuite({
    id,
    version: 1,
    title: id,
    summary: '',
    scenario: 'tiny',
    judged: 'own heads',
    network: cosineMlp({
      input: 64,
      hidden: [16],
      features: 12,
      scale: 20,
      heads: Object.fromEntries(Array.from({ length: tasks }, (_, task) => [`head${task}`, 5])),
      init: 'torch-default',
    }),
    tasks: halves.slice(0, tasks).map((classes) => ({
      name: String(classes[0]),
      dataset: 'optdigits',
      classes,
      train: [0, 200],
      validation: [300, 400],
      scored: [0, 200],
    })),
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
      members,
      heads: Array.from({ length: tasks }, (_, task) => `head${task}`),
      frozenHeads: tasks > 1,
    },
    references: { lower: 'start', upper: 'prediction-ensemble' },
    metrics: ['acc.test'],
  });
}

const varied = { order: 3, learningRate: 2e-3, weightDecay: 0.01, epochs: 2, smoothing: 0.1, mixup: 0.3, noise: 0.1 };
const runs = tiny('tiny-runs', 1, [
  member(0, 0, varied),
  member(1, 0, { order: 1 }),
  member(2, 0, { order: 2, checkpoints: 4 }),
]);
const adapters = tiny(
  'tiny-adapters',
  2,
  [0, 1].map((task) => member(task, task, { rank: 2, learningRate: 1e-2 })),
);
const suites = new Map([runs, adapters].map((suite) => [suite.id, suite]));

let engine: Engine;
let runner: TrialRunner;
const folder = mkdtempSync(join(tmpdir(), 'touchstone-runs-'));
beforeAll(async () => {
  const [methods, all] = await Promise.all([loadMethods(), loadSuites()]);
  engine = await openEngine('tensorflow-cpu');
  const store = openDatasetStore({ dataFolder: folder });
  const get = (id: string) => suites.get(id) ?? all.get(id);
  runner = trialRunner({ engine, methods, suites: { ...all, get }, dataset: (_suite, id) => store.open(id) });
});
afterAll(() => {
  engine.dispose();
  rmSync(folder, { recursive: true, force: true });
});

describe('runs of one task', () => {
  it('differ by their order alone, and by every setting', async () => {
    const plain = modelArrays(await runner.run(runs.id, 'train-expert', { expert: 1 }));
    const settings: HyperParameters[] = [
      { order: 1 },
      { learningRate: 2e-3 },
      { weightDecay: 0.5 },
      { epochs: 2 },
      { smoothing: 0.2 },
      { mixup: 0.5 },
      { noise: 0.2 },
    ];
    for (const one of settings) {
      const other = modelArrays(await runner.run(runs.id, 'train-expert', { expert: 1, ...one }));
      expect(other['dense0/kernel'], JSON.stringify(one)).not.toEqual(plain['dense0/kernel']);
    }
  });

  it('killed at random moments, with work lost, leave the same bits, checkpoints too', async () => {
    const values = { expert: 0, ...varied, checkpoints: 4 };
    const whole = await runner.run(runs.id, 'train-expert', values);
    const { run, kills } = await runKilled(runner, [runs.id, 'train-expert', values, 1], 0.4);
    expect(kills).toBeGreaterThan(0);
    expect(Object.keys(run.artefacts).sort()).toEqual([...[1, 2, 3, 4].map((k) => `checkpoint/${k}`), 'model']);
    expect(run.artefacts).toEqual(whole.artefacts);
    const last = whole.artefacts['checkpoint/4'];
    expect(last?.kind === 'model' ? last.arrays : null).toEqual(modelArrays(whole));
  });

  it('a learned soup is resumed where it was; it and the greedy one lie between the runs', async () => {
    const whole = await runner.run(runs.id, 'learned-soup', { batchSize: 16 });
    // Before its first step, and after its steps.
    const interrupted = pausing((yields) => yields === 1 || yields === 3);
    const again = await runner.run(runs.id, 'learned-soup', { batchSize: 16 }, 1, interrupted);
    expect(interrupted.pauses()).toBeGreaterThan(1);
    expect(again.artefacts).toEqual(whole.artefacts);
    const greedy = await runner.run(runs.id, 'greedy-soup');
    // A merge without steps begins again, and what it spent before counts no more.
    const twice = await runner.run(
      runs.id,
      'greedy-soup',
      {},
      1,
      pausing((yields) => [1, 3, 8].includes(yields)),
    );
    expect(twice.cost).toMatchObject({ forwardPasses: greedy.cost.forwardPasses, steps: greedy.cost.steps });
    const best = Math.max(
      ...(await Promise.all(
        runs.facts.experts?.members.map(async ({ hyperParameters }) => {
          const { metrics } = await runner.run(runs.id, 'train-expert', hyperParameters);
          return metrics['acc.validation'] ?? 0;
        }) ?? [],
      )),
    );
    expect(greedy.metrics['acc.validation']).toBeGreaterThanOrEqual(best);
  });
});

describe('adapters', () => {
  it('are the network with A·B added to its kernels; start, biases and heads stay', async () => {
    const start = modelArrays(await runner.run(adapters.id, 'train-start'));
    const trial = await runner.run(adapters.id, 'train-expert', { expert: 0, rank: 2, learningRate: 1e-2 });
    const expert = modelArrays(trial);
    const low = trial.artefacts['adapters'];
    const arrays = low?.kind === 'arrays' ? low.arrays : {};
    const [down, up] = [arrays['dense0/down'] ?? [], arrays['dense0/up'] ?? []];
    expect([down.length, up.length]).toEqual([64 * 2, 2 * 16]);
    for (const [row, column] of [
      [10, 3],
      [33, 15],
    ] as const) {
      const change =
        2 * [0, 1].reduce((sum, unit) => sum + (down[2 * row + unit] ?? 0) * (up[16 * unit + column] ?? 0), 0);
      const at = 16 * row + column;
      expect(expert['dense0/kernel']?.[at]).toBeCloseTo((start['dense0/kernel']?.[at] ?? 0) + change, 5);
    }
    expect(Object.keys(expert).sort()).toEqual(Object.keys(start).sort());
    for (const name of ['dense0/bias', 'features/bias', 'head0/kernel', 'head1/kernel'])
      expect(expert[name]).toEqual(start[name]);
    expect(trial.metrics['acc.task.1']).toBeGreaterThan(
      (await runner.run(adapters.id, 'train-start')).metrics['acc.task.1'] ?? 1,
    );
  });

  it('with a unit for each rank of each expert, LoRA-LEGO is the sum of the changes by √(r/k)', async () => {
    const lego = modelArrays(await runner.run(adapters.id, 'lora-lego', { rank: 4 }));
    const sum = modelArrays(await runner.run(adapters.id, 'task-arithmetic', { lambda: Math.SQRT1_2 }));
    lego['features/kernel']?.forEach((value, at) => expect(value).toBeCloseTo(sum['features/kernel']?.[at] ?? 0, 4));
  });

  it('a fused start for two tasks begins with the other expert', async () => {
    const others = await runner.run(adapters.id, 'fused-start', { few: true });
    const start = await runner.run(adapters.id, 'fused-start', { few: true, from: 'start' });
    expect(others.primitives.matrices['accuracy.tasks']).not.toEqual(start.primitives.matrices['accuracy.tasks']);
  });
});
