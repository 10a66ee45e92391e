import { z } from 'zod';
import { layersOf } from '../../engine/networks/specification.ts';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope, Tensors } from '../../engine/types.ts';
import { keyOf } from '../shared/trainables.ts';
import { stepsPerEpoch } from '../shared/phases.ts';
import type { Gates } from './contract.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** σ(s e), the attention of units by their embeddings. */
export const attention = (embedding: Tensor, s: Tensor | number): Tensor => tf.sigmoid(tf.mul(embedding, s));

/** s of batch b of B: it rises from 1/s_max to s_max within an epoch (eq. 3). */
export const annealed = (smax: number, batch: number, batches: number): number =>
  1 / smax + ((smax - 1 / smax) * batch) / batches;

/** What the gradient of an embedding is multiplied by, so that it does not depend on s (eq. 5); s e is cut at 50. */
export function compensation(embedding: Tensor, s: Tensor, smax: number): Tensor {
  const plusOne = (x: Tensor): Tensor => tf.add(tf.cosh(x), 1);
  const scaled = tf.clipByValue(tf.mul(embedding, s), -50, 50);
  return tf.mul(tf.div(plusOne(scaled), plusOne(embedding)), tf.div(smax, s));
}

/** Σ m (1 − before) / Σ (1 − before), over the units of all layers: what a task uses of what is free (eq. 6). */
export function usedShare(masks: readonly Tensor[], before: readonly Tensor[]): Tensor {
  const free = before.map((mask) => tf.sub(1, mask));
  const used = tf.addN(masks.map((mask, i) => tf.sum(tf.mul(mask, free[i]))));
  return tf.div(used, tf.maximum(tf.addN(free.map((mask) => tf.sum(mask))), 1e-6));
}

/** By weight [in, out]: 1 − min of the masks at both ends, 0 where earlier tasks need it (eq. 2). */
export const freeWeights = (ends: Tensor | null, units: Tensor): Tensor =>
  ends === null ? tf.expandDims(tf.sub(1, units), 0) : tf.sub(1, tf.minimum(tf.expandDims(ends, 1), units));

/**
 * Hard attention to the task (Serrà et al. 2018, section 2): each task learns an embedding for every hidden unit, whose
 * steep sigmoid switches the unit on or off. Weights between units that earlier tasks have on do not change.
 */
