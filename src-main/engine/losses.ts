import { fusedCrossEntropy, hasFusedCrossEntropy } from './networks/tensorflow-cross-entropy.ts';
import { tf, type Scalar, type Tensor } from './tf.ts';

/**
 * Per-example softmax cross-entropy in nats: logits [B, C], labels int32 [B] → [B]. Outputs are excluded by adding a
 * large negative number to their logits beforehand.
 */
export function crossEntropyPerExample(logits: Tensor, labels: Tensor): Tensor {
  const targets = tf.cast(labels, 'int32');
  if (hasFusedCrossEntropy()) return fusedCrossEntropy(logits, targets);
  const target = tf.oneHot(targets, logits.shape[logits.shape.length - 1]);
  return tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits, -1)), -1));
}

/** Mean cross-entropy over a batch; with weights [B], Σ w·ce / Σ w. */
export function softmaxCrossEntropy(logits: Tensor, labels: Tensor, weights?: Tensor): Scalar {
  const each = crossEntropyPerExample(logits, labels);
  if (weights === undefined) return tf.mean(each).asScalar();
  return tf.div(tf.sum(tf.mul(each, weights)), tf.sum(weights)).asScalar();
}

/** Mean of (predicted − true)² over all entries of two tensors of one shape. */
export function meanSquaredError(predicted: Tensor, target: Tensor): Scalar {
  return tf.mean(tf.square(tf.sub(predicted, target))).asScalar();
}

/**
 * Loss and the gradient with respect to each named tensor; `loss` is built from these with `tf` operations.
 *
 * @throws Error when the loss does not use one of them.
 */
export function valueAndGradients(
  loss: (parameters: Readonly<Record<string, Tensor>>) => Scalar,
  parameters: Readonly<Record<string, Tensor>>,
): { value: Scalar; gradients: Record<string, Tensor> } {
  const names = Object.keys(parameters);
  const both = tf.valueAndGrads((...tensors: Tensor[]) =>
    loss(Object.fromEntries(tensors.map((tensor, i) => [names[i], tensor]))),
  );
  const { value, grads } = both(names.map((name) => parameters[name]));
  return { value: value.asScalar(), gradients: Object.fromEntries(grads.map((gradient, i) => [names[i], gradient])) };
}

/** The same, where the loss may leave some tensors out: their gradients are 0. */
export function valueAndSomeGradients(
  loss: (parameters: Readonly<Record<string, Tensor>>) => Scalar,
  parameters: Readonly<Record<string, Tensor>>,
): { value: Scalar; gradients: Record<string, Tensor> } {
  const entries = Object.entries(parameters);
  const { value, grads } = tf.engine().gradients(
    () => loss(parameters),
    entries.map(([, tensor]) => tensor),
    undefined,
    true,
  );
  return {
    value,
    gradients: Object.fromEntries(entries.map(([name, tensor], i) => [name, grads.at(i) ?? tf.zerosLike(tensor)])),
  };
}
