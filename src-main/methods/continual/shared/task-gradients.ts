import { valueAndGradients } from '../../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../../engine/tf.ts';
import type { StepScope, Tensors } from '../../../engine/types.ts';
import type { ContinualRun } from '../contract.ts';

/**
 * Inside a step: loss and gradients of the examples with these ids at the present parameters. `inputs` and `use` as in
 * `TrainingExamples`.
 */
export function gradientsAt(
  run: ContinualRun,
  scope: StepScope,
  inputs: Readonly<Record<string, Tensor>>,
  ids: Tensor,
  use: number,
): { value: Scalar; gradients: Tensors } {
  const batch = run.training.examples(scope, inputs, ids, use);
  return valueAndGradients((parameters) => {
    const losses = run.lossScope(scope, parameters, batch, inputs);
    return losses.crossEntropy(losses.batchLogits, batch);
  }, run.readParameters(scope));
}

/** Inner product of two sets of tensors as one vector each. */
export function innerProduct(a: Tensors, b: Tensors): Tensor {
  return tf.addN(Object.keys(a).map((name) => tf.sum(tf.mul(a[name], b[name]))));
}

/**
 * A compiled step that trains on a batch as naive fine-tuning does, for methods whose other steps differ; answers the
 * mean loss of its batches.
 */
export function plainSteps(
  run: ContinualRun,
  name: string,
): (globalStep: number, batches: readonly Int32Array[]) => Promise<number> {
  const step = run.context.engine.compileStep({
    name: `${name}/plain`,
    inputs: { ids: { shape: [-1], dtype: 'int32' }, ...run.training.inputs },
    body: (inputs, scope) => {
      const { value, gradients } = gradientsAt(run, scope, inputs, inputs.ids, 0);
      run.update(scope, gradients);
      return { loss: value };
    },
  });
  return async (globalStep, batches) =>
    mean(
      (await step.run(batches.map((ids, i) => ({ ids, ...run.training.feed(globalStep + i) })))).map(
        (output) => output.loss[0],
      ),
    );
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
