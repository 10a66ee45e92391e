import { createRequire } from 'node:module';
import type * as TfCore from '@tensorflow/tfjs-core';

const require = createRequire(import.meta.url);

/**
 * TensorFlow.js core: the one CommonJS instance that every backend package registers itself with. Importing the ES
 * build beside it would create a second registry that no backend knows.
 */
export const tf: typeof TfCore = require('@tensorflow/tfjs-core');

export type { Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D, Scalar } from '@tensorflow/tfjs-core';
