import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { crossEntropyPerExample, softmaxCrossEntropy, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { tf, type Tensor } from '../../../../src-main/engine/tf.ts';
import type { Engine, Tensors } from '../../../../src-main/engine/types.ts';
import { centreDistance, movedCentres } from '../../../../src-main/methods/continual/center-loss.ts';
import { kroneckerGradient } from '../../../../src-main/methods/continual/ewc-kfac.ts';
import { gssPlace, gssScore } from '../../../../src-main/methods/continual/gss.ts';
import { anchorDistance } from '../../../../src-main/methods/continual/hal.ts';
import {
  annealed,
  attention,
  compensation,
  freeWeights,
  usedShare,
} from '../../../../src-main/methods/continual/hat.ts';
import { reptile } from '../../../../src-main/methods/continual/mer.ts';
import { gradientProducts, groupCosines } from '../../../../src-main/methods/continual/shared/gradient-products.ts';
import { stepped } from '../../../../src-main/methods/continual/shared/interference.ts';
import { factorSums } from '../../../../src-main/methods/continual/shared/kronecker.ts';
import { marginLoss, updatedLogits } from '../../../../src-main/methods/continual/x-der.ts';
import { section, tinyParameters } from '../../../fixtures/methods/known-steps.ts';
import {
  labels,
  recorded,
  rows,
  tinyLogits,
  tinyNetwork,
  tinyTensors,
  worst,
  worstOf,
} from '../../../fixtures/methods/tiny-network.ts';

/** Replay with anchors, up-to-date logits and attention, against numbers made elsewhere: relative tolerance 1e-4. */

const TOLERANCE = 1e-4;
const vector = z.array(z.number());
const matrix = z.array(vector);
const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../../fixtures/methods/${name}`, import.meta.url), 'utf8'));
const examples = z.object({ x: matrix, y: vector });
const known = z
  .looseObject({ theta: tinyParameters, x: matrix, y: vector, buffer: examples })
  .parse(read('stream_methods.json'));
const more = z.looseObject({}).parse(read('replay_methods.json'));

describe.each(['tensorflow-cpu', 'wasm'] as const)('on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend);
  });
  afterAll(() => engine.dispose());

  it('the answers of anchors after a tried step, and the gradient of the step that follows', async () => {
    const hal = section(
      'HAL',
      z.looseObject({ anchors: matrix, 'gradient of the second step': tinyParameters }),
      known,
    );
    const after = section('anchor logits', matrix, hal);
    const found = await recorded<string>(engine, () => {
      const at = tinyTensors(known.theta);
      const plain = valueAndGradients(
        (parameters) => softmaxCrossEntropy(tinyLogits(parameters, rows(known.x)), labels(known.y)),
        at,
      );
      const tried = tinyLogits(stepped(at, plain.gradients, 0.1), rows(hal.anchors));
      const held = valueAndGradients((parameters) => {
        const distance = anchorDistance(tried, tinyLogits(parameters, rows(hal.anchors)), tf.ones([2]));
        const loss = softmaxCrossEntropy(tinyLogits(parameters, rows(known.x)), labels(known.y));
        return tf.add(loss, tf.mul(distance, 0.1)).asScalar();
      }, at);
      return { tried, ...held.gradients };
    });
    expect(worstOf(found.tried, after.flat())).toBeLessThan(TOLERANCE);
    expect(worst(found, hal['gradient of the second step'])).toBeLessThan(TOLERANCE);
  });

  it('attention: masks, what they free, and the gradient of embeddings', async () => {
    const hat = section('HAT', z.looseObject({ embedding: vector }), more);
    const of = <T extends z.ZodType>(start: string, schema: T): z.infer<T> => section(start, schema, hat);
    const before = of('previous', vector);
    const found = await recorded(engine, () => {
      const embedding = tf.tensor1d(hat.embedding);
      const mask = attention(embedding, 10);
      const earlier = tf.tensor1d(before);
      return {
        mask,
        used: usedShare([mask], [earlier]),
        factor: compensation(embedding, tf.scalar(10), 400),
        free: freeWeights(earlier, earlier),
        first: freeWeights(null, earlier),
      };
    });
    expect(worstOf(found.mask, of('mask', vector))).toBeLessThan(TOLERANCE);
    expect(found.used[0]).toBeCloseTo(of('regulariser', z.number()), 4);
    expect(worstOf(found.factor, of('gradient compensation', vector))).toBeLessThan(TOLERANCE);
    expect(worstOf(found.free, of('weight gradient', matrix).flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(found.first, [1, 1, 1, 0, 1])).toBeLessThan(TOLERANCE);
    expect(
      worstOf(
        [0, 1, 2, 3, 4].map((b) => annealed(400, b, 5)),
        of('s in batch', vector),
      ),
    ).toBeLessThan(TOLERANCE);
  });

  it('logits that are brought up to date, by hand', async () => {
    const found = await recorded(engine, () => ({
      // Of the second example a later class is above the stored logit of its label: 3 · (.85 · 2 / 4).
      logits: updatedLogits(
        rows([
          [5, 1, 9, 9],
          [1, 2, 9, 9],
        ]),
        rows([
          [0, 0, 3, -1],
          [0, 0, 3, 4],
        ]),
        labels([0, 1]),
        tf.tensor1d([0, 0, 1, 1]),
        0.85,
      ),
      // .1 + .3 − .2 of one example, nothing of the other
      margin: marginLoss(rows([[0.1], [0.1]]), rows([[0.2], [0.9]]), 0.3),
    }));
    expect(worstOf(found.logits, [5, 1, 3, -1, 1, 2, 1.275, 1.7])).toBeLessThan(TOLERANCE);
    expect(found.margin[0]).toBeCloseTo(0.2, 5);
  });

  it('a lot of three single steps, and what is kept of them', async () => {
    const found = await recorded(engine, () => {
      const start = tinyTensors(known.theta);
      const lot = [
        [known.x[0], known.y[0]] as const,
        ...[0, 1].map((i) => [known.buffer.x[i], known.buffer.y[i]] as const),
      ];
      let at: Tensors = start;
      for (const [x, y] of lot)
        at = stepped(
          at,
          valueAndGradients((tensors) => softmaxCrossEntropy(tinyLogits(tensors, rows([x])), labels([y])), at)
            .gradients,
          0.1,
        );
      const kept = (end: Tensors, rate: number): Tensors =>
        Object.fromEntries(Object.entries(end).map(([name, value]) => [name, reptile(start[name], value, rate)]));
      return kept(kept(at, 0.3), 0.5);
    });
    expect(worst(found, section('MER', tinyParameters, known))).toBeLessThan(TOLERANCE);
  });

  it('inner products and cosines of gradients, as example by example', async () => {
    const [own, groups] = [2, 3];
    const found = await recorded(engine, () => {
      const params = tinyTensors(known.theta);
      const products = gradientProducts(tinyNetwork, params, rows(known.x), (logits) =>
        tf.sum(crossEntropyPerExample(logits, labels(known.y))).asScalar(),
      );
      const each = known.x.map((x, i) => {
        const { gradients } = valueAndGradients(
          (tensors) => softmaxCrossEntropy(tinyLogits(tensors, rows([x])), labels([known.y[i]])),
          params,
        );
        return tf.concat(Object.values(gradients).map((gradient) => gradient.flatten()));
      });
      const single = tf.stack(each).as2D(known.x.length, -1);
      const means = [0, 1, 2].map((group) => tf.mean(tf.slice(single, [own + 2 * group, 0], [2, -1]), 0));
      const unit = (rowsOf: typeof single) => tf.div(rowsOf, tf.norm(rowsOf, 2, 1, true)).as2D(rowsOf.shape[0], -1);
      return {
        products,
        expected: tf.matMul(single, single, false, true),
        cosines: groupCosines(products, own, groups),
        expectedCosines: tf.matMul(
          unit(tf.slice(single, [0, 0], [own, -1])),
          unit(tf.stack(means).as2D(groups, -1)),
          false,
          true,
        ),
      };
    });
    expect(worstOf(found.products, found.expected)).toBeLessThan(TOLERANCE);
    expect(worstOf(found.cosines, found.expectedCosines)).toBeLessThan(TOLERANCE);
  });

  it('Kronecker factors: of one example their product is that of its gradient', async () => {
    const found = await recorded(engine, () => {
      const params = tinyTensors(known.theta);
      const [x, y] = [rows(known.x.slice(0, 1)), labels(known.y.slice(0, 1))];
      const factors = factorSums(tinyNetwork, params, { x, y }, (logits) => logits, 'given')['dense0'];
      const { gradients } = valueAndGradients((tensors) => softmaxCrossEntropy(tinyLogits(tensors, x), y), params);
      const kernel = tf.concat([gradients['dense0/kernel'], tf.expandDims(gradients['dense0/bias'], 0)], 0);
      const diagonal = (matrix: Tensor): Tensor => tf.sum(tf.mul(matrix, tf.eye(matrix.shape[0])), 1);
      return {
        diagonal: tf.outerProduct(diagonal(factors.inputs).as1D(), diagonal(factors.outputs).as1D()),
        squares: tf.square(kernel),
        // A Δ G with Δ = the gradient g is ‖g‖² g.
        turned: kroneckerGradient(factors.inputs, kernel, factors.outputs),
        scaled: tf.mul(kernel, tf.sum(tf.square(kernel))),
      };
    });
    expect(worstOf(found.diagonal, found.squares)).toBeLessThan(TOLERANCE);
    expect(worstOf(found.turned, found.scaled)).toBeLessThan(TOLERANCE);
  });

  it('distances to centres and how these move, by hand', async () => {
    const features = [
      [1, 0],
      [3, 0],
      [0, 2],
    ];
    const found = await recorded(engine, () => {
      const centres = tf.zeros([3, 2]);
      const y = labels([0, 0, 2]);
      const { value, gradients } = valueAndGradients(({ f }) => centreDistance(f, centres, y), { f: rows(features) });
      return { value, gradient: gradients.f, moved: movedCentres(centres, rows(features), y, 0.5) };
    });
    // (1 + 9 + 4) / 2 / 3, its gradient (f − c) / 3, and centres by .5 · (1 + 3) / 3 and .5 · 2 / 2
    expect(found.value[0]).toBeCloseTo(7 / 3, 5);
    expect(worstOf(found.gradient, [1 / 3, 0, 1, 0, 0, 2 / 3])).toBeLessThan(TOLERANCE);
    expect(worstOf(found.moved, [2 / 3, 0, 0, 0, 0, 0.5])).toBeLessThan(TOLERANCE);
  });
});

describe('which stored example goes', () => {
  it('none for what looks like the memory, those of high scores more often', () => {
    expect(gssScore([])).toBe(0.1);
    expect(gssScore([-0.5, -0.25])).toBe(0.75);
    expect(gssPlace([1, 1], 1.2, stream(0, 'a'))).toBe(-1);
    const draws = stream(0, 'choices');
    const counts = [0, 0, 0];
    for (let i = 0; i < 6000; i++) counts[gssPlace([1.5, 0.5], 0.5, draws) + 1] += 1;
    // Drawn with 3/4 and 1/4, replaced with 3/4 and 1/2.
    expect(counts[1] / 6000).toBeCloseTo(9 / 16, 1);
    expect(counts[2] / 6000).toBeCloseTo(1 / 8, 1);
  });
});
