import type { KernelFunc } from '@tensorflow/tfjs-core';
import { tf } from '../tf.ts';
import type { Tensor } from '../tf.ts';

/**
 * Replaces a backend's own kernel, which can still be called as `kept`. Does nothing the second time, nor where the
 * backend has no such kernel.
 */
export function keepOriginal(
  kernelName: string,
  kept: string,
  backendName: string,
  make: (original: KernelFunc) => KernelFunc,
): void {
  const own = tf.getKernel(kernelName, backendName);
  if (own === undefined || own === null || tf.getKernel(kept, backendName) !== undefined) return;
  tf.registerKernel({ ...own, kernelName: kept });
  tf.unregisterKernel(kernelName, backendName);
  tf.registerKernel({ ...own, kernelFunc: make(own.kernelFunc) });
}

/** Kernels are handed the tensors themselves; a second tensor over the same data would free it too early. */
export function givenTensor(input: unknown, kernelName: string): Tensor {
  if (input instanceof tf.Tensor) return input;
  throw new Error(`${kernelName} was called without its tensors.`);
}
