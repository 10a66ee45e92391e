import { meanSquaredError, softmaxCrossEntropy } from '../../../engine/losses.ts';
import type { Scalar, Tensor } from '../../../engine/tf.ts';
import type { Predictor } from '../../contract.ts';
import type { IidProtocolParts } from '../contract.ts';

/** What plain training minimises: cross-entropy of classes, the mean squared error of standardised numbers. */
export function supervisedLoss({ numbers }: Pick<IidProtocolParts, 'numbers'>, outputs: Tensor, y: Tensor): Scalar {
  return numbers === null ? softmaxCrossEntropy(outputs, y) : meanSquaredError(outputs, y);
}

/**
 * A network's predictor as the suite asks for it: unchanged where the target is classes; where it is a number, outputs
 * are scaled back to the units of the target.
 */
export function inTargetUnits({ numbers }: Pick<IidProtocolParts, 'numbers'>, predictor: Predictor): Predictor {
  if (numbers === null) return predictor;
  const { mean, deviation } = numbers;
  return {
    ...predictor,
    async answer(question) {
      const { width, values } = await predictor.answer(question);
      return { kind: 'numbers', width, values: values.map((value) => value * deviation + mean) };
    },
  };
}
