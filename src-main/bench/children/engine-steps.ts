import { openEngine } from '../../engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../engine/losses.ts';
import { isConvolutional } from '../../engine/networks/specification.ts';
import { buildNetwork } from '../../engine/networks/networks.ts';
import { makeOptimiser } from '../../engine/optimisers/optimisers.ts';
import { stream } from '../../engine/random/streams.ts';
import { tf } from '../../engine/tf.ts';
import { readAll } from '../../methods/shared/network-variables.ts';
import type { Engine, TensorData } from '../../engine/types.ts';
import { widthOf } from '../suites.ts';
import { parseStepCase } from '../step-case.ts';
import type { StepCase } from '../step-case.ts';
import { lowPriority, serveLines } from './serve-lines.ts';

/** Steps between two looks at the clock. */
const CHUNK = { mlp: 32, cnn: 2 };

/**
 * One training step with resident data through the engine alone, without method, suite and worker: for comparing ways
 * of running it.
 */
function stepsOf(
  engine: Engine,
  { network: spec, rows, batch, optimiser: optimiserSpec, way }: StepCase,
): () => Promise<number> {
  const network = buildNetwork(spec);
  const width = widthOf(spec);
  const random = stream(1, 'bench');
  const x = new Float32Array(rows * width);
  random.fillUniform(x, 0, 1);
  const data = engine.variable('x', { shape: [rows, width], dtype: 'float32' }, x),
    labels = engine.variable(
      'y',
      { shape: [rows], dtype: 'int32' },
      Int32Array.from({ length: rows }, () => random.integer(network.outputs)),
    );
  const { params: initial, state: statistics } = network.init(stream(1, 'init'));
  const variables = Object.fromEntries(
    network.params.map(({ name, shape }) => [name, engine.variable(name, { shape, dtype: 'float32' }, initial[name])]),
  );
  const running = Object.fromEntries(
    network.state.map(({ name, shape }) => [
      name,
      engine.variable(name, { shape, dtype: 'float32' }, statistics[name]),
    ]),
  );
  const optimiser = makeOptimiser(
    { variable: (name, tensor, first) => engine.variable(name, tensor, first()) },
    optimiserSpec,
    variables,
  );
  const step = engine.compileStep({
    name: 'bench/train',
    inputs: { rows: { shape: [batch], dtype: 'int32' } },
    ...(way === 'compiled' ? { stepsPerCall: 1 } : {}),
    body: (inputs, scope) => {
      const images = scope.gather(data, inputs.rows),
        targets = scope.gather(labels, inputs.rows);
      const state = readAll(scope, running);
      const { value, gradients } = valueAndGradients(
        (params) => {
          const applied = network.apply({ params, state }, images, { mode: 'train' });
          for (const [name, next] of Object.entries(applied.state)) scope.assign(running[name], next);
          return softmaxCrossEntropy(applied.logits, targets);
        },
        readAll(scope, variables),
      );
      optimiser.update(scope, gradients, tf.scalar(optimiserSpec.lr));
      return { loss: value };
    },
  });
  const chunk = CHUNK[isConvolutional(spec) ? 'cnn' : 'mlp'];
  let epoch = 0,
    place = 0,
    order: Int32Array = random.permutation(rows);
  return async () => {
    const feeds: { rows: TensorData }[] = [];
    while (feeds.length < chunk) {
      if (place + batch > rows) {
        order = stream(1, `order/${epoch++}`).permutation(rows);
        place = 0;
      }
      feeds.push({ rows: order.subarray(place, place + batch) });
      place += batch;
    }
    await step.run(feeds);
    return chunk;
  };
}

// Started by the rows eager/* and suite-step/* with a StepCase as JSON.
const stepCase = parseStepCase(process.argv[2]);
lowPriority();
const engine = await openEngine(stepCase.backend, {
  eager: stepCase.way === 'eager',
  threads: 1,
  convolutional: isConvolutional(stepCase.network),
});
await serveLines({ ...engine.versions }, stepsOf(engine, stepCase));
process.exit(0);
