import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { memberSeed } from '../../../../src-main/methods/shared/member-seeds.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { twoShapes } from '../../../../src-main/suites/merging/shared/two-shapes.ts';
import { suiteRegistry } from '../../../../src-main/suites/registry.ts';
import { tinyDataset } from '../../engine/tiny-dataset.ts';
import { modelArrays, pausing, trialRunner, type TrialRunner } from '../../run-trials.ts';

/** Two nets of other depths, and of other widths. */
const tiny = twoShapes({
  id: 'tiny',
  title: 'Tiny',
  summary: '',
  scenario: 'independent depths',
  input: 20,
  shapes: [
    [14, 12],
    [16, 14, 10],
  ],
  tasks: [{ name: 'Blobs', dataset: 'blobs', train: [0, 400], validation: [400, 500], scored: [0, 200] }],
  epochs: 6,
  batchSize: 20,
  optimiser: { kind: 'adam', lr: 0.005 },
});
const blobs = tinyDataset(
  { id: 'blobs', title: 'Blobs', shape: [20], classes: Array.from('0123456789'), kind: 'table' },
  { train: 60, test: 40 },
);
const methods = await loadMethods();

let engine: Engine;
let trials: TrialRunner;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  trials = trialRunner({
    engine,
    methods,
    suites: suiteRegistry(() => ({ suites: new Map([[tiny.id, tiny]]), troubles: [] })),
    dataset: async () => blobs,
  });
}, 60_000);
afterAll(() => engine.dispose());

describe('nets of different depths', () => {
  it('become one of the deeper shape; training goes on from it, interrupted or not, to the same bits', async () => {
    const fused = modelArrays(await trials.run('tiny', 'clafusion'));
    const deeper = modelArrays(await trials.run('tiny', 'train-expert', { expert: 1 }));
    expect(Object.entries(fused).map(([name, { length }]) => [name, length])).toEqual(
      Object.entries(deeper).map(([name, { length }]) => [name, length]),
    );
    const values = { of: 'clafusion', epochs: 2 };
    const whole = await trials.run('tiny', 'fine-tuned-fusion', values);
    expect(whole.cost.examples).toBe(2 * 400);
    const interruptions = pausing((yields) => yields % 2 === 0);
    const paused = await trials.run('tiny', 'fine-tuned-fusion', values, 1, interruptions);
    expect(interruptions.pauses()).toBeGreaterThan(0);
    expect(modelArrays(paused)).toEqual(modelArrays(whole));
    expect(modelArrays(whole)['dense0/kernel']).not.toEqual(fused['dense0/kernel']);
    const parent = await trials.run('tiny', 'fine-tuned-fusion', { of: 'first', epochs: 1 });
    expect(Object.keys(modelArrays(parent))).toEqual(['dense0/kernel', 'dense1/kernel', 'output/kernel']);
  });

  it('are refused by OTFusion, with a sentence', () => {
    expect(methods.get('otfusion').fits(tiny.facts)).toMatch(/one depth; those of tiny have several/);
  });
});

describe('encoders of different shapes', () => {
  it('take the head of one another by cosines to the same anchors, which stay as they are', async () => {
    const values = { anchors: 60, epochs: 4 };
    const own = await trials.run('tiny', 'relative-representations', { ...values, encoder: 'own' });
    const stitched = await trials.run('tiny', 'relative-representations', values);
    // By chance it would be a tenth.
    for (const { metrics } of [own, stitched]) expect(metrics['acc.test']).toBeGreaterThan(0.35);
    const [head, other] = [modelArrays(own), modelArrays(stitched)];
    expect([head['anchors/kernel'].length, other['anchors/kernel'].length]).toEqual([12 * 60, 10 * 60]);
    expect(other['output/kernel']).toEqual(head['output/kernel']);
    const encoder = modelArrays(await trials.run('tiny', 'train-expert', { expert: 1 }, memberSeed(1, 1)));
    expect(other['dense2/kernel']).toEqual(encoder['dense2/kernel']);
    // Four epochs of training, and the anchors through both encoders.
    expect(stitched.cost.forwardPasses).toBe(4 * 400 + 2 * 60);
  });

  it('cannot do so by features of other widths', async () => {
    await expect(trials.run('tiny', 'relative-representations', { representation: 'absolute' })).rejects.toThrow(
      /12 and 10 features/,
    );
  });
});
