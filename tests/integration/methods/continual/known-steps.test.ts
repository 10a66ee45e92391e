import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { makeOptimiser } from '../../../../src-main/engine/optimisers/optimisers.ts';
import { tf, type Tensor } from '../../../../src-main/engine/tf.ts';
import type { Engine, Tensors } from '../../../../src-main/engine/types.ts';
import { projectedOnAverage } from '../../../../src-main/methods/continual/agem.ts';
import { projectedGradient } from '../../../../src-main/methods/continual/gem.ts';
import { decayedPenalty } from '../../../../src-main/methods/continual/online-ewc.ts';
import { innerProduct } from '../../../../src-main/methods/continual/shared/task-gradients.ts';
import { mergedPenalty, penaltyGradients } from '../../../../src-main/methods/continual/shared/anchored-penalty.ts';
import { logitDistance, withReplay } from '../../../../src-main/methods/continual/shared/dark-knowledge.ts';
import { distillation } from '../../../../src-main/methods/continual/shared/distillation.ts';
import {
  batchSensitivity,
  fisherSum,
  sensitivitySum,
} from '../../../../src-main/methods/continual/shared/importance.ts';
import { advancedPath, consolidatedImportance } from '../../../../src-main/methods/continual/shared/path-integral.ts';
import { gemMultipliers } from '../../../../src-main/methods/continual/shared/projection.ts';
import {
  flat,
  knownSteps,
  section,
  tinyParameters,
  type TinyParameters,
} from '../../../fixtures/methods/known-steps.ts';
import {
  labels,
  recorded,
  rows,
  sum,
  tinyLogits,
  tinyNetwork,
  tinyTensors,
  tinyVariables,
  worst,
  worstOf,
} from '../../../fixtures/methods/tiny-network.ts';

/**
 * Every entry of continual_steps.json through the functions that the methods call, in float32: relative tolerance 1e-4.
 */
const TOLERANCE = 1e-4;
const { theta, x, y, delta } = knownSteps;
const moved = sum(theta, delta);
const everything = section('importance', z.record(z.string(), z.unknown()));
const lossAndGradient = z.object({ loss: z.number(), gradient: tinyParameters });

