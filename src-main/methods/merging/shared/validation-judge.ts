import { logSoftmaxRows } from '../../shared/softmax.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import type { MergingInput, MergingTask } from '../contract.ts';

/** What a net does on the validation rows of one task. */
export interface Judged {
  readonly accuracy: number;
  /** Mean cross-entropy in nats. */
  readonly loss: number;
}

/** Judges nets on the validation rows of one task or of all. */
export interface ValidationJudge {
  task(values: NamedArrays, task: number): Promise<Judged>;
  all(values: NamedArrays): Promise<readonly Judged[]>;
}

/** The validation rows of these tasks, with their labels. */
export async function openValidation(
  tasks: readonly MergingTask[],
): Promise<readonly Awaited<ReturnType<MergingTask['validation']>>[]> {
  const splits: Awaited<ReturnType<MergingTask['validation']>>[] = [];
  for (const task of tasks) splits.push(await task.validation());
  return splits;
}

/** A judge of nets, for merges that ask for `validation`; the rows are opened once. */
export async function validationJudge({
  tasks,
  logitsOf,
}: Pick<MergingInput, 'tasks' | 'logitsOf'>): Promise<ValidationJudge> {
  const splits = await openValidation(tasks);
  const onTask = async (values: NamedArrays, task: number): Promise<Judged> =>
    judged(await logitsOf(values, task, splits[task]), splits[task].labels, tasks[task].outputs);
  return {
    task: onTask,
    async all(values) {
      const found: Judged[] = [];
      for (const task of splits.keys()) found.push(await onTask(values, task));
      return found;
    },
  };
}

/** Of logits [rows × classes]; of equal logits the first class is the answer. */
export function judged(logits: Float32Array, labels: Int32Array, classes: number): Judged {
  const logs = logSoftmaxRows(logits, classes);
  let [right, loss] = [0, 0];
  labels.forEach((label, row) => {
    const own = logs.subarray(row * classes, (row + 1) * classes);
    loss -= own[label];
    if (own.indexOf(Math.max(...own)) === label) right += 1;
  });
  return { accuracy: right / labels.length, loss: loss / labels.length };
}

/** The mean over tasks. */
export const meanOf = (all: readonly Judged[], what: keyof Judged): number =>
  all.reduce((sum, one) => sum + one[what], 0) / all.length;