export default defineContinualMethod({
  id: 'hat',
  version: 1,
  title: 'Hard attention to the task (HAT)',
  summary: 'Learns for each task which hidden units it uses, and freezes the weights between those.',
  paper: {
    title: 'Overcoming Catastrophic Forgetting with Hard Attention to the Task',
    authors: 'Serrà, Surís, Miron, Karatzoglou',
    year: 2018,
    reference: 'arXiv:1801.01423',
    equations: 'eqs. 1 to 6',
    deviations:
      'Without dropout, patience and gradient clipping. The update of a weight is multiplied by what eq. 2 gives, ' +
      'not its gradient: the same for plain SGD, and right for optimisers with momentum too. Hard masks are the ' +
      'sigmoid above one half: with them nothing is forgotten.',
  },
  fields: {
    smax: z.number().min(1).max(10000).default(400).describe('Largest steepness s of the sigmoid'),
    lambda: z.number().min(0).max(100).default(0.75).describe('Weight λ of the share of free units that a task uses'),
    masks: z
      .enum(['soft', 'hard'])
      .default('soft')
      .describe('What is frozen and what answers: by the sigmoid at its steepest (the paper), or by its halves'),
  },
  asks: ['task-id-at-test', 'boundaries'],
  fits: ({ network }) =>
    layersOf(network).every(({ kind }) => kind === 'dense' || kind === 'relu') ||
    'Which weights lie between two units is written for dense layers.',
  create: (run, { smax, lambda, masks }) => {
    const { protocol, context } = run;
    const { network, engine } = context;
    const [head] = network.spec.heads;
    const layers = network.params
      .filter(({ name, role }) => role === 'kernel' && !name.startsWith(`${head.name}/`))
      .map(({ name, shape }) => ({ layer: name.slice(0, -'/kernel'.length), units: shape[1] }));
    const tasks = protocol.tasks.length;
    const normal = (layer: string): Float32Array => {
      const draws = run.stream(`embeddings/${layer}`);
      const { units } = layers.find((of) => of.layer === layer) ?? { units: 0 };
      return Float32Array.from({ length: tasks * units }, () => draws.normal());
    };
    const embeddings = run.trainable(
      'embeddings',
      Object.fromEntries(
        layers.map(({ layer, units }) => [layer, { shape: [tasks, units], initial: () => normal(layer) }]),
      ),
    );
    const vectors = (name: string) =>
      Object.fromEntries(
        layers.map(({ layer, units }) => [
          layer,
          run.variable(`${name}/${layer}`, { shape: [units], dtype: 'float32' }),
        ]),
      );
    const [before, present] = [
      vectors('earlier-masks'),
      run.variable('present', { shape: [tasks, 1], dtype: 'float32' }),
    ];
    const outputs = run.variable('present-outputs', { shape: [protocol.outputs], dtype: 'float32' });
    const steepness = run.variable('steepness', { shape: [], dtype: 'float32' });

    const settled = (embedding: Tensor): Tensor =>
      masks === 'soft' ? attention(embedding, smax) : tf.cast(tf.greater(embedding, 0), 'float32');
    /** Of all tasks [tasks, units] to that of the present one [units]. */
    const ofPresent = (scope: StepScope, all: Tensor): Tensor => tf.sum(tf.mul(all, scope.read(present)), 0);
    const attended = (all: Tensors, tasksOfBatch: Tensor): Gates =>
      Object.fromEntries(
        layers.map(({ layer }) => [layer, tf.matMul(tf.oneHot(tasksOfBatch, tasks), settled(all[layer]))]),
      );
    /** By parameter, the share of its update that it may have. */
    const free = (scope: StepScope): Tensors => {
      const shares: Tensors = {};
      let ends: Tensor | null = null;
      for (const { layer } of layers) {
        const units = scope.read(before[layer]);
        shares[`${layer}/kernel`] = freeWeights(ends, units);
        shares[`${layer}/bias`] = tf.sub(1, units);
        ends = units;
      }
      // A task has the outputs of its classes for itself.
      shares[`${head.name}/kernel`] = tf.expandDims(scope.read(outputs), 0);
      shares[`${head.name}/bias`] = scope.read(outputs);
      return shares;
    };
    const keyIn = (layer: string): string => keyOf(embeddings, layer);
    const { batchSize, lastBatch, epochs } = protocol;
    return {
      gates: (scope, tasksOfBatch) =>
        attended(
          Object.fromEntries(layers.map(({ layer }) => [layer, scope.read(embeddings.parameters[layer])])),
          tasksOfBatch,
        ),
      beginTask: async (task) => {
        const own = new Set(protocol.tasks[task].outputs);
        engine.write(
          outputs,
          Float32Array.from({ length: protocol.outputs }, (_, o) => (own.has(o) ? 1 : 0)),
        );
        engine.write(
          present,
          Float32Array.from({ length: tasks }, (_, t) => (t === task ? 1 : 0)),
        );
      },
      phases: (task) => [
        {
          name: '',
          trains: [run.model, embeddings],
          inputs: { s: { shape: [], dtype: 'float32' } },
          feed: ({ step }) => {
            const inEpoch = stepsPerEpoch({ examples: protocol.tasks[task].size, batchSize, lastBatch, epochs });
            return { s: Float32Array.of(annealed(smax, step, inEpoch)) };
          },
          lookahead: ({ scope, inputs }) => {
            scope.assign(steepness, inputs['s']);
            return {};
          },
          loss: (losses) => {
            const { scope, batch, inputs } = losses;
            const all = losses.tensors(embeddings);
            const own = layers.map(({ layer }) => attention(ofPresent(scope, all[layer]), inputs['s']));
            const gates = Object.fromEntries(layers.map(({ layer }, i) => [layer, own[i]]));
            const gate = (layer: string, activation: Tensor): Tensor => tf.mul(activation, gates[layer]);
            const { logits } = losses.apply(run.model, batch.x, { gate });
            const used = usedShare(
              own,
              layers.map(({ layer }) => scope.read(before[layer])),
            );
            return tf.add(losses.crossEntropy(logits, batch), tf.mul(used, lambda)).asScalar();
          },
          transformGradients: (scope, gradients) => ({
            ...gradients,
            ...Object.fromEntries(
              layers.map(({ layer }) => {
                const factor = compensation(scope.read(embeddings.parameters[layer]), scope.read(steepness), smax);
                return [keyIn(layer), tf.mul(gradients[keyIn(layer)], factor)];
              }),
            ),
          }),
          afterUpdate: (scope, { before: old }) => {
            for (const [name, share] of Object.entries(free(scope))) {
              if (!(name in run.parameters)) continue;
              const move = tf.sub(scope.read(run.parameters[name]), old[name]);
              scope.assign(run.parameters[name], tf.add(old[name], tf.mul(move, share)));
            }
            for (const { layer } of layers) {
              const [all, was] = [scope.read(embeddings.parameters[layer]), old[keyIn(layer)]];
              // Momentum would move those of other tasks.
              const own = tf.add(was, tf.mul(tf.sub(all, was), scope.read(present)));
              scope.assign(embeddings.parameters[layer], tf.clipByValue(own, -6, 6));
            }
          },
        },
      ],
      endTask: async (task) => {
        for (const { layer, units } of layers) {
          const [all, earlier] = [await engine.read(embeddings.parameters[layer]), await engine.read(before[layer])];
          const own = all.slice(task * units, (task + 1) * units);
          engine.write(
            before[layer],
            Float32Array.from(earlier, (mask, i) =>
              Math.max(mask, masks === 'hard' ? Number(own[i] > 0) : 1 / (1 + Math.exp(-smax * own[i]))),
            ),
          );
        }
      },
    };
  },
});
