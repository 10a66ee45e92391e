import { crossEntropyPerExample, valueAndGradients } from '../../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { Network, StepScope, Tensors } from '../../../engine/types.ts';
import type { SuiteFacts } from '../../contract.ts';
import type { ContinualRun, ExampleBatch } from '../contract.ts';

/** Why per-example gradients are not to be had for this network, or true. */
export function denseOnly(title: string): (suite: SuiteFacts) => true | string {
  return ({ network, id }) => {
    if (network.kind === 'cnn') return `${title} takes per-example gradients, which are implemented for dense layers; ${id} uses convolutions.`;
    if (network.batchNorm) return `${title} takes per-example gradients, which batch norm in ${id} does not have.`;
    return true;
  };
}

/** A sum over examples of something differentiable in the logits; `weights` [B] multiply the moment of each example. */
export interface ExampleObjective {
  sum(logits: Tensor): Scalar;
  readonly weights?: Tensor;
}

/**
 * Sum over a batch of a moment of per-example parameter gradients, Σᵢ wᵢ |∂ℓᵢ/∂θ|^p with p = 2 (`square`) or 1 (`absolute`), for dense
 * networks and without a pass per example: with layer inputs A [B, in] and gradients D [B, out] at its affine output, the gradient of
 * example i is aᵢ dᵢᵀ, so the kernel's moment is |A|ᵖᵀ (w·|D|ᵖ) and the bias's Σ w·|D|ᵖ (Goodfellow 2015, arXiv 1510.01799).
 */
export function exampleMoments(network: Network, values: { params: Tensors; state: Tensors }, x: Tensor, objectives: readonly ExampleObjective[], moment: 'square' | 'absolute'): Tensors {
  const inputs: Record<string, Tensor> = {};
  const outputs: Record<string, Tensor> = {};
  network.apply(values, x, { mode: 'eval', tap: (layer, input, output) => { inputs[layer] = input; outputs[layer] = output; return output; } });
  const power = (tensor: Tensor): Tensor => (moment === 'square' ? tf.square(tensor) : tf.abs(tensor));
  const sums: Record<string, Tensor> = {};
  const add = (name: string, value: Tensor): void => { sums[name] = name in sums ? tf.add(sums[name], value) : value; };
  for (const objective of objectives) {
    const zeros = Object.fromEntries(Object.entries(outputs).map(([layer, output]) => [layer, tf.zerosLike(output)]));
    const { gradients } = valueAndGradients((probes) => objective.sum(network.apply(values, x, { mode: 'eval', tap: (layer, _input, output) => tf.add(output, probes[layer]) }).logits), zeros);
    for (const [layer, gradient] of Object.entries(gradients)) {
      const moments = objective.weights === undefined ? power(gradient) : tf.mul(power(gradient), tf.expandDims(objective.weights, 1));
      add(`${layer}/kernel`, tf.matMul(power(inputs[layer]), moments, true, false));
      add(`${layer}/bias`, tf.sum(moments, 0));
    }
  }
  return sums;
}

/** Whose labels a Fisher information is taken at: the model's own distribution, the given ones, or the most likely one. */
export type FisherLabels = 'expected' | 'given' | 'predicted';

/**
 * Sum over a batch of the diagonal Fisher information of softmax outputs (Kirkpatrick et al. 2017, eq. 3 and text; Martens 2014 on the
 * empirical variant). `mask` is added to the logits.
 */
export function fisherSum(network: Network, values: { params: Tensors; state: Tensors }, batch: ExampleBatch, mask: Tensor | null, labels: FisherLabels): Tensors {
  const masked = (logits: Tensor): Tensor => (mask === null ? logits : tf.add(logits, mask));
  const own = masked(network.apply(values, batch.x, { mode: 'eval' }).logits);
  const at = (targets: Tensor): ExampleObjective => ({ sum: (logits) => tf.sum(crossEntropyPerExample(masked(logits), targets)).asScalar() });
  if (labels === 'given') return exampleMoments(network, values, batch.x, [at(batch.y)], 'square');
  if (labels === 'predicted') return exampleMoments(network, values, batch.x, [at(tf.argMax(own, 1))], 'square');
  const probabilities = tf.softmax(own);
  const rows = batch.x.shape[0];
  const objectives = Array.from({ length: network.outputs }, (_, label): ExampleObjective => ({ ...at(tf.fill([rows], label, 'int32')), weights: tf.reshape(tf.slice(probabilities, [0, label], [rows, 1]), [rows]) }));
  return exampleMoments(network, values, batch.x, objectives, 'square');
}

/** Sum over a batch of |∂‖f(x)‖²/∂θ| per example (Aljundi et al. 2018, eq. 3); outputs with a 0 in `active` [B, outputs] take no part. */
export function sensitivitySum(network: Network, values: { params: Tensors; state: Tensors }, x: Tensor, active: Tensor | null): Tensors {
  const objective: ExampleObjective = { sum: (logits) => tf.sum(tf.square(active === null ? logits : tf.mul(logits, active))).asScalar() };
  return exampleMoments(network, values, x, [objective], 'absolute');
}

/** |∂ mean ‖f(x)‖² / ∂θ| of one batch: the estimate that the authors' code and Hsu et al. use; cheaper, and smaller where signs differ. */
export function batchSensitivity(network: Network, values: { params: Tensors; state: Tensors }, x: Tensor, active: Tensor | null): Tensors {
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

/**
 * Averages a per-batch sum of importances over the training examples of a task into `into` (one variable per parameter, replaced).
 * `perBatch` answers sums over the batch; batches of `batchSize` examples in the task's own order.
 */
export function importanceAverager(run: ContinualRun, name: string, batchSize: number, into: Readonly<Record<string, import('../../../engine/types.ts').Variable>>, perBatch: (scope: StepScope, batch: ExampleBatch) => Tensors): (ids: Int32Array) => Promise<void> {
  const { engine } = run.context;
  const accumulate = engine.compileStep({
    name: `${name}/accumulate`, inputs: { ids: { shape: [-1], dtype: 'int32' } },
    body: ({ ids }, scope) => {
      const sums = perBatch(scope, run.protocol.examples(scope, ids));
      for (const [parameter, sum] of Object.entries(sums)) scope.assign(into[parameter], tf.add(scope.read(into[parameter]), sum));
      return { done: tf.scalar(1) };
    },
  });
  const scale = engine.compileStep({
    name: `${name}/scale`, inputs: { factor: { shape: [], dtype: 'float32' } },
    body: ({ factor }, scope) => {
      for (const variable of Object.values(into)) scope.assign(variable, tf.mul(scope.read(variable), factor));
      return { done: tf.scalar(1) };
    },
  });
  return async (ids) => {
    await scale.run([{ factor: Float32Array.of(0) }]);
    await accumulate.run(Array.from({ length: Math.ceil(ids.length / batchSize) }, (_, i) => ({ ids: ids.slice(i * batchSize, (i + 1) * batchSize) })));
    await scale.run([{ factor: Float32Array.of(1 / ids.length) }]);
    run.context.meter.passes({ forward: ids.length, backward: ids.length });
  };
}
