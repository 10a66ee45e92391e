import type { Tensor, Tensor4D } from '../tf.ts';
import { EngineError } from '../types.ts';

export function assertRank4(tensor: Tensor, what: string): asserts tensor is Tensor4D {
  if (tensor.rank !== 4)
    throw new EngineError(`${what} must have four axes; its shape is [${tensor.shape.join(', ')}].`);
}
