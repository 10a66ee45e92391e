import { z } from 'zod';
import type { VariableSource } from '../../engine/optimisers/optimisers.ts';
import { tf, type Scalar } from '../../engine/tf.ts';
import type { CompiledStep, Engine, NamedArrays, StepInputs, Variable } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import type { Stream } from '../../engine/random/streams.ts';
import { defineMergingMethod } from './shared/define.ts';
import { learnable } from './shared/learnable.ts';
import { crossEntropies, learn, learningStep, meanCrossEntropy } from './shared/learning.ts';
import type { LearntTask, TaskLogits } from './shared/learning.ts';
import {
  coefficientNote,
  coefficientRows,
  mergedArrays,
  mergedTensors,
  residentChanges,
} from './shared/merged-weights.ts';
import type { ResidentVectors } from './shared/merged-weights.ts';
import { firstOfEach } from './shared/shots.ts';
import { taskVectors } from './shared/task-vectors.ts';
import { openValidation } from './shared/validation-judge.ts';

/** −CE of the first task + CE of the others: what is to be forgotten, and what is to be kept. */
export const forgetting = (answers: readonly TaskLogits[]): Scalar =>
  tf.sub(crossEntropies(answers.slice(1)), meanCrossEntropy(answers[0])).asScalar();

/**
 * One step of aTLAS (Zhang et al. 2024, equation 3): AdamW on the coefficients Λ of θ0 + Σ_t Λ_t τ_t, one a tensor and
 * task vector, against cross-entropies of labelled rows; gradients are cut to length 1.
 */
export function scalingStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  coefficients: Variable,
  tasks: readonly LearntTask[],
  options: { readonly rate: number; readonly weightDecay: number; loss?(answers: readonly TaskLogits[]): Scalar },
): CompiledStep<StepInputs, 'loss'> {
  const { rate, weightDecay, loss = crossEntropies } = options;
  return learningStep(engine, source, network, { coefficients }, tasks, {
    optimiser: { kind: 'adamw', lr: rate, weightDecay },
    clip: 1,
    merge: (scope, learnt) => ({ params: mergedTensors(scope, vectors, learnt['coefficients']) }),
    loss,
  });
}

/** aTLAS×K: every vector in so many parts, by random masks that share no entry; each gets coefficients of its own. */
export function partitioned(
  vectors: readonly NamedArrays[],
  parts: number,
  stream: (name: string) => Stream,
): NamedArrays[] {
  if (parts === 1) return [...vectors];
  return vectors.flatMap((vector, model) => {
    const drawn = Object.fromEntries(
      Object.entries(vector).map(([name, values]) => {
        const from = stream(`partition/${model}/${name}`);
        return [name, values.map(() => from.integer(parts))];
      }),
    );
    return Array.from({ length: parts }, (_, part) =>
      Object.fromEntries(
        Object.entries(vector).map(([name, values]) => [
          name,
          values.map((v, at) => (drawn[name][at] === part ? v : 0)),
        ]),
      ),
    );
  });
}

export default defineMergingMethod({
  id: 'atlas',
  version: 1,
  title: 'aTLAS',
  summary: 'Learns a coefficient for every tensor of every task vector from labelled validation rows, starting at 0.',
  paper: {
    title: 'Knowledge Composition using Task Vectors with Learned Anisotropic Scaling',
    authors: 'Zhang et al.',
    year: 2024,
    reference: 'arXiv:2407.02880',
    equations: 'Equation 3 for addition, negation and few-shot; aTLAS×K with random partitions',
    deviations: 'Labelled rows are those of the validation split; no penalty on coefficients but weight decay.',
  },
  needsStart: true,
  asks: ['validation'],
  fits: learnable,
  fields: {
    objective: z
      .enum(['addition', 'few-shot', 'negation'])
      .default('addition')
      .describe(
        "All tasks together; the target task alone, without its own expert; or the target's loss up, others' down",
      ),
    target: z.number().int().min(0).max(99).default(0).describe('Number of the target task (few-shot, negation)'),
    shots: z.number().int().min(1).max(10_000).default(10_000).describe('Labelled rows of each class at most'),
    partitions: z
      .number()
      .int()
      .min(1)
      .max(100)
      .default(1)
      .describe('Parts K of each tensor with coefficients of their own'),
    steps: z.number().int().min(1).max(20_000).default(1000).describe('Steps of AdamW'),
    rate: z.number().min(1e-6).max(1).default(0.001).describe('Learning rate of AdamW'),
    weightDecay: z.number().min(0).max(1).default(0.1).describe('Weight decay of AdamW'),
    batchSize: z.number().int().min(1).max(1024).default(32).describe('Labelled rows of each task in a step'),
  },
  async *merge({ context, network, base, models, heads, taskOf, tasks }, values) {
    const { objective, target, shots, partitions, steps, rate, weightDecay, batchSize } = values;
    const { engine, state, stream } = context;
    if (objective !== 'addition' && target >= tasks.length)
      throw new Error(
        `There is no task ${target}: the suite has ${tasks.length}, counted from 0. Set "target" to one of them.`,
      );
    const used = objective === 'few-shot' ? models.filter((_, model) => taskOf[model] !== target) : models;
    const vectors = partitioned(taskVectors(used, base), partitions, stream);
    const resident = residentChanges(engine, network, base, vectors, heads);
    const names = resident.merged.map(({ name }) => name);
    const spec = { shape: [names.length, vectors.length], dtype: 'float32' } as const;
    const coefficients = state.variable('coefficients', spec, () => new Float32Array(names.length * vectors.length));
    const others = [...tasks.keys()].filter((task) => task !== target);
    const on = objective === 'addition' ? [...tasks.keys()] : objective === 'few-shot' ? [target] : [target, ...others];
    const splits = await openValidation(on.map((task) => tasks[task]));
    const learnt = on.map((task, at) => ({ head: tasks[task].head, inputs: splits[at].x, labels: splits[at].y }));
    const pools = splits.map(({ labels }) => {
      const ids = firstOfEach(labels, shots);
      return { rows: ids.length, ids };
    });
    const loss = objective === 'negation' ? forgetting : crossEntropies;
    const step = scalingStep(engine, state, network, resident, coefficients, learnt, { rate, weightDecay, loss });
    yield* learn(context, { step, pools, size: batchSize, to: steps, metric: 'loss' });
    const found = await engine.read(coefficients);
    return {
      kind: 'parameters',
      merged: mergedArrays(base, vectors, names, found),
      matrices: { coefficients: coefficientRows(vectors.length, found) },
      notes: [coefficientNote('Coefficients', names.length, found)],
    };
  },
});
