import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { anchorDistance } from '../../../../src-main/methods/continual/hal.ts';
import {
  annealed,
  attention,
  compensation,
  freeWeights,
  usedShare,
} from '../../../../src-main/methods/continual/hat.ts';
import { stepped } from '../../../../src-main/methods/continual/shared/interference.ts';
import { marginLoss, updatedLogits } from '../../../../src-main/methods/continual/x-der.ts';
import { section, tinyParameters } from '../../../fixtures/methods/known-steps.ts';
import {
  labels,
  recorded,
  rows,
  tinyLogits,
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
const known = z.looseObject({ theta: tinyParameters, x: matrix, y: vector }).parse(read('stream_methods.json'));
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
});
