import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import type { Engine, NamedArrays, Tensors, Variables } from '../../../../src-main/engine/types.ts';
import { tiesSelected } from '../../../../src-main/methods/merging/adamerging-plus-plus.ts';
import { forgetting, partitioned, scalingStep } from '../../../../src-main/methods/merging/atlas.ts';
import { divergence, dynamicAlpha, fusedWith } from '../../../../src-main/methods/merging/logit-fusion.ts';
import { maskStep, meanMask, rescaled, sampledMask } from '../../../../src-main/methods/merging/concrete.ts';
import { adaptationStep } from '../../../../src-main/methods/merging/shared/adapted-coefficients.ts';
import { residentChanges } from '../../../../src-main/methods/merging/shared/merged-weights.ts';
import { supermergeStep } from '../../../../src-main/methods/merging/supermerge.ts';
import { addedTo } from '../../../../src-main/methods/merging/shared/task-vectors.ts';
import { expertShare, agreed, jensenShannon } from '../../../../src-main/methods/merging/t3.ts';
import { routedNet, staticPart } from '../../../../src-main/methods/merging/wemoe.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { expectClose, flat, matrixSchema, netSchema, numbersSchema } from '../../../fixtures/merging/merges.ts';
import {
  ALL_ROWS,
  NAMES,
  base,
  heads,
  knownLearnt,
  models,
  network,
  sourceOn,
  tasksOn,
  trunk,
  variableOf,
  vectors,
} from '../../../fixtures/merging/two-tasks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => engine.dispose());

const NET_NAMES = Object.values(NAMES);
const FEED = { rows0: ALL_ROWS, rows1: ALL_ROWS };
const resident = () => residentChanges(engine, network, base, vectors, heads);
const filled = (name: string, value: number) =>
  engine.variable(name, { shape: [4, 2], dtype: 'float32' }, new Float32Array(8).fill(value));
const rowsOf = (...keys: readonly string[]): number[][] => knownLearnt(matrixSchema, ...keys);
const netOf = (...keys: readonly string[]): NamedArrays => trunk(knownLearnt(netSchema, ...keys));
/** What is computed inside a step. */
async function inside(body: Parameters<Engine['compileStep']>[0]['body']): Promise<Record<string, ArrayLike<number>>> {
  const [outputs] = await engine.compileStep({ name: 'test/inside', inputs: {}, body }).run([{}]);
  return outputs;
}

describe('AdaMerging++', () => {
  it('learns on what TIES selects, as known', async () => {
    const selected = tiesSelected(base, models, 0.2);
    knownLearnt(z.array(netSchema), 'own', 'adamerging++', 'selected').forEach((known, model) => {
      for (const [name, values] of Object.entries(trunk(known))) expectClose(selected[model][name], values);
    });
    const lambda = filled('plus', 0.3);
    const chosen = residentChanges(engine, network, base, selected, heads);
    const options = { rate: 0.001, batches: 1 };
    const step = adaptationStep(engine, sourceOn(engine), network, chosen, lambda, tasksOn(engine), options);
    const outputs = await step.run([FEED, FEED, FEED]);
    expectClose(
      outputs.map(({ loss }) => loss[0]),
      knownLearnt(numbersSchema, 'own', 'adamerging++', 'losses'),
    );
    expectClose(await engine.read(lambda), flat(rowsOf('own', 'adamerging++', 'after')));
  });

  it('is AdaMerging where everything is kept and signs agree', () => {
    const [kept] = tiesSelected(base, [models[0], models[0]], 1);
    for (const name of NET_NAMES) expectClose(kept[name], vectors[0][name]);
  });
});

describe('SUPERMERGE and aTLAS', () => {
  it('SUPERMERGE takes three steps as known', async () => {
    const weights = filled('weights', Math.atanh(0.3));
    const options = { rate: 0.001, name: 'super' };
    const step = supermergeStep(engine, sourceOn(engine), network, resident(), weights, tasksOn(engine), options);
    const outputs = await step.run([FEED, FEED, FEED]);
    expectClose(
      outputs.map(({ loss }) => loss[0]),
      knownLearnt(numbersSchema, 'own', 'supermerge', 'losses'),
    );
    expectClose(await engine.read(weights), flat(rowsOf('own', 'supermerge', 'after')));
  });

  it('aTLAS takes three steps of AdamW as known', async () => {
    const coefficients = filled('coefficients', 0);
    const options = { rate: 0.001, weightDecay: 0.1 };
    const step = scalingStep(engine, sourceOn(engine), network, resident(), coefficients, tasksOn(engine), options);
    const outputs = await step.run([FEED, FEED, FEED]);
    const losses = z.array(z.object({ loss: z.number() })).transform((all) => all.map(({ loss }) => loss));
    expectClose(
      outputs.map(({ loss }) => loss[0]),
      knownLearnt(losses, 'atlas', 'steps'),
    );
    const after = rowsOf('atlas', 'after');
    expectClose(await engine.read(coefficients), flat(NET_NAMES.map((_, tensor) => after.map((row) => row[tensor]))));
  });

  it('negation goes up on the first task and down on the other: loss and signs of the known gradient', async () => {
    const coefficients = filled('negated', 0.1);
    const options = { rate: 0.001, weightDecay: 0, loss: forgetting };
    const step = scalingStep(engine, sourceOn(engine), network, resident(), coefficients, tasksOn(engine), options);
    const [{ loss }] = await step.run([FEED]);
    expectClose(loss, [knownLearnt(z.number(), 'own', 'negation', 'loss')]);
    const gradient = flat(rowsOf('own', 'negation', 'gradient'));
    expectClose(
      await engine.read(coefficients),
      gradient.map((g) => 0.1 - 0.001 * Math.sign(g)),
    );
  });

  it('partitions share no entry and add up; shots are the first of each class', () => {
    const parts = partitioned(vectors, 3, (name) => stream(1, name));
    expect(parts).toHaveLength(6);
    for (const name of NET_NAMES)
      vectors[1][name].forEach((value, at) => {
        const own = parts.slice(3).map((part) => part[name][at]);
        expect(own.filter((part) => part !== 0).length).toBeLessThanOrEqual(1);
        expect(own.reduce((sum, part) => sum + part, 0)).toBe(value);
      });
  });
});

