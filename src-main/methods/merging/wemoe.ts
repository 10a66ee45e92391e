import { z } from 'zod';
import type { VariableSource } from '../../engine/optimisers/optimisers.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type {
  CompiledStep,
  Engine,
  NamedArrays,
  StepInputs,
  StepScope,
  Tensors,
  Variable,
  Variables,
} from '../../engine/types.ts';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { InitScheme, Network } from '../../engine/networks/specification.ts';
import type { UsedModel } from '../answers.ts';
import { readAll } from '../shared/network-variables.ts';
import { answersByHead } from './shared/answers-by-head.ts';
import { defineMergingMethod } from './shared/define.ts';
import { entropies, learn, learningStep } from './shared/learning.ts';
import type { LearntTask, Merging } from './shared/learning.ts';
import { mergedArrays, residentChanges } from './shared/merged-weights.ts';
import type { ResidentVectors } from './shared/merged-weights.ts';
import { expertsOf } from './shared/protocol.ts';
import { groupMeans, routable, routedTap, rowsAtOnce, startTensors, trunkLayers } from './shared/routed.ts';
import { taskVectors } from './shared/task-vectors.ts';

/**
 * What a gate says of the inputs [B, in] of its layer (Tang et al. 2024, section 3.2): λ = ReLU(x·W1 + b1)·W2 + b2 of
 * each row [B, models], or its mean over so many rows together.
 */
export function gateOf(x: Tensor, gate: Tensors, layer: string, together: number): Tensor {
  const part = (name: string): Tensor => gate[`${layer}/${name}`];
  const hidden = tf.relu(tf.add(tf.matMul(x, part('gate-in')), part('gate-in-bias')));
  const lambda = tf.add(tf.matMul(hidden, part('gate-out')), part('gate-out-bias'));
  return groupMeans(lambda, together);
}

/** Inside a step: the net whose layers with a gate have weights W0 + Σ_t λ_t(x) τ_t; the others stand as they are. */
export const routedNet = (scope: StepScope, vectors: ResidentVectors, gates: Tensors, together: number): Merging => ({
  params: startTensors(scope, vectors),
  details: {
    tap: routedTap(scope, vectors, (layer, x) =>
      `${layer}/gate-in` in gates ? gateOf(x, gates, layer, together) : null,
    ),
  },
});

/** One step of Adam on the gates, against the entropy of the answers to unlabelled inputs of all tasks. */
export function gateStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  gates: Variables,
  tasks: readonly LearntTask[],
  { rate, together }: { readonly rate: number; readonly together: number },
): CompiledStep<StepInputs, 'loss'> {
  return learningStep(engine, source, network, gates, tasks, {
    optimiser: { kind: 'adam', lr: rate },
    merge: (scope, learnt) => routedNet(scope, vectors, learnt, together),
    loss: entropies,
  });
}

const layerOf = (tensor: string): string => tensor.slice(0, tensor.lastIndexOf('/'));

/** A gate as the network that it is, to be counted. */
function gateModel(
  { layer, inputs }: { readonly layer: string; readonly inputs: number },
  outputs: number,
  init: InitScheme,
  gates: Variables,
): UsedModel {
  const part = (name: string): Variable => gates[`${layer}/${name}`];
  return {
    network: buildNetwork(mlp({ input: inputs, hidden: [inputs], outputs, init })),
    values: {
      'dense0/kernel': part('gate-in'),
      'dense0/bias': part('gate-in-bias'),
      'output/kernel': part('gate-out'),
      'output/bias': part('gate-out-bias'),
    },
  };
}

/** θ0 in the layers that are routed, θ0 + λ Σ τ in all others. */
export function staticPart(
  base: NamedArrays,
  vectors: readonly NamedArrays[],
  routed: ReadonlySet<string>,
  lambda: number,
): NamedArrays {
  const names = Object.keys(base).filter((name) => !routed.has(layerOf(name)));
  return mergedArrays(
    base,
    vectors,
    names,
    vectors.map(() => lambda),
  );
}

