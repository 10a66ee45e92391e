import { openEngine } from '../../../engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../engine/losses.ts';
import { buildNetwork } from '../../../engine/networks.ts';
import { makeOptimiser } from '../../../engine/optimisers.ts';
import { stream } from '../../../engine/streams.ts';
import { tf } from '../../../engine/tf.ts';
import type { Engine, TensorData } from '../../../engine/types.ts';
import { BATCH, NETWORKS, OPTIMISERS, widthOf } from '../suites.ts';
import type { BenchNetwork, OptimiserName } from '../suites.ts';
import { lowPriority, serveLines } from './serve-lines.ts';

/** Steps between two looks at the clock. */
const CHUNK = { mlp: 32, cnn: 2 };

/** One training step with resident data through the engine alone, without method, suite and worker: for comparing ways of running it. */
function stepsOf(engine: Engine, { spec, rows }: BenchNetwork, optimiserName: OptimiserName): () => Promise<number> {
  const network = buildNetwork(spec);
  const width = widthOf(spec);
  const random = stream(1, 'bench');
  const x = new Float32Array(rows * width);
  random.fillUniform(x, 0, 1);
  const data = engine.variable('x', { shape: [rows, width], dtype: 'float32' }, x), labels = engine.variable('y', { shape: [rows], dtype: 'int32' }, Int32Array.from({ length: rows }, () => random.integer(10)));
  const initial = network.init(stream(1, 'init')).params;
  const variables = Object.fromEntries(network.params.map(({ name, shape }) => [name, engine.variable(name, { shape, dtype: 'float32' }, initial[name])]));
  const optimiserSpec = OPTIMISERS[optimiserName];
  const optimiser = makeOptimiser({ variable: (name, tensor, first) => engine.variable(name, tensor, first()) }, optimiserSpec, variables);
  const step = engine.compileStep({
    name: 'bench/train', inputs: { rows: { shape: [BATCH], dtype: 'int32' } },
    body: (inputs, scope) => {
      const images = scope.gather(data, inputs.rows), targets = scope.gather(labels, inputs.rows);
      const { value, gradients } = valueAndGradients((params) => softmaxCrossEntropy(network.apply({ params, state: {} }, images, { mode: 'train' }).logits, targets), Object.fromEntries(Object.entries(variables).map(([name, v]) => [name, scope.read(v)])));
      optimiser.update(scope, gradients, tf.scalar(optimiserSpec.lr));
      return { loss: value };
    },
  });
  const chunk = CHUNK[spec.kind];
  let epoch = 0, place = 0, order: Int32Array = random.permutation(rows);
  return async () => {
    const feeds: { rows: TensorData }[] = [];
    while (feeds.length < chunk) {
      if (place + BATCH > rows) {
        order = stream(1, `order/${epoch++}`).permutation(rows);
        place = 0;
      }
      feeds.push({ rows: order.subarray(place, place + BATCH) });
      place += BATCH;
    }
    await step.run(feeds);
    return chunk;
  };
}

// Started by the row eager/* as: engine-steps.ts <network> <optimiser> <compiled|eager>.
const [, , networkId, optimiserName, way] = process.argv;
const network = Object.values(NETWORKS).find(({ id }) => id === networkId);
if (network === undefined || (optimiserName !== 'sgd' && optimiserName !== 'adam')) throw new Error(`usage: engine-steps.ts <${Object.values(NETWORKS).map(({ id }) => id).join('|')}> <sgd|adam> <compiled|eager>`);
lowPriority();
const engine = await openEngine('tensorflow-cpu', { eager: way === 'eager', threads: 1 });
await serveLines({ ...engine.versions }, stepsOf(engine, network, optimiserName));
process.exit(0);
