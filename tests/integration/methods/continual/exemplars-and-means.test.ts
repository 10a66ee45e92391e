import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openDatasetStore } from '../../../../src-main/datasets/store.ts';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients, valueAndSomeGradients } from '../../../../src-main/engine/losses.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { tf, type Scalar, type Tensor } from '../../../../src-main/engine/tf.ts';
import type { Engine, Tensors } from '../../../../src-main/engine/types.ts';
import { movedPrototypes, proxyLoss } from '../../../../src-main/methods/continual/cope.ts';
import { headwiseDistillation } from '../../../../src-main/methods/continual/eeil.ts';
import { balancedDistillation, effectiveWeights } from '../../../../src-main/methods/continual/foster.ts';
import {
  bernoulliLogLikelihood,
  latentLogRatio,
} from '../../../../src-main/methods/continual/generative-classifier.ts';
import { meanScore, rectified, softmaxRows } from '../../../../src-main/methods/continual/il2m.ts';
import { lessForget, marginRanking } from '../../../../src-main/methods/continual/lucir.ts';
import { reptile } from '../../../../src-main/methods/continual/gradient-aligned-replay.ts';
import { localSimilarity, marginProxyLoss, pooledDistance } from '../../../../src-main/methods/continual/podnet.ts';
import { warmedRate } from '../../../../src-main/methods/continual/re-warming.ts';
import { columnVariances, recallLoss } from '../../../../src-main/methods/continual/recall.ts';
import { featureDistance } from '../../../../src-main/methods/continual/rehearsal-free.ts';
import { biasCorrection } from '../../../../src-main/methods/continual/shared/bias-correction.ts';
import { consolidated } from '../../../../src-main/methods/continual/shared/consolidated-head.ts';
import { supervisedContrast } from '../../../../src-main/methods/continual/shared/contrastive.ts';
import { cosines, imprinted } from '../../../../src-main/methods/continual/shared/cosine-head.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import { splitSuite } from '../../../../src-main/suites/continual/shared/split-suite.ts';
import { suiteRegistry } from '../../../../src-main/suites/registry.ts';
import { flat, section, tinyParameters } from '../../../fixtures/methods/known-steps.ts';
import {
  labels,
  recorded,
  rows,
  sum,
  tinyNetwork,
  tinyTensors,
  worstOf,
} from '../../../fixtures/methods/tiny-network.ts';
import { expectSameAfterPauses } from '../../promises.ts';
import { trialRunner, type TrialRunner } from '../../run-trials.ts';

/** Methods with a memory of exemplars, or with prototypes: their pieces against numbers made elsewhere, and trials. */

const TOLERANCE = 1e-5;
const numbers = z.array(z.number());
const matrix = z.array(numbers);
const known = z
  .record(z.string(), z.unknown())
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/methods/memory_methods.json', import.meta.url), 'utf8')));
const part = <T extends z.ZodType>(start: string, schema: T): z.infer<T> => section(start, schema, known);
const measured = z.object({ value: z.number(), gradient: matrix });

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu', { convolutional: false });
});
afterAll(() => engine.dispose());

/** Value and gradient of a loss of these features. */
const differentiated = (features: readonly (readonly number[])[], loss: (x: Tensor) => Scalar) =>
  recorded(engine, () => {
    const { value, gradients } = valueAndGradients(({ x }) => loss(x), { x: rows(features) });
    return { value, gradient: gradients['x'] };
  });

