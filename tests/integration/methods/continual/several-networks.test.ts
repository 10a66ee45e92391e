import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { auxiliaryTargets } from '../../../../src-main/methods/continual/shared/expanding.ts';
import { latentDivergence, reconstructionLoss } from '../../../../src-main/methods/continual/generative-replay.ts';
import { alignmentFactor } from '../../../../src-main/methods/continual/shared/weight-alignment.ts';
import { splitSuite, type SplitDefinition } from '../../../../src-main/suites/continual/shared/split-suite.ts';
import { measuredWithoutClock } from '../../../fixtures/curves.ts';
import { runKilled } from '../../killed.ts';
import { trialsWith, type TrialRun } from '../../run-trials.ts';

/** Methods with several networks: what is exact about them, and that a kill at any moment changes no bit. */

const HIDDEN = [6, 5] as const;
const common: SplitDefinition = {
  id: 'growing/task-il',
  version: 1,
  title: '',
  summary: '',
  scenario: 'task-il',
  dataset: 'optdigits',
  classes: 6,
  classesPerTask: 2,
  rowsPerClass: { train: 40, test: 20 },
  transform: { kind: 'none' },
  width: 64,
  inputShape: [64],
  network: (outputs) => mlp({ input: 64, hidden: HIDDEN, outputs, init: 'torch-default' }),
  epochs: 6,
  batchSize: 16,
  optimiser: { kind: 'adam', lr: 1e-2 },
};
const suites = [common, { ...common, id: 'growing/class-il', scenario: 'class-il' } as const].map(splitSuite);

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  // As workers open it for dense networks.
  trials = await trialsWith(null, { suites, convolutional: false });
}, 60_000);
afterAll(() => trials.close());

const told = ({ cost }: TrialRun) => ({ ...cost, seconds: 0, peakMemoryBytes: 0, workers: 0 });
async function survives(suite: string, method: string, values = {}): Promise<void> {
  const whole = await trials.run(suite, method, values);
  const { run, kills } = await runKilled(trials, [suite, method, values], 0.12);
  expect(kills).toBeGreaterThan(2);
  expect(measuredWithoutClock(run.primitives)).toEqual(measuredWithoutClock(whole.primitives));
  expect(told(run)).toEqual(told(whole));
}

describe('progressive neural networks', () => {
  it('forget nothing, to the bit, and are counted with all columns and adapters', async () => {
    const { primitives, cost } = await trials.run('growing/task-il', 'pnn');
    const rows = primitives.matrices['accuracy'];
    for (let stage = 1; stage < 3; stage += 1)
      for (let task = 0; task < stage; task += 1) expect(rows[stage][task]).toBe(rows[stage - 1][task]);
    expect(Math.min(...rows[2])).toBeGreaterThan(0.6);
    const [a, b] = HIDDEN;
    const column = 64 * a + a + a * b + b + b * 2 + 2;
    const adapters = (columns: number): number =>
      columns * a + columns * a * a + a + a * b + (columns * b + columns * b * b + b + b * 2);
    expect(cost.parameters).toBe(3 * column + adapters(1) + adapters(2));
    expect(cost.bytesStored).toBe(0);
  }, 60_000);

  it(
    'killed at random moments have the bits of an uninterrupted run',
    () => survives('growing/task-il', 'pnn'),
    120_000,
  );
});

describe('dynamically expandable representations', () => {
  it('with one task are plain training', async () => {
    const [grown, plain] = await Promise.all([
      trials.run('growing/class-il', 'der-expandable', { memory: 30 }),
      trials.run('growing/class-il', 'naive'),
    ]);
    expect(grown.primitives.matrices['accuracy'][0]).toEqual(plain.primitives.matrices['accuracy'][0]);
    const [a, b] = HIDDEN;
    // The head has a row for each feature of each extractor; auxiliary heads do not answer.
    expect(grown.cost.parameters).toBe(3 * (64 * a + a + a * b + b) + 3 * b * 6 + 6);
  }, 60_000);

  it(
    'killed at random moments have the bits of an uninterrupted run',
    () => survives('growing/class-il', 'der-expandable', { memory: 30 }),
    120_000,
  );

  it('give the auxiliary targets that the reference gives', () => {
    const fixtures = z
      .record(z.string(), z.unknown())
      .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../../fixtures/methods/expandable.json'), 'utf8')));
    const known = z
      .object({ labels: z.array(z.number()), auxiliary: z.array(z.number()) })
      .parse(fixtures['auxiliary targets, classes 3, 4 new']);
    const found = auxiliaryTargets(tf.tensor1d(known.labels, 'int32'), [3, 4]).dataSync();
    expect([...found]).toEqual(known.auxiliary);
  });

  it('scale the weights of new classes to the mean length of the others', () => {
    // Columns (3, 4), (0, 5) are old, (0, 10) and (6, 8) new: 5 over 10.
    expect(alignmentFactor([3, 0, 0, 6, 4, 5, 10, 8], 4, [0, 1], [2, 3])).toBeCloseTo(0.5, 12);
  });
});

describe('deep generative replay', () => {
  it(
    'killed at random moments has the bits of an uninterrupted run',
    () => survives('growing/class-il', 'generative-replay', { latent: 4 }),
    120_000,
  );

  it('counts generator and former networks as stored, and the classifier alone as what answers', async () => {
    const { cost } = await trials.run('growing/class-il', 'generative-replay', { latent: 4 });
    const size = (widths: readonly number[]): number =>
      widths.reduce((sum, out, i) => (i === 0 ? 0 : sum + widths[i - 1] * out + out), 0);
    const [a, b] = HIDDEN;
    const [classifier, encoder, decoder] = [
      [64, a, b, 6],
      [64, a, b, 8],
      [4, b, a, 64],
    ].map(size);
    expect(cost.parameters).toBe(classifier);
    expect(cost.bytesStored).toBe(4 * (classifier + encoder + 2 * decoder));
  }, 60_000);

  it('its losses are those of their definitions', () => {
    const sigma = (l: number): number => 1 / (1 + Math.exp(-l));
    const [logits, pixels] = [
      [-3, 0.5, 2, 9],
      [0, 0.25, 1, 0.5],
    ];
    const each = logits.map((l, i) => -pixels[i] * Math.log(sigma(l)) - (1 - pixels[i]) * Math.log(1 - sigma(l)));
    const found = reconstructionLoss(tf.tensor2d([logits]), tf.tensor2d([pixels])).dataSync()[0];
    expect(found).toBeCloseTo(each.reduce((sum, value) => sum + value, 0) / 4, 5);
    // The divergence as an integral of p ln(p / q), by sums over a fine grid.
    const density = (x: number, mean: number, deviation: number): number =>
      Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));
    const divergence = (mean: number, deviation: number): number => {
      let sum = 0;
      for (let x = -14; x < 14; x += 0.001) {
        const p = density(x, mean, deviation);
        if (p > 1e-300) sum += 0.001 * p * Math.log(p / density(x, 0, 1));
      }
      return sum;
    };
    const latent = latentDivergence(tf.tensor2d([[0.7, -1]]), tf.tensor2d([[Math.log(0.25), Math.log(2)]])).dataSync();
    expect(latent[0]).toBeCloseTo(divergence(0.7, 0.5) + divergence(-1, Math.SQRT2), 4);
  });
});
