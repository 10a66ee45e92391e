import { z } from 'zod';
import type { VariableSource } from '../../../engine/optimisers/optimisers.ts';
import { tf } from '../../../engine/tf.ts';
import type { CompiledStep, Engine, NamedArrays, StepInputs, Variable } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { ValuesOf } from '../../define.ts';
import type { Merged, MergingInput, MergingProgress } from '../contract.ts';
import { adaptationNotes } from './adaptation-notes.ts';
import { entropies, learn, learningStep } from './learning.ts';
import type { LearntTask } from './learning.ts';
import { coefficientNote, coefficientRows, mergedArrays, mergedTensors, residentChanges } from './merged-weights.ts';
import type { ResidentVectors } from './merged-weights.ts';

/** Settings of merges that learn λ from the entropy of answers to unlabelled inputs. */
export const adaptationFields = {
  granularity: z.enum(['task', 'layer']).default('layer').describe('One λ a model, or one a model and tensor'),
  start: z.number().min(0).max(1).default(0.3).describe('λ before the first step'),
  steps: z.number().int().min(1).max(10_000).default(500).describe('Steps of Adam'),
  rate: z.number().min(1e-6).max(1).default(0.001).describe('Learning rate of Adam'),
  batchSize: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(16)
    .describe('Inputs of each task in a batch; two batches a step'),
};

/** Batches of each task in a step, as in the authors' code. */
const BATCHES = 2;

/**
 * One step of AdaMerging (Yang et al. 2024, equations 5 and 6): Adam on the coefficients λ of the task vectors against
 * the entropy of the merged net's answers to unlabelled inputs, summed over tasks. λ is clamped to [0, 1] in the
 * forward pass, so it has no gradient outside. Inputs of the step: `rows<t>`, the rows of task t; with several batches
 * in them the means of all are added.
 *
 * @param lambda [1, models] or [merged tensors, models].
 */
export function adaptationStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  vectors: ResidentVectors,
  lambda: Variable,
  tasks: readonly LearntTask[],
  { rate, batches }: { readonly rate: number; readonly batches: number },
): CompiledStep<StepInputs, 'loss'> {
  return learningStep(engine, source, network, { lambda }, tasks, {
    optimiser: { kind: 'adam', lr: rate },
    merge: (scope, learnt) => ({ params: mergedTensors(scope, vectors, tf.clipByValue(learnt['lambda'], 0, 1)) }),
    loss: (answers) => tf.mul(entropies(answers), batches).asScalar(),
  });
}

/** Learns λ of vectors on the unlabelled inputs of all tasks, and merges with it. */
export async function* adapted(
  input: MergingInput,
  vectors: readonly NamedArrays[],
  { granularity, start, steps, rate, batchSize }: ValuesOf<typeof adaptationFields>,
): AsyncGenerator<MergingProgress, Merged, void> {
  const { context, network, base, heads, tasks } = input;
  const { engine, state } = context;
  const resident = residentChanges(engine, network, base, vectors, heads);
  const rows = granularity === 'task' ? 1 : resident.merged.length;
  const lambda = state.variable('lambda', { shape: [rows, vectors.length], dtype: 'float32' }, () =>
    new Float32Array(rows * vectors.length).fill(start),
  );
  const pools = tasks.map((task) => task.unlabelledTest());
  const adaptedTasks = tasks.map(({ head }, task) => ({ head, inputs: pools[task].x }));
  const options = { rate, batches: BATCHES };
  const step = adaptationStep(engine, state, network, resident, lambda, adaptedTasks, options);
  yield* learn(context, { step, pools, size: BATCHES * batchSize, to: steps, metric: 'entropy' });
  const found = (await engine.read(lambda)).map((value) => Math.min(1, Math.max(0, value)));
  const names = resident.merged.map(({ name }) => name);
  const merged = mergedArrays(base, vectors, names, found);
  return {
    kind: 'parameters',
    merged,
    matrices: { coefficients: coefficientRows(vectors.length, found) },
    notes: [coefficientNote('λ', rows, found), ...(await adaptationNotes(input, merged))],
  };
}
