import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../src-main/engine/losses.ts';
import { chained, lars } from '../../../src-main/engine/optimisers/compose.ts';
import { makeOptimiser } from '../../../src-main/engine/optimisers/optimisers.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Engine, OptimiserSpec, Variables } from '../../../src-main/engine/types.ts';
import { flat, knownSteps, section, tinyParameters, type TinyParameters } from '../../fixtures/methods/known-steps.ts';

const cases: [name: string, spec: OptimiserSpec][] = [
  ['sgd lr=.1', { kind: 'sgd', lr: 0.1 }],
  ['sgd lr=.1 momentum=.9 (', { kind: 'sgd', lr: 0.1, momentum: 0.9 }],
  ['sgd lr=.1 momentum=.9 nesterov', { kind: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 }],
  ['adam lr=.01 b1', { kind: 'adam', lr: 0.01 }],
  ['adam lr=.01 eps=.05', { kind: 'adam', lr: 0.01, epsilon: 0.05 }],
  ['adamw', { kind: 'adamw', lr: 0.01, weightDecay: 0.1 }],
  ['adagrad', { kind: 'adagrad', lr: 0.1 }],
  ['rmsprop', { kind: 'rmsprop', lr: 0.01 }],
];

/** Made of others: what they do was computed by numpy. */
const composed: [name: string, spec: OptimiserSpec][] = [
  [
    'clipped',
    chained(
      [
        { kind: 'clip-norm', norm: 0.3 },
        { kind: 'decay', weightDecay: 0.01 },
      ],
      { kind: 'sgd', lr: 0.1, momentum: 0.9 },
    ),
  ],
  ['lars', lars({ lr: 0.5, momentum: 0.9 }, { weightDecay: 0.01, coefficient: 0.02 }, '^W')],
  [
    'labelled',
    {
      kind: 'by-label',
      lr: 0.1,
      groups: [
        { label: 'slow', parameters: '^W1$', rate: 0.1, by: { kind: 'sgd', lr: 1, momentum: 0.9 } },
        { label: 'frozen', parameters: '^b1$', rate: 1, by: null },
        { label: 'rest', parameters: '', rate: 0.05, by: { kind: 'adam', lr: 1 } },
      ],
    },
  ],
];
const composedAnswers: Readonly<Record<string, unknown>> = JSON.parse(
  readFileSync(new URL('../../fixtures/engine/composed-optimisers.json', import.meta.url), 'utf8'),
);

function tinyVariables(engine: Engine): Variables {
  const { theta } = knownSteps;
  return {
    W1: engine.variable('W1', { shape: [6, 5], dtype: 'float32' }, flat(theta.W1)),
    b1: engine.variable('b1', { shape: [5], dtype: 'float32' }, flat(theta.b1)),
    W2: engine.variable('W2', { shape: [5, 4], dtype: 'float32' }, flat(theta.W2)),
    b2: engine.variable('b2', { shape: [4], dtype: 'float32' }, flat(theta.b2)),
  };
}

/** The largest |found − expected| relative to the largest expected magnitude of its tensor. */
export async function worstError(engine: Engine, variables: Variables, expected: TinyParameters): Promise<number> {
  let worst = 0;
  for (const name of ['W1', 'b1', 'W2', 'b2'] as const) {
    const wanted = flat(expected[name]),
      found = await engine.read(variables[name]);
    const scale = Math.max(...wanted.map(Math.abs));
    wanted.forEach((value, i) => {
      worst = Math.max(worst, Math.abs(found[i] - value) / scale);
    });
  }
  return worst;
}

describe.each([
  ['tensorflow-cpu', false],
  ['tensorflow-cpu', true],
  ['wasm', false],
] as const)('optimisers on %s (eager %s)', (backend, eager) => {
  it.each([...cases, ...composed])('%s gives the parameters that are known after three steps', async (name, spec) => {
    const engine = await openEngine(backend, { eager });
    const variables = tinyVariables(engine);
    const optimiser = makeOptimiser(
      { variable: (key, tensor, initial) => engine.variable(key, tensor, initial()) },
      spec,
      variables,
    );
    const step = engine.compileStep({
      name: 'test/step',
      inputs: {
        x: { shape: [8, 6], dtype: 'float32' },
        y: { shape: [-1], dtype: 'int32' },
        lr: { shape: [], dtype: 'float32' },
      },
      body: ({ x, y, lr }, scope) => {
        const parameters = Object.fromEntries(
          Object.entries(variables).map(([key, variable]) => [key, scope.read(variable)]),
        );
        const { value, gradients } = valueAndGradients(
          (p) =>
            softmaxCrossEntropy(
              tf.add(
                tf.matMul(
                  tf.relu(tf.add(tf.matMul(x.as2D(8, 6), p['W1'].as2D(6, 5)), p['b1'])).as2D(8, 5),
                  p['W2'].as2D(5, 4),
                ),
                p['b2'],
              ),
              y,
            ),
          parameters,
        );
        optimiser.update(scope, gradients, lr);
        return { loss: value };
      },
    });
    const feed = { x: flat(knownSteps.x), y: Int32Array.from(knownSteps.y), lr: Float32Array.of(spec.lr) };
    const outputs = await step.run([feed, feed, feed]);
    expect(outputs[0].loss[0]).toBeCloseTo(knownSteps.cross_entropy_mean, 5);
    const known = composed.some(([other]) => other === name) ? composedAnswers : knownSteps.after_3_steps;
    expect(await worstError(engine, variables, section(name, tinyParameters, known))).toBeLessThan(1e-4);
    step.dispose();
    engine.dispose();
  });
});

it('every part of a composed optimiser has named slots, and what stays as it is has none', async () => {
  const engine = await openEngine('wasm');
  const { slots, starts } = makeOptimiser(
    { variable: (key, tensor, initial) => engine.variable(key, tensor, initial()) },
    composed[2][1],
    tinyVariables(engine),
    'mine',
  );
  const adam = ['m/W2', 'm/b2', 's/W2', 's/b2', 'beta1-power', 'beta2-power'].map((name) => `mine/rest/${name}`);
  expect(Object.keys(slots).sort()).toEqual(['mine/slow/velocity/W1', ...adam].sort());
  expect(Object.entries(starts).filter(([, start]) => start === 1)).toHaveLength(2);
  engine.dispose();
});
