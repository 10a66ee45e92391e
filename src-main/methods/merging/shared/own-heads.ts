import type { ClassAnswers, ExpertsFacts, Predictor, TrialContext } from '../../contract.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import { TaskAnswers, taskPredictor } from './task-answers.ts';

/**
 * One network that answers for every task of a suite with that task's head. Where it has no such head, it says nothing:
 * all classes are as likely.
 */
export function predictorOfTasks(
  { engine, network: whole }: Pick<TrialContext, 'engine' | 'network'>,
  { heads }: ExpertsFacts,
  { network, values }: { readonly network: Network; readonly values: NamedArrays },
): Predictor {
  const answers = new TaskAnswers(engine);
  const outputsOf = (head: string): number => whole.spec.heads.find(({ name }) => name === head)?.outputs ?? 0;
  const has = new Set(network.spec.heads.map(({ name }) => name));
  return taskPredictor(
    heads.map((head) => ({ head, outputs: outputsOf(head) })),
    async (task, question) =>
      has.has(heads[task])
        ? answers.logits({ network, values, head: heads[task] }, question)
        : nothingOf(question.rows, outputsOf(heads[task])),
    [{ network, values }],
  );
}

const nothingOf = (rows: number, width: number): ClassAnswers => ({
  kind: 'logits',
  width,
  values: new Float32Array(rows * width),
});
