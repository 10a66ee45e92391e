import type { NamedArrays } from '../../../engine/types.ts';
import type { MergingInput } from '../contract.ts';
import { TaskAnswers } from './task-answers.ts';

/** Accuracy of a net of the suite's shape on the validation rows of a task. */
export type ValidationAccuracy = (values: NamedArrays, task: number) => Promise<number>;

/** How well nets do on validation rows, for merges that choose by them and ask for `validation`. */
export function validationAccuracy({ context, network, heads, tasks }: MergingInput): ValidationAccuracy {
  const answers = new TaskAnswers(context.engine);
  return async (values, index) => {
    const { head, outputs, validation } = tasks[index];
    const { x, rows, labels } = await validation();
    context.meter.passes({ forward: rows });
    const net = { network, values: { ...heads, ...values }, head };
    const logits = (await answers.logits(net, { inputs: x, rows, stream: context.stream })).values;
    let right = 0;
    labels.forEach((label, row) => {
      const own = logits.subarray(row * outputs, (row + 1) * outputs);
      if (own.indexOf(Math.max(...own)) === label) right += 1;
    });
    return right / rows;
  };
}
