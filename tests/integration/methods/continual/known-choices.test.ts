import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { crossEntropyPerExample, softmaxCrossEntropy, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { tf, type Tensor } from '../../../../src-main/engine/tf.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { icarlLoss, prototypeScores } from '../../../../src-main/methods/continual/icarl.ts';
import { largest, selected, stepped } from '../../../../src-main/methods/continual/shared/interference.ts';
import { herding, meanRow, prototype, unitRows } from '../../../../src-main/methods/continual/shared/nearest-mean.ts';
import { projectorWithout } from '../../../../src-main/methods/continual/shared/projector.ts';
import { claimed } from '../../../../src-main/methods/continual/shared/pruning.ts';
import { flat, section, tinyParameters } from '../../../fixtures/methods/known-steps.ts';
import {
  labels,
  recorded,
  rows,
  sum,
  tinyLogits,
  tinyTensors,
  worst,
  worstOf,
} from '../../../fixtures/methods/tiny-network.ts';

/** What stream methods choose and project, against numbers made elsewhere, in float32: relative tolerance 1e-4. */

const TOLERANCE = 1e-4;
const matrix = z.array(z.array(z.number()));
const known = z
  .looseObject({
    theta: tinyParameters,
    delta: tinyParameters,
    x: matrix,
    y: z.array(z.number()),
    buffer: z.object({ x: matrix, y: z.array(z.number()) }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/methods/stream_choices.json', import.meta.url), 'utf8')));
const { theta, delta, x, y, buffer } = known;
const part = <T extends z.ZodType>(start: string, schema: T): z.infer<T> => section(start, schema, known);

describe('herding and nearest means', () => {
  it('chooses in the known order, of features as they are and of unit length', () => {
    const { features, ...orders } = part('herding', z.looseObject({ features: matrix }));
    const given = { values: features.flat(), width: 4 };
    const expected = z.record(z.string(), z.unknown()).parse(orders);
    const order = (start: string): unknown => section(start, z.array(z.number()), expected);
    expect([...herding(given, 6)]).toEqual(order('order, features as they are'));
    expect([...herding(unitRows(given), 6)]).toEqual(order('order, features L2-normalised'));
    expect([...herding(unitRows(given), 3)]).toEqual([...herding(unitRows(given), 6)].slice(0, 3));
    expect([...herding(given, 99)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  const means = part(
    'nearest class mean',
    z.looseObject({ features: matrix, labels: z.array(z.number()), queries: matrix, means: matrix }),
  );
  const ofClass = (label: number) => ({
    values: means.features.filter((_, row) => means.labels[row] === label).flat(),
    width: 4,
  });

  it('means of classes, plain and of unit length', () => {
    const unit = section('iCaRL: exemplar', matrix, means);
    for (const label of [0, 1, 2]) {
      expect(worstOf(meanRow(ofClass(label)), means.means[label])).toBeLessThan(1e-12);
      expect(worstOf(prototype(ofClass(label)), unit[label])).toBeLessThan(1e-12);
    }
  });

  it('scores of queries', async () => {
    const engine = await openEngine('tensorflow-cpu');
    const scores = section('iCaRL scores', matrix, means);
    const found = await recorded(engine, () => ({
      scores: prototypeScores(rows(means.queries), rows([0, 1, 2].map((label) => [...prototype(ofClass(label))]))),
    }));
    engine.dispose();
    expect(worstOf(found.scores, scores.flat())).toBeLessThan(TOLERANCE);
  });
});

describe.each(['tensorflow-cpu', 'wasm'] as const)('inside a step on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend);
  });
  afterAll(() => engine.dispose());

  it('the loss of iCaRL and its gradient', async () => {
    const { value, gradient } = part('iCaRL loss', z.object({ value: z.number(), gradient: tinyParameters }));
    const { loss, ...gradients } = await recorded(engine, () => {
      const found = valueAndGradients(
        (parameters) =>
          icarlLoss(tinyLogits(parameters, rows(x)), {
            labels: labels(y),
            teacher: tinyLogits(tinyTensors(theta), rows(x)),
            old: tf.tensor1d([1, 1, 0, 0]),
            active: tf.ones([x.length, 4]),
          }),
        tinyTensors(sum(theta, delta)),
      );
      return { loss: found.value, ...found.gradients };
    });
    expect(Math.abs(loss[0] / value - 1)).toBeLessThan(TOLERANCE);
    expect(worst(gradients, gradient)).toBeLessThan(TOLERANCE);
  });

  it('the most interfered examples after a tried step', async () => {
    const mir = part('MIR', z.object({ score: z.array(z.number()), chosen: z.array(z.number()) }));
    const found = await recorded(engine, () => {
      const at = tinyTensors(theta);
      const { gradients } = valueAndGradients(
        (parameters) => softmaxCrossEntropy(tinyLogits(parameters, rows(x.slice(0, 4))), labels([2, 3, 3, 2])),
        at,
      );
      const [before, after] = [at, stepped(at, gradients, 0.5)].map((parameters) =>
        crossEntropyPerExample(tinyLogits(parameters, rows(buffer.x)), labels(buffer.y)),
      );
      const score = tf.sub(after, before);
      return { score, chosen: selected(largest(score, 3), tf.range(0, buffer.y.length, 1, 'int32')) };
    });
    expect(worstOf(found.score, mir.score)).toBeLessThan(TOLERANCE);
    expect([...found.chosen]).toEqual(mir.chosen);
  });

  it('the largest come in order, the first of equals first', async () => {
    const found = await recorded(engine, () => {
      const selection = largest(tf.tensor1d([2, 5, 2, -1, 5, -Infinity, 2]), 6);
      return { places: selected(selection, tf.range(0, 7, 1, 'int32')) };
    });
    expect([...found.places]).toEqual([1, 4, 0, 2, 6, 3]);
  });

  it('the projector after every input, and a gradient that it projects', async () => {
    const { inputs, ...more } = part('OWM projector', z.looseObject({ inputs: matrix }));
    const after = section('P after each', z.array(matrix), more);
    const projected = section('projected gradient', matrix, more);
    const closed = section('closed form', matrix, more);
    const found = await recorded(engine, () => {
      let projector: Tensor = tf.eye(4);
      const each = inputs.map((input) => (projector = projectorWithout(projector, tf.tensor1d(input), 0.6)));
      return { each: tf.stack(each), gradient: tf.matMul(projector.as2D(4, 4), tf.ones([4, 2])) };
    });
    expect(worstOf(found.each, after.flat(2))).toBeLessThan(TOLERANCE);
    expect(worstOf([...found.each].slice(32), closed.flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(found.gradient, projected.flat())).toBeLessThan(TOLERANCE);
  });
});

describe('pruning', () => {
  const packed = part('PackNet', z.looseObject({}));
  const layer = (start: string): Float32Array => flat(section(start, matrix, packed));

  it('gives a task the larger half of what is free, layer by layer', () => {
    const first = claimed(layer('W after task 1'), new Float32Array(24), 0, 0.5);
    expect([...first]).toEqual([...layer('kept by task 1')]);
    const second = claimed(layer('W after training task 2'), first, 1, 0.5);
    // The fixture calls what is still free 3.
    expect([...second].map((owner) => (owner === 0 ? 3 : owner))).toEqual([...layer('owner after pruning task 2')]);
  });

  it('leaves what others own, and takes all of what is free where nothing is pruned', () => {
    expect([...claimed([5, 1, 9, 2], [1, 0, 2, 0], 2, 0)]).toEqual([1, 3, 2, 3]);
    expect([...claimed([5, 1, 9, 2], [1, 0, 2, 0], 2, 1)]).toEqual([1, 0, 2, 0]);
  });
});
