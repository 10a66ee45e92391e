import { buildNetwork } from '../../../engine/networks/networks.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { Engine, StepScope } from '../../../engine/types.ts';
import { classAnswers } from '../../answers.ts';
import type { ClassAnswers, Predictor, Question } from '../../answers.ts';
import { steppedPredictor } from '../../shared/network-predictor.ts';
import { outputsOf } from './task-answers.ts';

/** Where and how a method computes what is said of the rows of a task. */
export interface OwnAnswers {
  /** The head of each task. */
  readonly heads: readonly string[];
  readonly rowsAtOnce: number;
  /** Inside a step: logits of rows of a task, by the network with that task's head alone. */
  answer(scope: StepScope, network: Network, x: Tensor, task: number): Tensor;
}

/** What a method says of the rows of a task, for `Merged` of the kind `answers`. */
export function answersByHead(
  engine: Engine,
  network: Network,
  { heads, rowsAtOnce, answer }: OwnAnswers,
): (task: number, question: Question) => Promise<ClassAnswers> {
  const { spec } = network;
  const predictors = heads.map((name, task): Predictor => {
    const alone = buildNetwork({ ...spec, heads: [spec.heads.find((head) => head.name === name) ?? spec.heads[0]] });
    return steppedPredictor(engine, {
      kind: 'logits',
      width: outputsOf(network, name),
      rowsAtOnce,
      uses: [],
      answer: (scope, x) => answer(scope, alone, x, task),
    });
  });
  return async (task, question) =>
    classAnswers(await predictors[task].answer(question), question.rows, outputsOf(network, heads[task]));
}
