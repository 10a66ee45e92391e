import type { ExpertsFacts, Predictor, TrialContext } from '../../contract.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import { outputsOf, TaskAnswers, taskPredictor } from './task-answers.ts';

/** One network that answers for every task of a suite with that task's head, where it has it. */
export function predictorOfTasks(
  { engine, network: whole }: Pick<TrialContext, 'engine' | 'network'>,
  { heads }: ExpertsFacts,
  net: { readonly network: Network; readonly values: NamedArrays },
): Predictor {
  const answers = new TaskAnswers(engine);
  const tasks = heads.map((head) => ({ head, outputs: outputsOf(whole, head) }));
  return taskPredictor(
    tasks,
    (task, question) => answers.says({ ...net, head: heads[task] }, tasks[task].outputs, question),
    [net],
  );
}
