import { cnn } from '../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../src-main/engine/losses.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { makeOptimiser } from '../../../src-main/engine/optimisers/optimisers.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';

const ROWS = 24,
  BATCH = 8,
  STEPS = 3;
const NETWORKS: readonly NetworkSpec[] = [
  // two hidden layers, because the second one's dropout key is computed from the first one's
  mlp({ input: 48, hidden: [8, 6], outputs: 3, init: 'torch-default', dropout: 0.2 }),
  cnn({ input: [4, 4, 3], conv: [4, 4], dense: 6, outputs: 3, init: 'he-normal', batchNorm: true }),
];

export interface TinyTraining {
  readonly losses: number[];
  readonly parameters: Record<string, number[]>;
}

/**
 * Trains a small dense and a small convolutional network for a few steps with everything that methods use: rows
 * gathered on the device, dropout, batch norm, momentum, a scatter into a resident buffer, outputs, reads and writes of
 * variables.
 */
export async function trainTiny(engine: Engine): Promise<TinyTraining> {
  const losses: number[] = [];
  const parameters: Record<string, number[]> = {};
  for (const spec of NETWORKS) {
    const network = buildNetwork(spec);
    const random = stream(11, `tiny/${spec.architecture.kind}`);
    const x = new Float32Array(ROWS * 48);
    random.fillNormal(x, 0, 1);
    const data = engine.variable('x', { shape: [ROWS, 48], dtype: 'float32' }, x);
    const labels = engine.variable(
      'y',
      { shape: [ROWS], dtype: 'int32' },
      Int32Array.from({ length: ROWS }, () => random.integer(3)),
    );
    const seen = engine.variable('seen', { shape: [ROWS], dtype: 'float32' });
    const start = network.init(stream(11, `init/${spec.architecture.kind}`));
    const variables = Object.fromEntries(
      network.params.map(({ name, shape }) => [name, engine.variable(name, { shape, dtype: 'float32' })]),
    );
    for (const [name, variable] of Object.entries(variables)) engine.write(variable, start.params[name]);
    const statistics = Object.fromEntries(
      network.state.map(({ name, shape }) => [
        name,
        engine.variable(name, { shape, dtype: 'float32' }, start.state[name]),
      ]),
    );
    const optimiser = makeOptimiser(
      { variable: (name, tensor, first) => engine.variable(name, tensor, first()) },
      { kind: 'sgd', lr: 0.05, momentum: 0.9 },
      variables,
    );
    const step = engine.compileStep({
      name: 'tiny/train',
      inputs: { rows: { shape: [BATCH], dtype: 'int32' }, key: { shape: [2], dtype: 'int32' } },
      body: ({ rows, key }, scope) => {
        const state = Object.fromEntries(
          Object.entries(statistics).map(([name, variable]) => [name, scope.read(variable)]),
        );
        const targets = scope.gather(labels, rows);
        const { value, gradients } = valueAndGradients(
          (params) => {
            const applied = network.apply({ params, state }, scope.gather(data, rows), {
              mode: 'train',
              random: { scope, key },
            });
            for (const [name, next] of Object.entries(applied.state)) scope.assign(statistics[name], next);
            return softmaxCrossEntropy(applied.logits, targets);
          },
          Object.fromEntries(Object.entries(variables).map(([name, variable]) => [name, scope.read(variable)])),
        );
        optimiser.update(scope, gradients, tf.scalar(0.05));
        scope.scatter(seen, rows, tf.ones([BATCH]));
        return { loss: value };
      },
    });
    const feeds = Array.from({ length: STEPS }, (_, i) => ({
      rows: stream(12, `rows/${i}`).sample(ROWS, BATCH),
      key: stream(12, `key/${i}`).key(),
    }));
    for (const { loss } of await step.run(feeds)) losses.push(loss[0]);
    for (const [name, variable] of Object.entries({ ...variables, ...statistics, seen }))
      parameters[`${spec.architecture.kind}/${name}`] = Array.from(await engine.read(variable));
    step.dispose();
  }
  return { losses, parameters };
}
