import { remembered } from '../../../base/remembered.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { StepScope } from '../../../engine/types.ts';
import type { Predictor } from '../../contract.ts';
import type { Model } from '../../models.ts';
import { steppedPredictor, usedModel, withTasks } from '../../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import type { ContinualRun } from '../contract.ts';

/** How a method answers that has parts of its own for each task. */
export interface TaskAnswers {
  /** How many tasks it knows, at least one. */
  known(): number;
  /** The models that answer for the first so many tasks. */
  uses(tasks: number): readonly Model[];
  /** Inside a step: gives a task's logits for all rows, in the places of all outputs. */
  logits(scope: StepScope, x: Tensor, tasks: number): (task: number) => Tensor;
}

/** A predictor that is told each example's task and answers with that task's logits; one for each number of tasks. */
export function answersByTask(
  { context, protocol }: Pick<ContinualRun, 'context' | 'protocol'>,
  { known, uses, logits }: TaskAnswers,
): () => Predictor {
  const predictors = new Map<number, Predictor>();
  const rowsAtOnce = rowsPerEvaluation(context.network);
  const predictorOf = (count: number): Predictor =>
    steppedPredictor(context.engine, {
      width: protocol.outputs,
      rowsAtOnce,
      uses: uses(count).map(usedModel),
      kind: 'logits',
      ...withTasks(rowsAtOnce),
      answer: (scope, x, { tasks }) => {
        const of = logits(scope, x, count);
        const isOf = (task: number): Tensor => tf.expandDims(tf.cast(tf.equal(tasks, task), 'float32'), 1);
        return tf.addN(Array.from({ length: count }, (_, task) => tf.mul(of(task), isOf(task))));
      },
    });
  return () => {
    const count = known();
    return remembered(predictors, count, () => predictorOf(count));
  };
}