describe('concrete masks', () => {
  const known = (part: string): NamedArrays => netOf('concrete', part);
  const maskVariables = (values: NamedArrays): Variables =>
    Object.fromEntries(
      network.params
        .filter(({ name }) => name in values)
        .map(({ name, shape }) => [name, engine.variable(`mask/${name}`, { shape, dtype: 'float32' }, values[name])]),
    );

  it('are sampled and rescaled as known, and learn by the known gradient', async () => {
    const [u, logits] = [maskVariables(known('u')), maskVariables(known('logits'))];
    const found = await inside((_, scope) =>
      Object.fromEntries(
        Object.keys(u).flatMap((name) => {
          const mask = sampledMask(scope.read(logits[name]), scope.read(u[name]), 0.5);
          return [[`${name}/mask`, mask] as const, [`${name}/rescaled`, rescaled(mask)] as const];
        }),
      ),
    );
    for (const name of NET_NAMES) {
      expectClose(found[`${name}/mask`], known('mask')[name]);
      expectClose(found[`${name}/rescaled`], known('rescaled')[name]);
    }
    const step = maskStep(
      engine,
      sourceOn(engine),
      network,
      resident(),
      logits,
      { rows: 1, lambda: 0.3 },
      tasksOn(engine),
      {
        rate: 0.001,
        temperature: 0.5,
        innerRate: 0,
        noise: (scope, tensor) => scope.read(u[NET_NAMES[tensor]]),
      },
    );
    const [{ loss }] = await step.run([FEED]);
    expectClose(loss, [knownLearnt(z.number(), 'concrete', 'loss')]);
    // The first step of Adam is g / (|g| + ε) times the rate.
    for (const name of NET_NAMES) {
      const gradient = known('gradient_logits')[name];
      const expected = known('logits')[name].map(
        (x, at) => x - (0.001 * gradient[at]) / (Math.abs(gradient[at]) + 1e-8),
      );
      expectClose(await engine.read(logits[name]), expected);
    }
  });

  it('begin as exactly 1 after rescaling: step 0 is task arithmetic', () => {
    expect(meanMask(new Float32Array(7))).toEqual(new Float32Array(7).fill(1));
  });
});

describe('WEMoE', () => {
  const gateNames = { W1: 'gate-in', b1: 'gate-in-bias', W2: 'gate-out', b2: 'gate-out-bias' } as const;
  const gate = knownLearnt(netSchema, 'wemoe', 'gate');
  const gateVariables = (scale: number): Variables =>
    Object.fromEntries(
      Object.entries(gateNames).map(([short, name]) => {
        const values = gate[short];
        const rows = values.every((row) => typeof row !== 'number') ? matrixSchema.parse(values) : null;
        const shape = rows === null ? [values.length] : [rows.length, rows[0].length];
        const factor = rows === null ? 1 : scale;
        return [
          `dense1/${name}`,
          engine.variable(
            name,
            { shape, dtype: 'float32' },
            flat(values).map((v) => v * factor),
          ),
        ];
      }),
    );
  async function features(together: number, scale: number): Promise<ArrayLike<number>> {
    const still = staticPart(base, vectors, new Set(['dense1']), 0.3);
    const routed = residentChanges(engine, network, still, vectors, heads);
    const [gates, x] = [gateVariables(scale), variableOf(engine, 'x', rowsOf('wemoe', 'x'))];
    const found = await inside((_, scope) => {
      const read: Tensors = Object.fromEntries(
        Object.entries(gates).map(([name, variable]) => [name, scope.read(variable)]),
      );
      const { params, details } = routedNet(scope, routed, read, together);
      return { z: network.apply({ params, state: {} }, scope.read(x), { mode: 'eval', ...details }).features };
    });
    return found['z'];
  }

  it.each([
    ['batch', 'features batch-reduced (mean lambda over the batch)'],
    ['sample', 'features per sample'],
  ] as const)('routes by %s as known', async (routing, name) => {
    expectClose(await features(routing === 'batch' ? 6 : 1, 1), flat(rowsOf('wemoe', name)));
  });

  it.each(['batch', 'sample'] as const)('by %s with a constant gate is task arithmetic', async (routing) => {
    const found = await features(routing === 'batch' ? 6 : 1, 0);
    expectClose(found, flat(rowsOf('wemoe', 'identity: W1=W2=0 gives the task-arithmetic(.3) features')));
    const merged = addedTo(base, vectors, 0.3);
    expectClose(staticPart(base, vectors, new Set(), 0.3)['dense1/kernel'], merged['dense1/kernel']);
  });
});