export default defineMergingMethod({
  id: 'wemoe',
  version: 1,
  title: 'WEMoE',
  summary:
    'Merges the first layer by task arithmetic; in the others a gate, learned on unlabelled test inputs, scales each ' +
    'task vector by what the layer is given.',
  paper: {
    title: 'Merging Multi-Task Models via Weight-Ensembling Mixture of Experts',
    authors: 'Tang et al.',
    year: 2024,
    reference: 'arXiv:2402.00433',
    equations: 'Section 3.2 and algorithm 1',
    deviations:
      'The layers of an MLP but the first stand where transformers have their MLP blocks, each with its own gate. As ' +
      "in the authors' code λ is the mean over a batch, of rows of one task; by sample and mixed batches as settings.",
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fits: routable,
  fields: {
    lambda: z.number().min(0).max(2).default(0.3).describe('λ of the layers without a gate, and that gates start from'),
    routing: z
      .enum(['batch', 'sample'])
      .default('batch')
      .describe('λ is the mean over a batch, or that of each sample'),
    batches: z
      .enum(['one task', 'mixed'])
      .default('one task')
      .describe('Batches that are answered: of one task, or with as many unlabelled inputs of every other task'),
    steps: z.number().int().min(1).max(20_000).default(1000).describe('Steps of Adam'),
    rate: z.number().min(1e-6).max(1).default(0.0001).describe('Learning rate of Adam'),
    batchSize: z.number().int().min(1).max(1024).default(16).describe('Inputs of each task in a step, and in a batch'),
  },
  async *merge({ context, network, base, models, heads, tasks }, values) {
    const { lambda, routing, batches, steps, rate, batchSize } = values;
    const { engine, state, stream } = context;
    const together = routing === 'batch' ? batchSize : 1;
    const changes = taskVectors(models, base);
    const layers = trunkLayers(network, base).slice(1);
    const routed = new Set(layers.map(({ layer }) => layer));
    const still = staticPart(base, changes, routed, lambda);
    const vectors = residentChanges(engine, network, still, changes, heads);
    const gates: Variables = {};
    for (const { layer, inputs } of layers) {
      const make = (name: string, shape: readonly number[], fill: (entries: Float32Array) => void): void => {
        gates[`${layer}/${name}`] = state.variable(`${layer}/${name}`, { shape, dtype: 'float32' }, () => {
          const entries = new Float32Array(shape.reduce((product, size) => product * size, 1));
          fill(entries);
          return entries;
        });
      };
      const drawn = (name: string) => (entries: Float32Array) =>
        stream(`gate/${layer}/${name}`).fillNormal(entries, 0, 0.01);
      make('gate-in', [inputs, inputs], drawn('in'));
      make('gate-in-bias', [inputs], () => undefined);
      make('gate-out', [inputs, models.length], drawn('out'));
      make('gate-out-bias', [models.length], (entries) => entries.fill(lambda));
    }
    const pools = tasks.map((task) => task.unlabelledTest());
    const learnt = tasks.map(({ head }, task) => ({ head, inputs: pools[task].x }));
    const step = gateStep(engine, state, network, vectors, gates, learnt, { rate, together });
    yield* learn(context, { step, pools, size: batchSize, to: steps, metric: 'entropy' });
    const answers = answersByHead(engine, network, {
      heads: expertsOf(context).facts.heads,
      rowsAtOnce: batches === 'mixed' ? batchSize : rowsAtOnce(network, together),
      answer(scope, net, x, task) {
        const [rows] = x.shape;
        const others = pools
          .filter((_, other) => batches === 'mixed' && other !== task)
          .map((other) => scope.gather(other.x, tf.range(0, Math.min(rows, other.rows), 1, 'int32')));
        const { params, details } = routedNet(
          scope,
          vectors,
          readAll(scope, gates),
          batches === 'mixed' && routing === 'batch' ? Infinity : together,
        );
        const batch = others.length > 0 ? tf.concat([x, ...others], 0) : x;
        const { logits } = net.apply({ params, state: {} }, batch, { mode: 'eval', ...details });
        return tf.slice(logits, [0, 0], [rows, net.outputs]);
      },
    });
    const parts = models.map((model) =>
      Object.fromEntries(
        Object.entries(still).map(([name, own]) => [name, routed.has(layerOf(name)) ? model[name] : own]),
      ),
    );
    const uses = [
      ...[still, ...parts].map((values) => ({ network, values: { ...heads, ...values } })),
      ...layers.map((layer) => gateModel(layer, models.length, network.spec.init, gates)),
    ];
    return { kind: 'answers', answers, uses, unseen: true };
  },
});
