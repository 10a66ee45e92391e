import { crossEntropyPerExample, valueAndGradients } from '../../../engine/losses.ts';
import { tf, type Tensor } from '../../../engine/tf.ts';
import type { StepScope, Tensors } from '../../../engine/types.ts';
import type { Network } from '../../../engine/networks/specification.ts';
import { readAll } from '../../shared/network-variables.ts';
import type { ContinualRun, ExampleBatch } from '../contract.ts';
import { exampleMoments, type ExampleObjective } from './example-moments.ts';

/**
 * Whose labels a Fisher information is taken at: the model's own distribution, the given ones, or the most likely one.
 */
export type FisherLabels = 'expected' | 'given' | 'predicted';

interface NetworkTensors {
  readonly params: Tensors;
  readonly state: Tensors;
}

/** Inside a step: the network's present values. */
export function presentValues(scope: StepScope, run: ContinualRun): NetworkTensors {
  return { params: run.readParameters(scope), state: readAll(scope, run.statistics) };
}

/**
 * Sum over a batch of the diagonal Fisher information of softmax outputs (Kirkpatrick et al. 2017, eq. 3 and text;
 * Martens 2014 on the empirical variant). `mask` is added to the logits.
 */
export function fisherSum(
  network: Network,
  values: NetworkTensors,
  batch: ExampleBatch,
  mask: Tensor | null,
  labels: FisherLabels,
): Tensors {
  const masked = (logits: Tensor): Tensor => (mask === null ? logits : tf.add(logits, mask));
  const at = (targets: Tensor): ExampleObjective => ({
    sum: (logits) => tf.sum(crossEntropyPerExample(masked(logits), targets)).asScalar(),
  });
  if (labels === 'given') return exampleMoments(network, values, batch.x, () => [at(batch.y)], 'square');
  if (labels === 'predicted')
    return exampleMoments(network, values, batch.x, (logits) => [at(tf.argMax(masked(logits), 1))], 'square');
  return expectedFisherSum(network, values, batch.x, masked);
}

/**
 * Sum over a batch of Σ_c p_c (∂ log p_c / ∂θ)²: labels are expected over the model's own distribution. `masked` is
 * what is done to the logits first.
 */
export function expectedFisherSum(
  network: Network,
  values: NetworkTensors,
  x: Tensor,
  masked: (logits: Tensor) => Tensor = (logits) => logits,
): Tensors {
  const probabilities = tf.softmax(masked(network.apply(values, x, { mode: 'eval' }).logits));
  const rows = x.shape[0];
  const objectives = Array.from({ length: network.outputs }, (_, label): ExampleObjective => ({
    sum: (logits) => tf.sum(crossEntropyPerExample(masked(logits), tf.fill([rows], label, 'int32'))).asScalar(),
    weights: tf.reshape(tf.slice(probabilities, [0, label], [rows, 1]), [rows]),
  }));
  return exampleMoments(network, values, x, () => objectives, 'square');
}

/** `fisherSum` of the run's network at its present parameters, under the mask of the present task. */
export function fisherImportance(
  run: ContinualRun,
  labels: FisherLabels,
): (scope: StepScope, batch: ExampleBatch) => Tensors {
  return (scope, batch) =>
    fisherSum(run.context.network, presentValues(scope, run), batch, scope.gather(run.mask, batch.tasks), labels);
}

/**
 * Sum over a batch of |∂‖f(x)‖²/∂θ| per example (Aljundi et al. 2018, eq. 3); outputs with a 0 in `active` [B, outputs]
 * take no part.
 */
export function sensitivitySum(network: Network, values: NetworkTensors, x: Tensor, active: Tensor | null): Tensors {
  const objective: ExampleObjective = {
    sum: (logits) => tf.sum(tf.square(active === null ? logits : tf.mul(logits, active))).asScalar(),
  };
  return exampleMoments(network, values, x, () => [objective], 'absolute');
}

/**
 * |∂ mean ‖f(x)‖² / ∂θ| of one batch: the estimate that the authors' code and Hsu et al. use; cheaper, and smaller
 * where signs differ.
 */
export function batchSensitivity(network: Network, values: NetworkTensors, x: Tensor, active: Tensor | null): Tensors {
  const { gradients } = valueAndGradients((params) => {
    const { logits } = network.apply({ params, state: values.state }, x, { mode: 'eval' });
    return tf.mean(tf.sum(tf.square(active === null ? logits : tf.mul(logits, active)), 1)).asScalar();
  }, values.params);
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, tf.abs(gradient)]));
}

/** Which outputs take part for each example, as 0 / 1 [B, outputs]. */
export function activeOutputs(scope: StepScope, run: ContinualRun, tasks: Tensor): Tensor {
  return tf.cast(tf.greaterEqual(scope.gather(run.mask, tasks), 0), 'float32');
}
