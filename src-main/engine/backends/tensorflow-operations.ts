import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { NativeBackend, TFEOpAttr } from './binding.ts';
import { tf, type Tensor } from '../tf.ts';

/**
 * Runs an operation of TensorFlow that tfjs does not know. The binding is looked up at each call, because another one
 * stands in while a step is recorded.
 */
export function runOperation(
  backend: NativeBackend,
  op: string,
  attributes: TFEOpAttr[],
  inputs: TensorInfo[],
  outputs: number,
): Tensor[] {
  return backend.binding
    .executeOp(op, attributes, backend.getInputTensorIds(inputs), outputs)
    .map((metadata) => backend.createOutputTensor(metadata));
}

/** What a kernel of several outputs answered. */
export function tensorsOf(outputs: unknown): Tensor[] {
  if (Array.isArray(outputs) && outputs.every((output) => output instanceof tf.Tensor)) return outputs;
  throw new Error('An operation answered something other than tensors.');
}

/** The inputs of a kernel, which tfjs declares as optional. */
export function present(inputs: readonly (TensorInfo | undefined)[]): TensorInfo[] {
  return inputs.map((input) => {
    if (input === undefined) throw new Error('An operation was called without one of its tensors.');
    return input;
  });
}