describe.each(['tensorflow-cpu', 'wasm'] as const)('known answers on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend);
  });
  afterAll(() => engine.dispose());

  const gradientOf = async (
    at: TinyParameters,
    loss: (parameters: Tensors) => Tensor,
  ): Promise<{ loss: number; gradients: Record<string, ArrayLike<number>> }> => {
    const { value, ...gradients } = await recorded(engine, () => {
      const found = valueAndGradients((parameters) => loss(parameters).asScalar(), tinyTensors(at));
      return { value: found.value, ...found.gradients };
    });
    return { loss: value[0], gradients };
  };
  const expectGradient = (
    found: { loss: number; gradients: Record<string, ArrayLike<number>> },
    known: { loss: number; gradient: TinyParameters },
  ): void => {
    expect(Math.abs(found.loss - known.loss) / Math.abs(known.loss)).toBeLessThan(TOLERANCE);
    expect(worst(found.gradients, known.gradient)).toBeLessThan(TOLERANCE);
  };
  const mean = (sums: Tensors): Tensors =>
    Object.fromEntries(Object.entries(sums).map(([name, value]) => [name, tf.div(value, x.length)]));
  const batch = () => ({ x: rows(x), y: labels(y), tasks: labels(y.map(() => 0)) });

  it('logits, cross-entropy and its gradient', async () => {
    const found = await gradientOf(theta, (parameters) =>
      softmaxCrossEntropy(tinyLogits(parameters, rows(x)), labels(y)),
    );
    expectGradient(found, { loss: knownSteps.cross_entropy_mean, gradient: knownSteps.gradient });
    const { logits } = await recorded(engine, () => ({ logits: tinyLogits(tinyTensors(theta), rows(x)) }));
    expect(worstOf(logits, flat(knownSteps.logits))).toBeLessThan(TOLERANCE);
  });

  it.each([
    ['ewc_fisher_exact', 'expected'],
    ['ewc_fisher_empirical', 'given'],
    ['ewc_fisher_predicted', 'predicted'],
  ] as const)('%s', async (name, kind) => {
    const found = await recorded(engine, () =>
      mean(fisherSum(tinyNetwork, { params: tinyTensors(theta), state: {} }, batch(), null, kind)),
    );
    expect(worst(found, section(name, tinyParameters, everything))).toBeLessThan(TOLERANCE);
  });

  it('MAS per example and per batch', async () => {
    const each = await recorded(engine, () =>
      mean(sensitivitySum(tinyNetwork, { params: tinyTensors(theta), state: {} }, rows(x), null)),
    );
    expect(worst(each, section('mas (', tinyParameters, everything))).toBeLessThan(TOLERANCE);
    const whole = await recorded(engine, () =>
      batchSensitivity(tinyNetwork, { params: tinyTensors(theta), state: {} }, rows(x), null),
    );
    expect(worst(whole, section('mas_batch', tinyParameters, everything))).toBeLessThan(TOLERANCE);
  });

  it('the gradient of the EWC penalty', async () => {
    const known = section(
      'ewc_penalty lambda=100',
      z.object({ value: z.number(), gradient: tinyParameters }),
      everything,
    );
    const fisher = section('ewc_fisher_exact', tinyParameters, everything);
    const found = await recorded(engine, () =>
      penaltyGradients(tinyTensors(moved), tinyTensors(fisher), tinyTensors(theta), 100 / 2),
    );
    expect(worst(found, known.gradient)).toBeLessThan(TOLERANCE);
  });

  it('online EWC with gamma .7 is the decayed sum of Fisher matrices', async () => {
    const empirical = section('ewc_fisher_empirical', tinyParameters, everything),
      exact = section('ewc_fisher_exact', tinyParameters, everything);
    const consolidated = (part: 'importance' | 'anchor') =>
      recorded(engine, () => {
        const [first, second] = [tinyTensors(empirical), tinyTensors(exact)];
        const [here, there] = [tinyTensors(theta), tinyTensors(moved)];
        return Object.fromEntries(
          Object.keys(first).map((name) => [
            name,
            decayedPenalty(
              { importance: first[name], anchor: here[name] },
              { importance: second[name], anchor: there[name] },
              0.7,
            )[part],
          ]),
        );
      });
    const known = section('online_ewc gamma=.7', tinyParameters, everything);
    expect(worst(await consolidated('importance'), known)).toBeLessThan(TOLERANCE);
    expect(worst(await consolidated('anchor'), moved)).toBeLessThan(TOLERANCE);
  });

  it('one merged penalty has the gradient of the sum of two', async () => {
    const first = section('ewc_fisher_exact', tinyParameters, everything),
      second = section('ewc_fisher_empirical', tinyParameters, everything);
    const merged = await recorded(engine, () => {
      const at = tinyTensors(delta),
        a = tinyTensors(first),
        b = tinyTensors(second),
        here = tinyTensors(theta),
        there = tinyTensors(moved);
      return Object.fromEntries(
        Object.keys(at).map((name) => {
          const one = mergedPenalty(
            { importance: a[name], anchor: here[name] },
            { importance: b[name], anchor: there[name] },
          );
          return [name, tf.mul(one.importance, tf.sub(at[name], one.anchor))];
        }),
      );
    });
    const separate = await recorded(engine, () =>
      Object.fromEntries(
        Object.keys(tinyTensors(delta)).map((name) => [
          name,
          tf.add(
            tf.mul(tinyTensors(first)[name], tf.sub(tinyTensors(delta)[name], tinyTensors(theta)[name])),
            tf.mul(tinyTensors(second)[name], tf.sub(tinyTensors(delta)[name], tinyTensors(moved)[name])),
          ),
        ]),
      ),
    );
    for (const name of Object.keys(separate)) expect(worstOf(merged[name], separate[name])).toBeLessThan(TOLERANCE);
  });

  it('synaptic intelligence over two tasks', async () => {
    const state = z.object({ theta: tinyParameters, path_integral: tinyParameters });
    const known = section(
      'synaptic_intelligence',
      z.looseObject({
        task2: z.object({ x: z.array(z.array(z.number())), y: z.array(z.number()) }),
        'after task 1': z.looseObject(state.shape),
        'after task 2': z.looseObject(state.shape),
      }),
    );
    const parameters = tinyVariables(engine, theta),
      zero = {
        W1: theta.W1.map((row) => row.map(() => 0)),
        b1: theta.b1.map(() => 0),
        W2: theta.W2.map((row) => row.map(() => 0)),
        b2: theta.b2.map(() => 0),
      };
    const anchor = tinyVariables(engine, theta, 'anchor'),
      omega = tinyVariables(engine, zero, 'omega'),
      path = tinyVariables(engine, zero, 'path');
    const optimiser = makeOptimiser(
      { variable: (name, spec, initial) => engine.variable(name, spec, initial()) },
      { kind: 'sgd', lr: 0.1, momentum: 0.9 },
      parameters,
    );
    const names = Object.keys(parameters);
    for (const [task, data] of [{ x, y }, known.task2].entries()) {
      const step = engine.compileStep({
        name: 'test/si',
        inputs: {},
        body: (_inputs, scope) => {
          const before = Object.fromEntries(names.map((name) => [name, scope.read(parameters[name])]));
          const { value, gradients } = valueAndGradients(
            (p) => softmaxCrossEntropy(tinyLogits(p, rows(data.x)), labels(data.y)),
            before,
          );
          const added = penaltyGradients(
            before,
            Object.fromEntries(names.map((name) => [name, scope.read(omega[name])])),
            Object.fromEntries(names.map((name) => [name, scope.read(anchor[name])])),
            0.5,
          );
          optimiser.update(
            scope,
            Object.fromEntries(names.map((name) => [name, tf.add(gradients[name], added[name])])),
            tf.scalar(0.1),
          );
          for (const name of names)
            scope.assign(
              path[name],
              advancedPath(scope.read(path[name]), gradients[name], before[name], scope.read(parameters[name])),
            );
          return { loss: value };
        },
      });
      await step.run([{}, {}, {}]);
      const after = task === 0 ? known['after task 1'] : known['after task 2'];
      const found = async (variables: typeof parameters): Promise<Record<string, ArrayLike<number>>> =>
        Object.fromEntries(
          await Promise.all(names.map(async (name) => [name, await engine.read(variables[name])] as const)),
        );
      expect(worst(await found(parameters), after.theta)).toBeLessThan(TOLERANCE);
      expect(worst(await found(path), after.path_integral)).toBeLessThan(TOLERANCE);
      const consolidate = engine.compileStep({
        name: 'test/consolidate',
        inputs: {},
        body: (_inputs, scope) => {
          for (const name of names) {
            const value = scope.read(parameters[name]);
            scope.assign(
              omega[name],
              consolidatedImportance(
                scope.read(omega[name]),
                scope.read(path[name]),
                value,
                scope.read(anchor[name]),
                0.1,
              ),
            );
            scope.assign(anchor[name], value);
            scope.assign(path[name], tf.zerosLike(value));
          }
          return { done: tf.scalar(1) };
        },
      });
      await consolidate.run([{}]);
      expect(worst(await found(omega), section('omega', tinyParameters, after))).toBeLessThan(TOLERANCE);
    }
  });

  it('LwF: distillation at temperature 2, over all, four and two outputs', async () => {
    const teacher = (): Tensor => tinyLogits(tinyTensors(theta), rows(x));
    const all = await gradientOf(moved, (parameters) =>
      distillation(teacher(), tinyLogits(parameters, rows(x)), 2, null),
    );
    expect(all.loss / section('lwf T=2: T^2', z.number()) - 1).toBeCloseTo(0, 4);
    for (const [start, active] of [
      ['lwf T=2 on the first 4', [1, 1, 1, 1]],
      ['lwf T=2 on the first 2', [1, 1, 0, 0]],
    ] as const) {
      expectGradient(
        await gradientOf(moved, (parameters) =>
          distillation(teacher(), tinyLogits(parameters, rows(x)), 2, tf.tensor1d([...active])),
        ),
        section(start, lossAndGradient),
      );
    }
  });

  it('DER and DER++ with both reductions and both ways of drawing', async () => {
    const matrix = z.array(z.array(z.number()));
    const buffer = section('buffer', z.object({ x: matrix, y: z.array(z.number()), logits: matrix })),
      second = section('second_buffer_batch', z.object({ x: matrix, y: z.array(z.number()) }));
    const fresh = (p: Tensors): Tensor => softmaxCrossEntropy(tinyLogits(p, rows(x)), labels(y));
    const dark = (p: Tensors, reduction: 'entries' | 'examples'): Tensor =>
      logitDistance(tinyLogits(p, rows(buffer.x)), rows(buffer.logits), reduction);
    const on = (): Tensor => tf.scalar(1);
    const replayed = (p: Tensors, from: { x: number[][]; y: number[] }): Tensor =>
      softmaxCrossEntropy(tinyLogits(p, rows(from.x)), labels(from.y));
    const both =
      (from: { x: number[][]; y: number[] }) =>
      (p: Tensors): Tensor =>
        withReplay(
          fresh(p),
          [
            [dark(p, 'entries'), 0.2],
            [replayed(p, from), 1],
          ],
          on(),
        );
    expectGradient(
      await gradientOf(theta, (p) => withReplay(fresh(p), [[dark(p, 'examples'), 0.2]], on())),
      section('der alpha=.2, squared norm', lossAndGradient),
    );
    expectGradient(
      await gradientOf(theta, (p) => withReplay(fresh(p), [[dark(p, 'entries'), 0.2]], on())),
      section('der alpha=.2 (mean squared', lossAndGradient),
    );
    expectGradient(
      await gradientOf(theta, both(buffer)),
      section('derpp alpha=.2 beta=1', lossAndGradient, without('derpp alpha=.2 beta=1,')),
    );
    expectGradient(await gradientOf(theta, both(second)), section('derpp alpha=.2 beta=1, logits', lossAndGradient));
  });

  it('GEM and A-GEM projections', async () => {
    const known = section(
      'projection',
      z.looseObject({
        gradient_flat: z.unknown().optional(),
        memory_gradients: z.array(z.array(z.number())),
        dots: z.array(z.number()),
      }),
    );
    const gradient = section('gradient_flat', z.array(z.number()), known);
    const memory = known.memory_gradients;
    const products = await recorded(engine, () => {
      const all = memory.map((row) => ({ all: tf.tensor1d(row) }));
      return {
        gram: tf.stack(all.flatMap((a) => all.map((b) => innerProduct(a, b)))),
        dots: tf.stack(all.map((a) => innerProduct(a, { all: tf.tensor1d(gradient) }))),
      };
    });
    const [gram, dots] = [Float64Array.from(products.gram), Float64Array.from(products.dots)];
    expect(worstOf(dots, known.dots)).toBeLessThan(TOLERANCE);
    for (const [start, margin] of [
      ['gem margin=0', 0],
      ['gem margin=.1', 0.1],
    ] as const) {
      const answer = section(start, z.object({ v: z.array(z.number()), gradient: z.array(z.number()) }), known);
      const v = gemMultipliers({ gram, dots }, margin);
      expect(worstOf(v, answer.v)).toBeLessThan(TOLERANCE);
      const { projected } = await recorded(engine, () => ({
        projected: projectedGradient(
          { all: tf.tensor1d(gradient) },
          memory.map((row) => ({ all: tf.tensor1d(row) })),
          Array.from(v, (multiplier) => tf.scalar(multiplier)),
        )['all'],
      }));
      expect(worstOf(projected, answer.gradient)).toBeLessThan(TOLERANCE);
    }
    const answer = section('agem', z.object({ dot: z.number(), gradient: z.array(z.number()) }), known);
    const reference = gradient.map((_, i) => memory.reduce((total, row) => total + row[i], 0) / memory.length);
    const { flatGradient } = await recorded(engine, () => ({
      flatGradient: projectedOnAverage({ all: tf.tensor1d(gradient) }, { all: tf.tensor1d(reference) })['all'],
    }));
    expect(worstOf(flatGradient, answer.gradient)).toBeLessThan(TOLERANCE);
  });
});

/** The file without the keys that start so, for a key that is the start of another. */
function without(start: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(knownSteps).filter(([key]) => !key.startsWith(start)));
}