describe('against known answers', () => {
  it('BiC: the optimum of the second stage', () => {
    const data = part('BiC', z.looseObject({ logits: matrix, labels: numbers, alpha: z.number(), beta: z.number() }));
    const found = biasCorrection(
      { logits: data.logits.flat(), labels: data.labels, outputs: 5, seen: [0, 1, 2, 3, 4], fresh: [3, 4] },
      0,
    );
    expect(found.alpha).toBeCloseTo(data.alpha, 6);
    expect(found.beta).toBeCloseTo(data.beta, 6);
  });

  it('BiC: examples that are told apart have an answer with a ridge', () => {
    const { alpha, beta } = biasCorrection(
      { logits: [3, 0, 0, 3], labels: [0, 1], outputs: 2, seen: [0, 1], fresh: [1] },
      1e-3,
    );
    expect(Number.isFinite(alpha + beta)).toBe(true);
    expect(alpha).toBeGreaterThan(1);
    expect(alpha).toBeLessThan(100);
  });

  it('LUCIR: cosines, less forgetting and the margin, with their gradient', async () => {
    const data = part(
      'LUCIR',
      z.looseObject({
        features: matrix,
        old_features: matrix,
        W: matrix,
        labels: numbers,
        cross_entropy: z.number(),
        less_forget: z.number(),
        margin: z.number(),
        sum: measured,
      }),
    );
    const given = { old: [0, 1, 2], fresh: [3, 4], margin: 0.5, hardest: 2 };
    const losses = (x: Tensor): readonly Tensor[] => {
      const similarity = cosines(x, rows(data.W));
      const y = labels(data.labels);
      return [
        softmaxCrossEntropy(tf.mul(similarity, 2), y),
        tf.mul(lessForget(x, rows(data.old_features)), 5),
        marginRanking(similarity, y, given),
      ];
    };
    const each = await recorded(engine, () => ({ each: tf.stack([...losses(rows(data.features))]) }));
    expect(worstOf(each.each, [data.cross_entropy, data.less_forget, data.margin])).toBeLessThan(TOLERANCE);
    const { value, gradient } = await differentiated(data.features, (x) => tf.addN([...losses(x)]).asScalar());
    expect(value[0]).toBeCloseTo(data.sum.value, 4);
    expect(worstOf(gradient, data.sum.gradient.flat())).toBeLessThan(1e-4);
  });

  it('LUCIR: new weights are as long as the old ones in the mean', () => {
    // Columns of length 5, 1 and 0; the third is to point to (0, 2).
    const next = imprinted([3, 1, 0, 4, 0, 0], 3, [0, 1], new Map([[2, [0, 2]]]));
    expect([...next]).toEqual([3, 1, 0, 4, 0, 3]);
  });

  it('EEIL: the distillation of a head', async () => {
    const data = part('EEIL', z.looseObject({ logits: matrix, teacher: matrix }));
    const expected = section('one old head', z.number(), data);
    const { value } = await recorded(engine, () => ({
      value: headwiseDistillation(rows(data.teacher), rows(data.logits), 2, [[0, 1]]),
    }));
    expect(value[0]).toBeCloseTo(expected, 5);
  });

  it('FOSTER: weights of classes and balanced distillation', async () => {
    const data = part('FOSTER', z.looseObject({ counts: numbers }));
    for (const beta of [0.94, 0.97])
      expect(worstOf(effectiveWeights(data.counts, beta), section(`beta ${beta}`, numbers, data))).toBeLessThan(1e-8);
    const soft = part(
      'balanced distillation',
      z.object({
        student: matrix,
        teacher: matrix,
        weights: numbers,
        seen: numbers,
        temperature: z.number(),
        value: z.number(),
      }),
    );
    const { value } = await recorded(engine, () => ({
      value: balancedDistillation(
        rows(soft.student),
        rows(soft.teacher),
        tf.tensor1d(soft.weights),
        soft.temperature,
        tf.tensor1d(soft.seen),
      ),
    }));
    expect(value[0]).toBeCloseTo(soft.value, 5);
  });

  it('supervised contrast, with its gradient; who is not present changes nothing', async () => {
    const data = part('SupCon', z.looseObject({ features: matrix, labels: numbers, ...measured.shape }));
    const found = await differentiated(data.features, (x) => supervisedContrast(x, labels(data.labels), 0.07));
    expect(worstOf(found.value, [data.value])).toBeLessThan(TOLERANCE);
    expect(worstOf(found.gradient, data.gradient.flat())).toBeLessThan(1e-4);
    const absent = await recorded(engine, () => ({
      value: supervisedContrast(
        rows([...data.features, data.features[1]]),
        labels([...data.labels, 0]),
        0.07,
        tf.tensor1d([1, 1, 1, 1, 1, 1, 0]),
      ),
    }));
    expect(worstOf(absent.value, [data.value])).toBeLessThan(TOLERANCE);
  });

  it('CoPE: the proxy loss with its gradient, and how prototypes move', async () => {
    const data = part(
      'CoPE',
      z.object({
        embeddings: matrix,
        labels: numbers,
        prototypes: matrix,
        temperature: z.number(),
        alpha: z.number(),
        moved: matrix,
        ...measured.shape,
      }),
    );
    const found = await differentiated(data.embeddings, (x) =>
      proxyLoss(x, labels(data.labels), rows(data.prototypes), data.temperature, tf.ones([data.labels.length])),
    );
    expect(worstOf(found.value, [data.value])).toBeLessThan(TOLERANCE);
    expect(worstOf(found.gradient, data.gradient.flat())).toBeLessThan(1e-4);
    const { moved } = await recorded(engine, () => ({
      moved: movedPrototypes(
        rows(data.prototypes),
        rows(data.embeddings),
        tf.cast(tf.oneHot(labels(data.labels), 4), 'float32'),
        data.alpha,
      ),
    }));
    expect(worstOf(moved, data.moved.flat())).toBeLessThan(TOLERANCE);
  });

  it('IL2M: rectified where a new class is the answer', async () => {
    const data = part('IL2M', z.object({ probabilities: matrix, factors: numbers, new: numbers, rectified: matrix }));
    const found = await recorded(engine, () => ({
      scores: rectified(rows(data.probabilities), tf.tensor1d(data.factors), tf.tensor1d(data.new)),
    }));
    expect(worstOf(found.scores, data.rectified.flat())).toBeLessThan(TOLERANCE);
    // Of ln 1, ln 3, and an output that takes no part: ¼ and ¾.
    const shares = softmaxRows([0, Math.log(3), 50, Math.log(3), 0, 50], 3, [0, 1]);
    expect(worstOf(shares, [0.25, 0.75, 0, 0.75, 0.25, 0])).toBeLessThan(1e-12);
    expect(meanScore(shares, 3, 0)).toBeCloseTo(0.5, 12);
    expect(meanScore(shares, 3, null)).toBeCloseTo(0.75, 12);
  });

  it('CWR*: consolidated weights of new classes and of one seen before', () => {
    const data = part(
      'CWR*',
      z.object({ kept: matrix, trained: matrix, past: numbers, now: numbers, consolidated: matrix }),
    );
    const found = consolidated(flat(data.kept), flat(data.trained), data.past, data.now);
    expect(worstOf(found, data.consolidated.flat())).toBeLessThan(1e-6);
  });

  it('PODNet: pooled maps, proxies and their margin', async () => {
    const data = part(
      'PODNet',
      z.object({
        now: matrix,
        before: matrix,
        pooled: z.number(),
        similarity: matrix,
        local: matrix,
        labels: numbers,
        eta: z.number(),
        margin: z.number(),
        active: numbers,
        loss: z.number(),
        shape: numbers,
      }),
    );
    const maps = (values: readonly (readonly number[])[]): Tensor => tf.reshape(rows(values), data.shape);
    const found = await recorded(engine, () => {
      const local = localSimilarity(rows(data.similarity), 2);
      return {
        pooled: pooledDistance(maps(data.now), maps(data.before)),
        local,
        loss: marginProxyLoss(local, labels(data.labels), tf.scalar(data.eta), data.margin, tf.tensor1d(data.active)),
      };
    });
    expect(worstOf(found.pooled, [data.pooled])).toBeLessThan(TOLERANCE);
    expect(worstOf(found.local, data.local.flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(found.loss, [data.loss])).toBeLessThan(TOLERANCE);
  });

  it('RECALL: regression to recalled logits, divided by variances once and twice', async () => {
    const data = part('RECALL', z.looseObject({ variance: numbers, mse: z.number(), scaled: z.number() }));
    const [now, before] = [part('logits_theta_plus_delta', matrix), part('logits_theta', matrix)];
    const old = [1, 1, 0, 0];
    const scales = [0, 0.5, 1].map((power) => [...data.variance.map((variance) => variance ** power), 1, 1]);
    const found = await recorded(engine, () => ({
      each: tf.stack(scales.map((scale) => recallLoss(rows(now), rows(before), tf.tensor1d(old), tf.tensor1d(scale)))),
    }));
    const twice = section('difference divided by the variance', z.number(), data);
    expect(worstOf(found.each, [data.mse, data.scaled, twice])).toBeLessThan(TOLERANCE);
    expect([...columnVariances([1, 2, 3, 2, 5, 2], 2)]).toEqual([expect.closeTo(8 / 3, 9), 0]);
  });

  it('rehearsal-free study: the distance of features, with its gradient', async () => {
    const data = part('Rehearsal-free study', z.looseObject({ feature: z.looseObject({ value: z.number() }) }));
    const expected = section('gradient', tinyParameters, data.feature);
    const [theta, x] = [part('theta', tinyParameters), part('x', matrix)];
    const moved = sum(theta, part('delta', tinyParameters));
    const featuresOf = (params: Tensors): Tensor =>
      tinyNetwork.apply({ params, state: {} }, rows(x), { mode: 'train' }).features;
    const { value, kernel, bias } = await recorded(engine, () => {
      const before = featuresOf(tinyTensors(theta));
      const found = valueAndSomeGradients((params) => featureDistance(featuresOf(params), before), tinyTensors(moved));
      return { value: found.value, kernel: found.gradients['dense0/kernel'], bias: found.gradients['dense0/bias'] };
    });
    expect(value[0]).toBeCloseTo(data.feature.value, 5);
    expect(worstOf(kernel, expected.W1.flat())).toBeLessThan(1e-4);
    expect(worstOf(bias, expected.b1)).toBeLessThan(1e-4);
  });

  it('replay with gradient alignment: a step of Reptile', async () => {
    const [theta, expected] = [part('theta', tinyParameters), part('Replay with gradient alignment', tinyParameters)];
    const moved = sum(theta, part('delta', tinyParameters));
    const { after } = await recorded(engine, () => ({ after: reptile(rows(theta.W1), rows(moved.W1), 0.3) }));
    expect(worstOf(after, expected.W1.flat())).toBeLessThan(TOLERANCE);
  });

  it('re-warming: the rate at known steps', () => {
    const data = part('Re-warming schedule', z.record(z.string(), z.number()));
    for (const [step, rate] of Object.entries(data))
      expect(warmedRate(Number(step), 100, { warmUp: 10, most: 3e-4, least: 3e-5 })).toBeCloseTo(rate, 12);
  });

  it('generative classifier: likelihoods', async () => {
    const data = part(
      'generative classifier',
      z.looseObject({ logits: matrix, pixels: matrix, z: matrix, mean: matrix, logVariance: matrix, ratio: numbers }),
    );
    const found = await recorded(engine, () => ({
      likelihood: bernoulliLogLikelihood(rows(data.logits), rows(data.pixels)),
      ratio: latentLogRatio(rows(data.z), rows(data.mean), rows(data.logVariance)),
    }));
    expect(worstOf(found.likelihood, section('log likelihood', numbers, data))).toBeLessThan(TOLERANCE);
    expect(worstOf(found.ratio, data.ratio)).toBeLessThan(TOLERANCE);
  });
});

describe('in a trial', () => {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-exemplars-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const suite = splitSuite({
    id: 'small/class-il',
    version: 1,
    title: '',
    summary: '',
    scenario: 'class-il',
    dataset: 'optdigits',
    classes: 6,
    classesPerTask: 2,
    rowsPerClass: { train: 40, test: 20 },
    transform: { kind: 'none' },
    width: 64,
    inputShape: [64],
    network: (outputs) => mlp({ input: 64, hidden: [6, 5], outputs, init: 'torch-default' }),
    epochs: 3,
    batchSize: 16,
    optimiser: { kind: 'adam', lr: 1e-2 },
  });
  let trials: TrialRunner;
  beforeAll(async () => {
    const store = openDatasetStore({ dataFolder: folder });
    trials = trialRunner({
      engine,
      methods: await loadMethods(),
      suites: suiteRegistry(() => ({ suites: new Map([[suite.id, suite]]), troubles: [] })),
      dataset: (_suite, id) => store.open(id),
    });
  });
  const accuracy = async (method: string, values = {}): Promise<readonly (readonly number[])[]> =>
    (await trials.run(suite.id, method, { memory: 30, ...values })).primitives.matrices['accuracy'];

  it.each(['wa', 'bic', 'eeil', 'foster'])(
    '%s learns the first task as plain training does',
    async (method) => {
      const [plain] = (await trials.run(suite.id, 'naive')).primitives.matrices['accuracy'];
      const [own] = await accuracy(method);
      expect(own).toEqual(plain);
    },
    60_000,
  );

  it.each([
    ['bic', { memory: 30 }],
    ['foster', { memory: 30, answer: 'boosted' }],
    ['cope', { memory: 30 }],
    ['ar1', {}],
  ] as const)(
    '%s goes on after a pause to the bit',
    async (method, values) => {
      await expectSameAfterPauses(trials, [suite.id, method, values], [3, 5, 8]);
    },
    60_000,
  );
});
