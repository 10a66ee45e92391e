import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { cosineMlp } from '../../../../src-main/engine/networks/architectures/cosine-mlp.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { expertsSuite } from '../../../../src-main/suites/merging/shared/experts-suite.ts';
import { suiteRegistry } from '../../../../src-main/suites/registry.ts';
import { tinyDataset } from '../../engine/tiny-dataset.ts';
import { modelArrays, pausing, trialRunner, type TrialRunner } from '../../run-trials.ts';
import { withoutClock } from '../../../fixtures/curves.ts';

const expert = (index: number) => ({
  name: `expert/${index}`,
  task: index,
  method: 'train-expert',
  hyperParameters: { expert: index },
  member: null,
});
const rows = { train: [0, 150], validation: [150, 200], scored: [0, 100], adaptation: [100, 200] } as const;
const optimiser = { kind: 'adam', lr: 0.002 } as const;
const tiny = expertsSuite({
  id: 'tiny',
  version: 1,
  title: 'Tiny',
  summary: '',
  scenario: 'shared start',
  judged: 'own heads',
  network: cosineMlp({
    input: 20,
    hidden: [12],
    features: 8,
    scale: 20,
    heads: { low: 5, high: 5 },
    init: 'torch-default',
  }),
  tasks: [
    { name: 'low', dataset: 'blobs', classes: [0, 1, 2, 3, 4], ...rows },
    { name: 'high', dataset: 'blobs', classes: [5, 6, 7, 8, 9], ...rows },
  ],
  facts: {
    start: { method: 'train-start', hyperParameters: {} },
    members: [expert(0), expert(1)],
    heads: ['low', 'high'],
    frozenHeads: true,
  },
  source: { epochs: 2, batchSize: 32, optimiser, shots: 5, parts: [{ dataset: 'others', train: [0, 200] }] },
  epochs: 4,
  batchSize: 32,
  optimiser,
  references: { lower: 'best-single', upper: 'own-experts' },
  metrics: ['acc.tasks', 'acc.normalised', 'acc.normalised.start'],
});

const blobs = tinyDataset(
  { id: 'blobs', title: 'Blobs', shape: [20], classes: Array.from('0123456789'), kind: 'table' },
  { train: 60, test: 40 },
);

let engine: Engine;
let trials: TrialRunner;
const opened: string[] = [];
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  trials = trialRunner({
    engine,
    methods: await loadMethods(),
    suites: suiteRegistry(() => ({ suites: new Map([[tiny.id, tiny]]), troubles: [] })),
    dataset: async (_suite, id) => {
      opened.push(id);
      return { ...blobs, id };
    },
  });
}, 60_000);
afterAll(() => engine.dispose());

const numbers = z.array(z.number());
const accuracies = async (method: string, values: Parameters<TrialRunner['run']>[2] = {}): Promise<unknown> =>
  (await trials.run('tiny', method, values)).primitives.matrices['accuracy.tasks'];

