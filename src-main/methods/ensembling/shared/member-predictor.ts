import type { Network } from '../../../engine/networks/specification.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { Engine, StepScope } from '../../../engine/types.ts';
import type { ClassAnswers, Predictor } from '../../answers.ts';
import { steppedPredictor } from '../../shared/network-predictor.ts';
import type { NetworkVariables } from '../../shared/network-variables.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import { meanAnswers } from './combine.ts';

/**
 * A predictor of a network that holds several members: the mean of their distributions, and what each of them says.
 *
 * @param logits inside the step: [B, members, classes] for x [B, …].
 */
export function memberPredictor(
  engine: Engine,
  network: Network,
  { parameters, statistics }: Pick<NetworkVariables, 'parameters' | 'statistics'>,
  members: number,
  logits: (scope: StepScope, x: Tensor) => Tensor,
): Predictor {
  const classes = network.outputs;
  const together = steppedPredictor(engine, {
    kind: 'logits',
    width: members * classes,
    rowsAtOnce: Math.ceil(rowsPerEvaluation(network) / members),
    uses: [{ network, values: { ...parameters, ...statistics } }],
    answer(scope, x) {
      const answered = logits(scope, x);
      return answered.reshape([answered.shape[0], members * classes]);
    },
  });
  return {
    uses: together.uses,
    async answer(question) {
      const { values } = await together.answer(question);
      return meanAnswers(
        Array.from({ length: members }, (_, member): ClassAnswers => {
          const own = new Float32Array(question.rows * classes);
          for (let row = 0; row < question.rows; row += 1) {
            const from = (row * members + member) * classes;
            own.set(values.subarray(from, from + classes), row * classes);
          }
          return { kind: 'logits', width: classes, values: own };
        }),
      );
    },
  };
}
