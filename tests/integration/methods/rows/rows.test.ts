import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { loadSuites } from '../../../../src-main/suites/registry.ts';
import { withoutClock } from '../../../fixtures/curves.ts';
import { modelArrays, pausing, trialsWith } from '../../run-trials.ts';

/** Methods on one training set that map the network, freeze parts of it, or work between steps. */

const SUITE = 'iid-mlp-quick/optdigits';
const TRANSFER = 'transfer-quick/digits-generated-to-mnist';
const [methods, suites] = await Promise.all([loadMethods(), loadSuites()]);

let trials: Awaited<ReturnType<typeof trialsWith>>;
beforeAll(async () => {
  trials = await trialsWith(null);
}, 60_000);
afterAll(() => trials.close());

describe('interrupted = uninterrupted', () => {
  it.each([
    'train-snapshots',
    'train-averaged',
    'weight-ema',
    'gradual-pruning',
    'mc-dropout',
    'batch-ensemble',
    'mimo',
    'masksembles',
  ])(
    '%s: paused again and again and resumed, gives the same bits',
    async (method) => {
      const whole = await trials.run(SUITE, method, {}, 3);
      const interruptions = pausing((yields) => yields % 3 === 2);
      const again = await trials.run(SUITE, method, {}, 3, interruptions);
      expect(interruptions.pauses()).toBeGreaterThan(2);
      expect(again.artefacts).toEqual(whole.artefacts);
      expect(again.primitives.probabilities).toEqual(whole.primitives.probabilities);
      expect(withoutClock(again.primitives.curves)).toEqual(withoutClock(whole.primitives.curves));
      expect([again.cost.steps, again.cost.bytesStored]).toEqual([whole.cost.steps, whole.cost.bytesStored]);
    },
    120_000,
  );
});

describe('snapshots', () => {
  it('are networks of one training; the last is where it ended, and alone it answers as that does', async () => {
    const { artefacts, cost } = await trials.run(SUITE, 'train-snapshots', {}, 1);
    expect(Object.keys(artefacts).sort()).toEqual(['model', ...[1, 2, 3, 4, 5].map((k) => `snapshot/${k}`)]);
    const arrays = (name: string) => {
      const artefact = artefacts[name];
      return artefact.kind === 'model' ? artefact.arrays : {};
    };
    expect(arrays('snapshot/5')).toEqual(arrays('model'));
    expect(arrays('snapshot/4')).not.toEqual(arrays('model'));
    // Five networks are kept.
    expect(cost.bytesStored).toBe(5 * 3760 * 4);
    const last = await trials.run(SUITE, 'snapshot-ensemble', { used: 1 }, 1);
    const training = await trials.run(SUITE, 'train-snapshots', {}, 1);
    expect(last.metrics['nll.test']).toBeCloseTo(training.metrics['nll.test'], 5);
    const all = await trials.run(SUITE, 'snapshot-ensemble', {}, 1);
    expect(all.cost.parameters).toBe(5 * 3760);
  }, 60_000);
});

describe('averages of one training', () => {
  it('SWAG without spread is SWA, both of one training; the first average of an EMA is its network', async () => {
    const [swa, swag] = await Promise.all([
      trials.run(SUITE, 'swa', {}, 1),
      trials.run(SUITE, 'swag', { scale: 0, samples: 2 }, 1),
    ]);
    expect(swag.metrics['nll.test']).toBeCloseTo(swa.metrics['nll.test'], 5);
    const still = await trials.run(SUITE, 'weight-ema', { decay: 0 }, 1);
    expect(still.artefacts['average']).toMatchObject({ arrays: modelArrays(still) });
  }, 60_000);
});

describe('gradual pruning', () => {
  it('ends with so many zeros in every kernel, none in the biases, and counts what is left', async () => {
    const run = await trials.run(SUITE, 'gradual-pruning', { sparsity: 0.8 });
    const zeros = (name: string) => modelArrays(run)[name].filter((value) => value === 0).length;
    expect([zeros('dense0/kernel'), zeros('output/kernel')]).toEqual([0.8 * 64 * 50, 0.8 * 500]);
    expect(modelArrays(run)['dense0/mask'].filter((value) => value === 0)).toHaveLength(0.8 * 64 * 50);
    expect(run.metrics['parameters.non-zero']).toBe(3760 - 0.8 * 3700);
  }, 60_000);
});

