import { crossEntropyPerExample, valueAndGradients } from '../../../engine/losses.ts';
import { makeOptimiser } from '../../../engine/optimisers/optimisers.ts';
import type { VariableSource } from '../../../engine/optimisers/optimisers.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type {
  ApplyOptions,
  CompiledStep,
  Engine,
  OptimiserSpec,
  StepInputs,
  StepScope,
  TensorData,
  Tensors,
  Variable,
  Variables,
} from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { TrialContext } from '../../contract.ts';
import { readAll } from '../../shared/network-variables.ts';
import type { MergingProgress } from '../contract.ts';
import { stepsDone } from './steps-done.ts';

/** Rows of one task, the head that answers for it, and labels where they may be used. */
export interface LearntTask {
  readonly inputs: Variable;
  readonly head: string;
  readonly labels?: Variable;
}

/** What is learned, and from what. */
export interface Learning {
  readonly optimiser: OptimiserSpec;
  /** Prefix of the optimiser's slots; `optimiser` unless told. */
  readonly prefix?: string;
  /** Gradients are scaled down together to this length at most. */
  readonly clip?: number;
  readonly inputs?: StepInputs;
  /** The tensors of the merged net from what is learned, and how it is asked where not plainly. */
  merge(scope: StepScope, learnt: Tensors, given: Tensors): Merging;
  /** From what the merged net answers to a batch of each task. */
  loss(answers: readonly TaskLogits[]): Scalar;
}

export interface Merging {
  readonly params: Tensors;
  readonly details?: Pick<ApplyOptions, 'tap'>;
}

export interface TaskLogits {
  readonly logits: Tensor;
  /** Only where the task has labels. */
  readonly labels: Tensor | null;
}

/** Inside a step: what a merged net answers to the rows `<name><task>` of each task. */
export function askTasks(
  scope: StepScope,
  network: Network,
  tasks: readonly LearntTask[],
  { params, details }: Merging,
  given: Tensors,
  name = 'rows',
): TaskLogits[] {
  return tasks.map(({ inputs, head, labels }, task) => {
    const rows = given[`${name}${task}`];
    const x = scope.gather(inputs, rows);
    return {
      logits: network.apply({ params, state: {} }, x, { mode: 'eval', ...details }, head).logits,
      labels: labels === undefined ? null : scope.gather(labels, rows),
    };
  });
}

/** Inputs of a step that name rows of each task. */
export const rowInputs = (tasks: number, name = 'rows'): StepInputs =>
  Object.fromEntries(
    Array.from({ length: tasks }, (_, task) => [`${name}${task}`, { shape: [-1], dtype: 'int32' } as const]),
  );

/** One step on what makes a merged net of several: its inputs `rows<t>` are the rows of task t. */
export function learningStep(
  engine: Engine,
  source: VariableSource,
  network: Network,
  variables: Variables,
  tasks: readonly LearntTask[],
  { optimiser: spec, prefix, clip, inputs, merge, loss }: Learning,
): CompiledStep<StepInputs, 'loss'> {
  const optimiser = makeOptimiser(source, spec, variables, prefix);
  return engine.compileStep({
    name: 'merging/learning',
    inputs: { ...rowInputs(tasks.length), ...inputs },
    body(given, scope) {
      const { value, gradients } = valueAndGradients(
        (learnt) => loss(askTasks(scope, network, tasks, merge(scope, { ...learnt }, given), given)),
        readAll(scope, variables),
      );
      optimiser.update(scope, clip === undefined ? gradients : clipped(gradients, clip), tf.scalar(spec.lr));
      return { loss: value };
    },
  });
}

/** Gradients scaled down together so that their length is at most this. */
function clipped(gradients: Tensors, most: number): Tensors {
  const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
  const factor = tf.minimum(tf.div(most, tf.add(tf.sqrt(tf.addN(squares)), 1e-6)), 1);
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(gradient, factor)]));
}

/** Mean over rows of −Σ p ln p, from logits [rows, classes]. */
export function meanEntropy(logits: Tensor): Scalar {
  const logs = tf.logSoftmax(logits, -1);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.exp(logs), logs), -1))).asScalar();
}

/** The mean entropies of all tasks, added. */
export const entropies = (answers: readonly TaskLogits[]): Scalar =>
  tf.addN(answers.map(({ logits }) => meanEntropy(logits))).asScalar();

/** The mean cross-entropies of all tasks, added. @throws Error where a task has no labels. */
export const crossEntropies = (answers: readonly TaskLogits[]): Scalar =>
  tf.addN(answers.map((answer) => meanCrossEntropy(answer))).asScalar();

export function meanCrossEntropy({ logits, labels }: TaskLogits): Scalar {
  if (labels === null) throw new Error('A task without labels has no cross-entropy.');
  return tf.mean(crossEntropyPerExample(logits, labels)).asScalar();
}

/** Steps in one native call, and between two places where the trial may be interrupted. */
const STEPS_PER_YIELD = 25;

/** A run of steps with random rows of each task. */
export interface LearningRun {
  readonly step: CompiledStep<StepInputs, 'loss'>;
  /** How many rows each task has; `ids`: those alone of its inputs. */
  readonly pools: readonly { readonly rows: number; readonly ids?: Int32Array }[];
  /** Rows of each task in a step. */
  readonly size: number;
  /** Which steps of the trial, and how many the trial has. */
  readonly from?: number;
  readonly to: number;
  readonly total?: number;
  /** What the loss is called in the trial's curves. */
  readonly metric: string;
  /** Names of the inputs that are rows; `rows` unless told. */
  readonly rowsAs?: readonly string[];
  feed?(step: number): Readonly<Record<string, TensorData>>;
}

/** Runs the steps that are not yet done; a trial that goes on finds its place. */
export async function* learn(
  { state, meter, stream }: Pick<TrialContext, 'state' | 'meter' | 'stream'>,
  { step, pools, size, from = 0, to, total = to, metric, rowsAs = ['rows'], feed }: LearningRun,
): AsyncGenerator<MergingProgress, void, void> {
  const drawn = (at: number): Record<string, TensorData> =>
    Object.fromEntries(
      rowsAs.flatMap((name, index) =>
        pools.map(({ rows, ids }, task): [string, TensorData] => {
          const from = stream(`adaptation/step${at}/task${task}${index === 0 ? '' : `/${name}`}`);
          const places = from.sample(rows, Math.min(size, rows));
          return [`${name}${task}`, ids === undefined ? places : places.map((place) => ids[place])];
        }),
      ),
    );
  let done = Math.max(from, stepsDone(state));
  while (done < to) {
    const count = Math.min(STEPS_PER_YIELD, to - done);
    const feeds = Array.from({ length: count }, (_, index) => ({ ...drawn(done + index), ...feed?.(done + index) }));
    const outputs = await step.run(feeds);
    const seen = count * rowsAs.length * pools.reduce((sum, { rows }) => sum + Math.min(size, rows), 0);
    meter.examples(seen);
    meter.passes({ forward: seen, backward: seen });
    done += count;
    yield { done, total, metrics: { [metric]: outputs[count - 1].loss[0] } };
  }
}
