import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope, Tensors } from '../../engine/types.ts';
import { layersOf } from '../../engine/networks/specification.ts';
import { networkPredictor, withTasks } from '../shared/network-predictor.ts';
import { readAll } from '../shared/network-variables.ts';
import { stepsOf } from '../shared/phases.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import type { Phase } from './shared/step-contract.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { claimed, FREE } from './shared/pruning.ts';

/**
 * PackNet (Mallya & Lazebnik 2018): a task trains the weights that are free, gives the smallest of them back, trains
 * the others once more and keeps them for ever. A test example is answered with the weights of its task and of those
 * before it, so nothing is forgotten.
 */
export default defineContinualMethod({
  id: 'packnet',
  version: 1,
  title: 'PackNet',
  summary: 'Packs tasks into one network: prunes after each and freezes what is left for it.',
  paper: {
    title: 'PackNet: Adding Multiple Tasks to a Single Network by Iterative Pruning',
    authors: 'Mallya, Lazebnik',
    year: 2018,
    reference: 'arXiv:1711.05769',
    equations: 'section 3; magnitudes are ranked layer by layer',
    deviations:
      "Training after pruning is part of the suite's budget, not beside it. Biases of hidden layers train in the " +
      'first task only, as in the published code; a task has the outputs of its classes, which are never pruned. ' +
      "It starts from the suite's start, not from a network trained on other data.",
  },
  fields: {
    prune: z.number().min(0).max(0.99).default(0.5).describe("Share of a task's weights that is given back"),
    retrain: z.number().min(0).max(0.9).default(0.33).describe("Share of a task's steps that come after pruning"),
  },
  asks: ['task-id-at-test', 'boundaries'],
  fits: ({ network }) =>
    layersOf(network).every(({ kind }) => !kind.endsWith('-norm')) ||
    'PackNet keeps what a task computes; the statistics of norms would move with later tasks.',
  create: (run, { prune, retrain }) => {
    const { protocol, context } = run;
    const { engine, network } = context;
    const heads = network.spec.heads.map(({ name }) => `${name}/`);
    const isOfHead = (name: string): boolean => heads.some((head) => name.startsWith(head));
    const kernels = network.params.filter(({ name, role }) => role === 'kernel' && !isOfHead(name));
    /** By kernel: 0 where a weight is free, t + 1 where it is of task t. */
    const owners = Object.fromEntries(
      kernels.map(({ name, shape }) => [name, run.variable(`owners/${name}`, { shape, dtype: 'float32' })]),
    );
    const present = run.variable('present-task', { shape: [], dtype: 'float32' });
    const outputs = run.variable('present-outputs', { shape: [protocol.outputs], dtype: 'float32' });

    /** 1 for what the present task may change, by parameter; `owner` is whose weights it trains. */
    const masks = (scope: StepScope, owner: Tensor): Tensors =>
      Object.fromEntries(
        network.params.map(({ name }) => {
          if (isOfHead(name)) return [name, scope.read(outputs)];
          const mask = name in owners ? tf.equal(scope.read(owners[name]), owner) : tf.equal(scope.read(present), 1);
          return [name, tf.cast(mask, 'float32')];
        }),
      );
    const phase = (name: string, steps: number, ownerOf: (scope: StepScope) => Tensor): Phase => ({
      name,
      steps,
      transformGradients: (scope, gradients) => {
        const mask = masks(scope, ownerOf(scope));
        return Object.fromEntries(Object.entries(gradients).map(([key, value]) => [key, tf.mul(value, mask[key])]));
      },
      // Momentum and Adam also move where the gradient is 0.
      afterUpdate: (scope, { before }) => {
        for (const [key, mask] of Object.entries(masks(scope, ownerOf(scope)))) {
          const [old, moved] = [before[key], scope.read(run.parameters[key])];
          scope.assign(run.parameters[key], tf.add(tf.mul(moved, mask), tf.mul(old, tf.sub(1, mask))));
        }
      },
    });
    const keepLargest = async (task: number): Promise<void> => {
      for (const { name } of kernels) {
        const [weights, before] = [await engine.read(run.parameters[name]), await engine.read(owners[name])];
        const after = claimed(weights, before, task, prune);
        engine.write(owners[name], after);
        engine.write(
          run.parameters[name],
          Float32Array.from(weights, (weight, i) => (after[i] === FREE ? 0 : weight)),
        );
      }
    };
    const logitsOf = (scope: StepScope, x: Tensor, task: number): Tensor => {
      const params: Tensors = readAll(scope, run.parameters);
      for (const [name, variable] of Object.entries(owners)) {
        const owner = scope.read(variable);
        const mask = tf.logicalAnd(tf.greater(owner, FREE), tf.lessEqual(owner, task + 1));
        params[name] = tf.mul(params[name], tf.cast(mask, 'float32'));
      }
      return network.apply({ params, state: {} }, x, { mode: 'eval' }).logits;
    };
    const predictor = networkPredictor(engine, network, run, {
      kind: 'logits',
      ...withTasks(rowsPerEvaluation(network)),
      answer: (scope, x, { tasks }) =>
        tf.addN(
          protocol.tasks.map(({ index }) =>
            tf.mul(logitsOf(scope, x, index), tf.expandDims(tf.cast(tf.equal(tasks, index), 'float32'), 1)),
          ),
        ),
    });
    return {
      predictor: () => predictor,
      beginTask: async (task) => {
        const own = new Set(protocol.tasks[task].outputs);
        engine.write(present, Float32Array.of(task + 1));
        engine.write(
          outputs,
          Float32Array.from({ length: protocol.outputs }, (_, o) => (own.has(o) ? 1 : 0)),
        );
      },
      phases: (task) => {
        const { batchSize, lastBatch, epochs, steps } = protocol;
        const sizes = { examples: protocol.tasks[task].size, batchSize, lastBatch, epochs };
        const all = stepsOf(steps === null ? sizes : { ...sizes, steps });
        const after = Math.max(1, Math.floor(retrain * all));
        return [
          phase('train', all - after, () => tf.scalar(FREE)),
          { ...phase('retrain', after, (scope) => scope.read(present)), begin: () => keepLargest(task) },
        ];
      },
    };
  },
});