describe('MC dropout', () => {
  it('draws the same answers for the same question, others by other samples', async () => {
    const [plain, one, many] = await Promise.all(
      [0, 1, 20].map((samples) => trials.run(SUITE, 'mc-dropout', { samples })),
    );
    expect(many.metrics['nll.test']).toBeLessThan(one.metrics['nll.test']);
    expect(many.cost.inferenceFlops).toBeGreaterThan(19 * (plain.cost.inferenceFlops ?? 0));
    expect(modelArrays(many)).toEqual(modelArrays(plain));
  }, 60_000);
});

describe('members inside one network', () => {
  const IMAGES = 'mnist-lenet-quick';

  it.each([
    ['packed-ensembles', SUITE, {}],
    ['packed-ensembles', IMAGES, {}],
    ['mimo', IMAGES, { repetitions: 1 }],
    ['masksembles', SUITE, {}],
  ])(
    '%s on %s: trains, and tells what its members say',
    async (method, suite, settings) => {
      const { metrics } = await trials.run(suite, method, settings);
      expect(metrics['acc.test']).toBeGreaterThan(0.7);
      // Only suites of images measure how far members are apart.
      expect('disagreement.test' in metrics).toBe(suite === IMAGES);
    },
    60_000,
  );
});

describe('last-layer Laplace', () => {
  it('with a huge prior precision is the network, with a chosen one not less likely on validation rows', async () => {
    const single = await trials.run(SUITE, 'single');
    const sure = await trials.run(SUITE, 'last-layer-laplace', { prior: 1e6 });
    expect(sure.metrics['nll.test']).toBeCloseTo(single.metrics['nll.test'], 3);
    expect(sure.metrics['acc.test']).toBe(single.metrics['acc.test']);
    for (const structure of ['full', 'diagonal', 'kronecker']) {
      const { metrics } = await trials.run(SUITE, 'last-layer-laplace', { structure });
      expect(metrics['nll.validation'], structure).toBeLessThan(single.metrics['nll.validation'] + 1e-3);
    }
  }, 60_000);
});

describe('a transfer', () => {
  it('begins with one trained network for every seed; LoRA moves its changes and the head alone', async () => {
    const start = modelArrays(await trials.run('iid-mlp-quick/digits-generated', 'train-network', {}, 0));
    const run = await trials.run(TRANSFER, 'lora', {}, 5);
    // Rank 4 beside 784 × 50, and the head.
    expect(run.metrics['parameters.trained']).toBe(4 * (784 + 50) + 50 * 10 + 10);
    const adapted = modelArrays(run);
    expect(adapted['dense0/kernel']).toEqual(start['dense0/kernel']);
    expect(adapted['dense0/bias']).toEqual(start['dense0/bias']);
    expect(adapted['output/kernel']).not.toEqual(start['output/kernel']);
    expect(adapted['dense0/up'].some((value) => value !== 0)).toBe(true);
    const probe = modelArrays(await trials.run(TRANSFER, 'linear-probe', {}, 5));
    expect(probe['dense0/kernel']).toEqual(start['dense0/kernel']);
    expect(probe['output/bias']).not.toEqual(start['output/bias']);
    const biases = modelArrays(await trials.run(TRANSFER, 'bitfit', {}, 5));
    expect(biases['dense0/kernel']).toEqual(start['dense0/kernel']);
    expect(biases['dense0/bias']).not.toEqual(start['dense0/bias']);
    expect(methods.get('lora').fits(suites.get(SUITE).facts)).toMatch(/was trained before; iid-mlp-quick\/optdigits/);
  }, 120_000);
});

describe('a uniform soup', () => {
  it('is the mean of networks that began as one, and is one network', async () => {
    const soup = await trials.run(SUITE, 'uniform-soup', { members: 2 }, 1);
    const members = await Promise.all(
      [0, 1].map(async (at) =>
        modelArrays(await trials.run(SUITE, 'fine-tuned-network', { share: [1, 0.3][at] }, 100 + at)),
      ),
    );
    const mean = Array.from(members[0]['dense0/kernel'], (value, i) => (value + members[1]['dense0/kernel'][i]) / 2);
    mean.forEach((value, i) => expect(modelArrays(soup)['dense0/kernel'][i]).toBeCloseTo(value, 5));
    expect(soup.cost.parameters).toBe(3760);
    const started = [...trials.finished.keys()].filter((key) => key.includes('"train-network",{},100'));
    expect(started).toHaveLength(1);
  }, 60_000);
});
