import { z } from 'zod';
import type { VariableSource } from '../../engine/optimisers/optimisers.ts';
import { tf } from '../../engine/tf.ts';
import type { CompiledStep, Engine, NamedArrays, StepInputs, Variable } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { defineMergingMethod } from './shared/define.ts';
import { learnable } from './shared/learnable.ts';
import { crossEntropies, learn, learningStep } from './shared/learning.ts';
import type { LearntTask } from './shared/learning.ts';
import {
  coefficientNote,
  coefficientRows,
  mergedArrays,
  mergedTensors,
  residentChanges,
} from './shared/merged-weights.ts';
import type { ResidentVectors } from './shared/merged-weights.ts';
import { taskVectors } from './shared/task-vectors.ts';
import { openValidation } from './shared/validation-judge.ts';

/**
 * One step of SUPERMERGE: Adam on w of θ^l = θ0^l + Σ_t tanh(w_t^l) τ_t^l against the cross-entropy of a few labelled
 * rows of each task, summed over tasks.
 */
export function supermergeStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  weights: Variable,
  tasks: readonly LearntTask[],
  { rate, name }: { readonly rate: number; readonly name: string },
): CompiledStep<StepInputs, 'loss'> {
  return learningStep(engine, source, network, { weights }, tasks, {
    optimiser: { kind: 'adam', lr: rate },
    prefix: name,
    merge: (scope, learnt) => ({ params: mergedTensors(scope, vectors, tf.tanh(learnt['weights'])) }),
    loss: crossEntropies,
  });
}

/** Groups of consecutive models, the last one perhaps smaller. */
const inGroups = (models: number, size: number): number[][] =>
  Array.from({ length: Math.ceil(models / size) }, (_, group) =>
    Array.from({ length: Math.min(size, models - group * size) }, (_model, at) => group * size + at),
  );

export default defineMergingMethod({
  id: 'supermerge',
  version: 1,
  title: 'SUPERMERGE',
  summary: 'Learns tanh-bounded scales of every tensor of the task vectors from a few labelled rows of all tasks.',
  paper: {
    title: 'SUPERMERGE: An Approach For Gradient-Based Model Merging',
    authors: 'Yang et al.',
    year: 2024,
    reference: 'arXiv:2412.10416',
    equations: 'The layer-wise merge with tanh, and its hierarchical variant',
    deviations:
      'No code of the authors was found: start at artanh 0.3, Adam 1e-3 and 500 steps are those of a ' +
      're-implementation by others; the hierarchy is groups of consecutive models, each merged on its own ' +
      'tasks, then all together.',
  },
  needsStart: true,
  asks: ['validation'],
  fits: learnable,
  fields: {
    start: z.number().min(-0.99).max(0.99).default(0.3).describe('tanh w before the first step'),
    groupSize: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(0)
      .describe('Models that are merged first in a hierarchy; 0 = all at once'),
    steps: z.number().int().min(1).max(10_000).default(500).describe('Steps of Adam in each merge'),
    rate: z.number().min(1e-6).max(1).default(0.001).describe('Learning rate of Adam'),
    batchSize: z.number().int().min(1).max(1024).default(32).describe('Labelled rows of each task in a step'),
  },
  async *merge({ context, network, base, models, heads, taskOf, tasks }, values) {
    const { start, groupSize, steps, rate, batchSize } = values;
    const { engine, state } = context;
    const splits = await openValidation(tasks);
    const groups = groupSize < 2 ? [] : inGroups(models.length, groupSize).filter(({ length }) => length > 1);
    const total = steps * (groups.length + 1);
    const notes: string[] = [];
    let coefficients: number[][] = [];
    const names = network.params.map(({ name }) => name).filter((name) => name in base);
    const all = [...new Set(taskOf)];

    /** Merge number `turn` of these nets, on rows of these tasks. */
    async function* merged(turn: number, nets: readonly NamedArrays[], on: readonly number[]) {
      const vectors = taskVectors(nets, base);
      const resident = residentChanges(engine, network, base, vectors, heads);
      const spec = { shape: [names.length, nets.length], dtype: 'float32' } as const;
      const weights = state.variable(`weights${turn}`, spec, () =>
        new Float32Array(names.length * nets.length).fill(Math.atanh(start)),
      );
      const learnt = on.map((task) => ({ head: tasks[task].head, inputs: splits[task].x, labels: splits[task].y }));
      const step = supermergeStep(engine, state, network, resident, weights, learnt, { rate, name: `adam${turn}` });
      const pools = on.map((task) => splits[task]);
      const [from, to] = [turn * steps, (turn + 1) * steps];
      yield* learn(context, { step, pools, size: batchSize, from, to, total, metric: 'loss' });
      const found = (await engine.read(weights)).map((weight) => Math.tanh(weight));
      coefficients = coefficientRows(nets.length, found);
      notes.push(`Merge ${turn + 1}: ${coefficientNote('tanh w', names.length, found)}`);
      return mergedArrays(base, vectors, names, found);
    }

    let nets: readonly NamedArrays[] = models;
    for (const [turn, group] of groups.entries()) {
      const parts = group.map((model) => models[model]);
      const one = yield* merged(turn, parts, [...new Set(group.map((model) => taskOf[model]))]);
      nets = nets.map((net, model) => (group.includes(model) ? one : net));
    }
    const last = yield* merged(groups.length, [...new Set(nets)], all);
    return { kind: 'parameters', merged: last, matrices: { coefficients }, notes };
  },
});