describe('T³', () => {
  const options = { rule: 'agreement', lowest: 0, highest: 1, gamma: 0.5, together: 1 } as const;
  const pair = () =>
    (['one', 'other'] as const).map((name) => variableOf(engine, name, rowsOf('own', 'jensen-shannon', name)));

  it('has the known divergence, and the known share of the expert', async () => {
    const [one, other] = pair();
    const found = await inside((_, scope) => {
      const [p, q] = [scope.read(one), scope.read(other)];
      return {
        divergence: jensenShannon(p, q),
        share: expertShare(p, q, options),
        batch: expertShare(p, q, { ...options, together: 3 }),
        sigmoid: expertShare(p, q, { ...options, rule: 'sigmoid', lowest: 0.2, highest: 0.7 }),
      };
    });
    const divergence = knownLearnt(numbersSchema, 'own', 'jensen-shannon', 'divergence');
    const agreement = knownLearnt(numbersSchema, 'own', 'jensen-shannon', 'agreement');
    expectClose(found['divergence'], divergence);
    expectClose(found['share'], agreement);
    const three = (agreement[0] + agreement[1] + agreement[2]) / 3;
    expectClose(found['batch'], [three, three, three, agreement[3]]);
    expectClose(
      found['sigmoid'],
      divergence.map((js) => 0.2 + 0.5 / (1 + Math.exp(-0.5 * js))),
    );
  });

  it.each([0, 0.4, 1])('with a constant λ of %d is the net between start and expert', async (highest) => {
    const [task] = tasksOn(engine);
    const own = residentChanges(engine, network, base, [vectors[0]], heads);
    const merged = addedTo(base, [vectors[0]], highest);
    const found = await inside((_, scope) => {
      const x = scope.read(task.inputs);
      const params = Object.fromEntries(
        network.params.map(({ name, shape }) => [name, tf.tensor({ ...heads, ...merged }[name], [...shape])]),
      );
      return {
        ours: agreed(scope, network, own, x, { ...options, rule: 'constant', highest }).logits,
        plain: network.apply({ params, state: {} }, x, { mode: 'eval' }).logits,
      };
    });
    expectClose(found['ours'], found['plain']);
  });
});

describe('dynamic logit fusion', () => {
  const known = (part: string): number[][] => rowsOf('logit_fusion', part);
  const tensor = (part: string) => tf.tensor(flat(known(part)), [3, 4]);
  const nets = (tuned: readonly string[]) => ({
    large: tensor('z_large'),
    small: tensor('z_base_small'),
    tuned: tuned.map(tensor),
  });

  it('finds the known α of each sample, with both directions of KL', async () => {
    const found = await inside(() => {
      const one = nets(['z_ft_small']);
      const alpha = dynamicAlpha(one);
      return {
        there: divergence(tensor('z_ft_small'), one.small),
        back: divergence(one.small, tensor('z_ft_small')),
        alpha,
        fused: fusedWith(one, alpha),
        both: dynamicAlpha(nets(['z_ft_small', 'second expert'])),
      };
    });
    expectClose(found['there'], knownLearnt(numbersSchema, 'logit_fusion', 'KL(ft||base)'));
    expectClose(found['back'], knownLearnt(numbersSchema, 'logit_fusion', 'KL(base||ft)'));
    expectClose(found['alpha'], knownLearnt(numbersSchema, 'logit_fusion', 'alpha'));
    expectClose(found['fused'], flat(known('fused')));
    const two = 'two experts, only one may be non-zero, objective summed over experts: (alpha1, alpha2) per sample';
    expectClose(found['both'], flat(known(two)));
  });

  it('is proxy tuning at α = 1 and the large net at 0', async () => {
    const found = await inside(() => ({
      one: fusedWith(nets(['z_ft_small']), tf.ones([1, 1])),
      none: fusedWith(nets(['z_ft_small']), tf.zeros([1, 1])),
    }));
    expectClose(found['one'], flat(known('fused at alpha=1 (static proxy tuning)')));
    expectClose(found['none'], flat(known('z_large')));
  });
});
