import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { boundLayer } from '../../../../src-main/engine/networks/layers/kinds.ts';
import { pairAnswers, pairOwners } from '../../../../src-main/engine/networks/layers/pairwise.ts';
import { tf, type Tensor } from '../../../../src-main/engine/tf.ts';
import type { Engine, Tensors } from '../../../../src-main/engine/types.ts';
import { presentCrossEntropy } from '../../../../src-main/methods/continual/er-ace.ts';
import { distributionDistance } from '../../../../src-main/methods/continual/fdr.ts';
import { slowed } from '../../../../src-main/methods/continual/pairwise.ts';
import { raisedScore, runningFisher, walkImportance } from '../../../../src-main/methods/continual/rwalk.ts';
import { answeredRightly, countedDivergence, offset, worstMoves } from '../../../../src-main/methods/continual/star.ts';
import { movedMean } from '../../../../src-main/methods/continual/temporal-ensemble.ts';
import { section, tinyParameters } from '../../../fixtures/methods/known-steps.ts';
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

/** Losses, activations and importances of stream methods against numbers made elsewhere: relative tolerance 1e-4. */

const TOLERANCE = 1e-4;
const matrix = z.array(z.array(z.number()));
const known = z
  .looseObject({
    theta: tinyParameters,
    delta: tinyParameters,
    x: matrix,
    buffer: z.object({ x: matrix, y: z.array(z.number()) }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../../fixtures/methods/stream_methods.json', import.meta.url), 'utf8')));
const { theta, delta, x, buffer } = known;
const part = <T extends z.ZodType>(start: string, schema: T): z.infer<T> => section(start, schema, known);

describe.each(['tensorflow-cpu', 'wasm'] as const)('on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend);
  });
  afterAll(() => engine.dispose());

  it('the two losses of ER-ACE and their gradient', async () => {
    const { value, gradient } = part('ER-ACE', z.object({ value: z.number(), gradient: tinyParameters }));
    const { loss, ...gradients } = await recorded(engine, () => {
      const found = valueAndGradients(
        (parameters) => {
          const fresh = presentCrossEntropy(tinyLogits(parameters, rows(x.slice(0, 4))), labels([2, 3, 3, 2]));
          const old = softmaxCrossEntropy(tinyLogits(parameters, rows(buffer.x)), labels(buffer.y));
          return tf.add(fresh, old).asScalar();
        },
        tinyTensors(sum(theta, delta)),
      );
      return { loss: found.value, ...found.gradients };
    });
    expect(Math.abs(loss[0] / value - 1)).toBeLessThan(TOLERANCE);
    expect(worst(gradients, gradient)).toBeLessThan(TOLERANCE);
  });

  it('the moving average after three steps', async () => {
    const found = await recorded(engine, () => {
      const moved = tinyTensors(sum(theta, delta));
      const once = (means: Tensors): Tensors =>
        Object.fromEntries(Object.entries(means).map(([name, mean]) => [name, movedMean(mean, moved[name], 0.99)]));
      return once(once(once(tinyTensors(theta))));
    });
    expect(worst(found, part('Temporal ensemble', tinyParameters))).toBeLessThan(TOLERANCE);
  });

  it.each([
    ['ash z', false],
    ['hard_ash', true],
  ])('the activation %s and its gradient', async (start, hard) => {
    const { z: given, ...more } = part('ASH and', z.looseObject({ z: matrix }));
    const expected = section(start, z.object({ value: z.number(), gradient: matrix, output: matrix }), more);
    const layer = boundLayer({ kind: 'ash', alpha: 3, deviations: 1.2, hard });
    const found = await recorded(engine, () => activated(layer, given));
    expect(worstOf(found.output, expected.output.flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(found.gradient, expected.gradient.flat())).toBeLessThan(TOLERANCE);
  });

  it('weights of mean 0 and length 1', async () => {
    const layers = part('Hard ASH layer', z.looseObject({ effective: matrix }));
    const kernel = section('W [in,out]', matrix, layers);
    const layer = boundLayer({ kind: 'standardised-dense', name: 'a', units: 3, bias: false });
    const found = await recorded(engine, () => ({
      effective: layer.apply(
        tf.eye(4),
        { params: { 'a/kernel': rows(kernel) }, state: {}, next: {} },
        { mode: 'eval' },
      ),
    }));
    expect(worstOf(found.effective, layers.effective.flat())).toBeLessThan(TOLERANCE);
  });

  it('what is more than the k-th largest, its gradient going to both', async () => {
    const given = [
      [0.5, -1, 3, 0.75, 0.25],
      [-2, -1, -3, -0.5, -4],
    ];
    const found = await recorded(engine, () => activated(boundLayer({ kind: 'top-k', k: 3, most: 2 }), given));
    // By hand: less .5, and less −2.
    expect([...found.output]).toEqual([0, 0, 2, 0.25, 0, 0, 1, 0, 1.5, 0]);
    // 3 − .5 is clipped; what .75 gains, .5 loses.
    expect([...found.gradient]).toEqual([-1, 0, 0, 1, 0, -2, 1, 0, 1, 0]);
  });

  it('the worst move of STAR, what is paid for it and the gradient of that', async () => {
    const star = part(
      'STAR',
      z.looseObject({
        noise: tinyParameters,
        labels: z.array(z.number()),
        perturbation: tinyParameters,
        loss: z.number(),
        gradient: tinyParameters,
      }),
    );
    const { loss, ...found } = await recorded<string>(engine, () => {
      const [parameters, noise] = [tinyTensors(theta), tinyTensors(star.noise)];
      const at = (tensors: Tensors): Tensor => tinyLogits(tensors, rows(buffer.x));
      const before = at(parameters);
      const counted = answeredRightly(before, labels(star.labels));
      const ascent = valueAndGradients(
        (tensors) => countedDivergence(before, at(offset(tensors, noise)), counted),
        parameters,
      );
      const moves = worstMoves(parameters, ascent.gradients, 0.05);
      const paid = valueAndGradients((tensors) => {
        const there = each(tensors, (value, name) => tf.add(value, moves[name]));
        return tf.mul(countedDivergence(before, at(there), counted), 0.1).asScalar();
      }, parameters);
      return { loss: paid.value, ...prefixed('move', moves), ...prefixed('gradient', paid.gradients) };
    });
    const of = (what: string): Record<string, Float32Array | Int32Array> =>
      Object.fromEntries(Object.keys(tinyTensorsNames).map((name) => [name, found[`${what}/${name}`]]));
    expect(worstOf(of('move')['dense0/kernel'], star.perturbation.W1.flat())).toBeLessThan(1e-2);
    expect(worstOf(of('move')['output/kernel'], star.perturbation.W2.flat())).toBeLessThan(1e-2);
    expect(Math.abs(loss[0] / star.loss - 1)).toBeLessThan(1e-2);
    expect(worst(of('gradient'), star.gradient)).toBeLessThan(1e-2);
  });

  it('answers of pairs, and a step of streaming MAS', async () => {
    const pairs = part(
      'Pairwise layer',
      z.looseObject({
        h: matrix,
        z: matrix,
        rows: z.array(z.int()),
        cols: z.array(z.int()),
        w: matrix,
        logits: matrix,
      }),
    );
    const step = section('streaming MAS', z.looseObject({ omega: matrix }), pairs);
    const gradient = section('gradient of cross-entropy', matrix, step);
    const after = section('w after', matrix, step);
    const [inputs, classes] = [pairs.z[0].length, pairs.w[0].length];
    const placed = new Float32Array(inputs * inputs * classes);
    pairs.w.flat().forEach((weight, at) => {
      placed[(pairs.rows[at] * inputs + pairs.cols[at]) * classes + (at % classes)] = weight;
    });
    const found = await recorded(engine, () => {
      const sparse = boundLayer({ kind: 'top-k', k: 3 });
      const moved = tf.mul(slowed(rows(gradient), rows(step.omega)), 1e-2);
      return {
        passed: sparse.apply(rows(pairs.h), { params: {}, state: {}, next: {} }, { mode: 'eval' }),
        logits: pairAnswers(rows(pairs.z), tf.tensor3d(placed, [inputs, inputs, classes])),
        owned: tf.sum(pairOwners(7, 3), [0, 1]),
        after: tf.sub(rows(pairs.w), moved),
      };
    });
    expect(worstOf(found.passed, pairs.z.flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(found.logits, pairs.logits.flat())).toBeLessThan(TOLERANCE);
    expect(worstOf(found.after, after.flat())).toBeLessThan(TOLERANCE);
    // 7 · 6 / 2 pairs, as many for each
    expect([...found.owned]).toEqual([7, 7, 7]);
  });

  it('distances to answers, by hand', async () => {
    const one = [
      [1, 0],
      [0.5, 0.5],
    ];
    const other = [
      [0, 1],
      [0.5, 0.5],
    ];
    const found = await recorded(engine, () => ({ mean: distributionDistance(rows(one), rows(other)) }));
    expect(found.mean[0]).toBeCloseTo(Math.SQRT2 / 2, 5);
  });

  it('Fisher information, scores and importances of a walk of four steps', async () => {
    const walk = part('RWalk', z.looseObject({ x: z.array(matrix), y: matrix, fisher: tinyParameters }));
    const names = Object.keys(tinyTensorsNames);
    const found = await recorded(engine, () => {
      let [parameters, since] = [tinyTensors(theta), tinyTensors(theta)];
      let [fisher, score, path] = [zeros(parameters), zeros(parameters), zeros(parameters)];
      walk.x.forEach((batch, step) => {
        const { gradients } = valueAndGradients(
          (at) => softmaxCrossEntropy(tinyLogits(at, rows(batch)), labels(walk.y[step])),
          parameters,
        );
        const next = each(parameters, (value, name) => tf.sub(value, tf.mul(gradients[name], 0.1)));
        path = each(path, (value, name) =>
          tf.sub(value, tf.mul(gradients[name], tf.sub(next[name], parameters[name]))),
        );
        fisher = each(fisher, (value, name) => runningFisher(value, gradients[name], step === 0 ? 1 : 0.9));
        parameters = next;
        if (step % 2 === 0) return;
        score = each(score, (value, name) =>
          raisedScore(value, path[name], fisher[name], tf.sub(next[name], since[name])),
        );
        [path, since] = [zeros(path), next];
      });
      const importance = walkImportance(
        names.map((name) => fisher[name]),
        names.map((name) => score[name]),
      );
      return {
        ...prefixed('fisher', fisher),
        ...prefixed('score', score),
        ...prefixed('importance', Object.fromEntries(names.map((name, i) => [name, importance[i]]))),
      };
    });
    for (const what of ['fisher', 'score', 'importance']) {
      const own = Object.fromEntries(names.map((name) => [name, found[`${what}/${name}`]]));
      expect(worst(own, section(what, tinyParameters, walk)), what).toBeLessThan(10 * TOLERANCE);
    }
  });
});

const tinyTensorsNames = { 'dense0/kernel': 0, 'dense0/bias': 0, 'output/kernel': 0, 'output/bias': 0 };

/** What a layer without tensors answers, and the gradient of the sum of it. */
function activated(
  layer: ReturnType<typeof boundLayer>,
  given: readonly number[][],
): { output: Tensor; gradient: Tensor } {
  const apply = (values: Tensor): Tensor => layer.apply(values, { params: {}, state: {}, next: {} }, { mode: 'train' });
  const { gradients } = valueAndGradients(({ z: values }) => tf.sum(apply(values)).asScalar(), { z: rows(given) });
  return { output: apply(rows(given)), gradient: gradients['z'] };
}

const each = (tensors: Tensors, change: (value: Tensor, name: string) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, change(value, name)]));
const zeros = (tensors: Tensors): Tensors => each(tensors, (value) => tf.zerosLike(value));
const prefixed = (what: string, tensors: Tensors): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [`${what}/${name}`, value]));
