import type { KernelBackend, Tensor, TensorInfo } from '@tensorflow/tfjs-core';
import type { TFJSBinding, TensorMetadata } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';

export type { TFJSBinding, TFEOpAttr, TensorMetadata } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js';

/** What Touchstone uses of tfjs-node's backend beyond tfjs-core's; declared there, partly as private. */
export interface NativeBackend extends KernelBackend {
  binding: TFJSBinding;
  readonly isUsingGpuDevice: boolean;
  getInputTensorIds(tensors: readonly TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): Tensor;
}

export function isNativeBackend(backend: KernelBackend): backend is NativeBackend {
  return 'binding' in backend && 'getInputTensorIds' in backend && 'createOutputTensor' in backend;
}