describe('merges of experts with one start', () => {
  it('leave frozen heads as the start has them', async () => {
    const start = modelArrays(await trials.run('tiny', 'train-start'));
    for (const method of ['weight-average', 'task-arithmetic', 'ties', 'regmean', 'adamerging']) {
      const merged = modelArrays(await trials.run('tiny', method, method === 'adamerging' ? { steps: 5 } : {}));
      expect(Object.keys(merged).sort(), method).toEqual(Object.keys(start).sort());
      for (const name of ['low/kernel', 'high/kernel']) expect(merged[name], method).toEqual(start[name]);
      expect(merged['dense0/kernel'], method).not.toEqual(start['dense0/kernel']);
    }
  });

  it('open the data of the tasks alone; the source is opened where the start is trained', async () => {
    await trials.run('tiny', 'weight-average');
    opened.length = 0;
    await trials.run('tiny', 'task-arithmetic', { lambda: 0.4 });
    expect(opened).toEqual(['blobs']);
    await trials.run('tiny', 'train-start', {}, 2);
    expect(opened).toContain('others');
  });

  it('meet where they are the same: no step is the start, 1/T the average, one vector alone its expert', async () => {
    const { matrices } = (await trials.run('tiny', 'task-arithmetic', { lambda: 0 })).primitives;
    expect(matrices['accuracy.tasks']).toEqual(matrices['accuracy.start']);
    expect(await accuracies('task-arithmetic', { lambda: 0.5 })).toEqual(await accuracies('weight-average'));
    const own = modelArrays(await trials.run('tiny', 'train-expert', { expert: 1 }));
    const alone = modelArrays(await trials.run('tiny', 'task-arithmetic', { lambda: 1, only: 1 }));
    alone['dense0/kernel'].forEach((value, at) => expect(value).toBeCloseTo(own['dense0/kernel'][at], 6));
    const kept = modelArrays(await trials.run('tiny', 'ties', { density: 1, lambda: 1, combine: 'sum' }));
    const elected = modelArrays(await trials.run('tiny', 'ties', { density: 1, lambda: 1, combine: 'mean' }));
    expect(kept['dense0/kernel']).not.toEqual(elected['dense0/kernel']);
  });

  it('RegMean answers on the training inputs as the experts do, nearer than the average', async () => {
    const all = await trials.run('tiny', 'regmean', { alpha: 1, examples: 150 });
    expect(all.metrics['acc.tasks']).toBeGreaterThan(0.5);
    // The passes are those of the hidden trials that measured the Gram matrices.
    expect(all.cost.forwardPasses).toBe(0);
    const grams = await trials.run('tiny', 'expert-grams', { expert: 0, examples: 150 });
    expect(grams.cost.forwardPasses).toBe(150);
  });

  it('AdaMerging lowers the entropy on unlabelled inputs, interrupted or not, to the same bits', async () => {
    const values = { steps: 60, rate: 0.01 };
    const whole = await trials.run('tiny', 'adamerging', values);
    const interruptions = pausing((yields) => yields % 3 === 0);
    const paused = await trials.run('tiny', 'adamerging', values, 1, interruptions);
    expect(interruptions.pauses()).toBeGreaterThan(1);
    expect(modelArrays(paused)).toEqual(modelArrays(whole));
    expect(paused.primitives.probabilities).toEqual(whole.primitives.probabilities);
    expect(withoutClock(paused.primitives.curves)).toEqual(withoutClock(whole.primitives.curves));
    expect(paused.notes).toEqual(whole.notes);
    // 60 steps of two tasks and two batches of 16
    expect(whole.cost.backwardPasses).toBe(60 * 2 * 2 * 16);
    const entropy = whole.primitives.curves.find(({ name }) => name === 'entropy')?.points.map(([, y]) => y) ?? [];
    expect(entropy.at(-1)).toBeLessThan(entropy[0]);
  });

  it('surgery brings the merged net nearer to the experts, interrupted or not, to the same bits', async () => {
    const values = { base: 'weight-average', steps: 120, rank: 4, rate: 0.01 };
    const whole = await trials.run('tiny', 'surgery', values);
    const interruptions = pausing((yields) => yields === 2 || yields === 5);
    const paused = await trials.run('tiny', 'surgery', values, 1, interruptions);
    expect(interruptions.pauses()).toBe(2);
    expect(paused.primitives.probabilities).toEqual(whole.primitives.probabilities);
    expect(withoutClock(paused.primitives.curves)).toEqual(withoutClock(whole.primitives.curves));
    expect(paused.notes).toEqual(whole.notes);
    expect(paused.cost).toMatchObject({ examples: 120 * 2 * 16, forwardPasses: 2 * 2 * 100 });
    for (const note of whole.notes) {
      const [before, after] = [...note.matchAll(/\d+\.\d+/g)].map(([number]) => Number(number));
      expect(after).toBeLessThan(before);
    }
    expect(whole.notes).toHaveLength(2);
  });

  it('concrete masks learn, then λ, interrupted or not, to the same bits; no step is task arithmetic', async () => {
    const values = { merge: 'adamerging', maskSteps: 10, steps: 10, rate: 0.01 };
    const whole = await trials.run('tiny', 'concrete', values);
    const interruptions = pausing((yields) => yields === 2 || yields === 4);
    const paused = await trials.run('tiny', 'concrete', values, 1, interruptions);
    expect(interruptions.pauses()).toBe(2);
    expect(modelArrays(paused)).toEqual(modelArrays(whole));
    expect(paused.notes).toEqual(whole.notes);
    const still = modelArrays(await trials.run('tiny', 'concrete', { maskSteps: 0, lambda: 0.4 }));
    const same = modelArrays(await trials.run('tiny', 'task-arithmetic', { lambda: 0.4 }));
    for (const [name, values] of Object.entries(same))
      values.forEach((value, at) => expect(still[name][at]).toBeCloseTo(value, 5));
  });

  it('gates that nobody trained are task arithmetic; T³ with λ = 1 is the expert of each task', async () => {
    const close = (name: string, one: readonly number[], other: readonly number[]): void =>
      one.forEach((value, at) => expect(Math.abs(value - other[at]), name).toBeLessThan(0.02));
    const flatOf = async (method: string, values: Parameters<TrialRunner['run']>[2]) =>
      numbers.parse([(await accuracies(method, values)) ?? []].flat(2));
    close('wemoe', await flatOf('wemoe', { steps: 1, rate: 1e-6 }), await flatOf('task-arithmetic', { lambda: 0.3 }));
    close('t3', await flatOf('t3', { rule: 'constant', highest: 1 }), await flatOf('own-experts', {}));
    // A net has 20·12 + 12 and 12·8 + 8 parameters and two heads of 8·5.
    const [first, second, heads] = [252, 104, 80];
    const gate = 12 * 12 + 12 + 12 * 2 + 2;
    const parameters = async (method: string, values: Parameters<TrialRunner['run']>[2]) =>
      (await trials.run('tiny', method, values)).cost.parameters;
    // The first layer is merged, the second is that of the start and of each expert.
    expect(await parameters('wemoe', { steps: 1, rate: 1e-6 })).toBe(first + 3 * second + heads + gate);
    expect(await parameters('t3', { rule: 'constant', expert: 1 })).toBe(2 * (first + second) + heads);
  });

  it('every coefficient at its start is task arithmetic with that λ', async () => {
    const merged = modelArrays(await trials.run('tiny', 'adamerging', { steps: 1, rate: 1e-6, start: 0.4 }));
    const same = modelArrays(await trials.run('tiny', 'task-arithmetic', { lambda: 0.4 }));
    for (const [name, values] of Object.entries(same))
      values.forEach((value, at) => expect(merged[name][at]).toBeCloseTo(value, 5));
  });
});
