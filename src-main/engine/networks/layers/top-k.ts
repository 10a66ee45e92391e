import { z } from 'zod';
import { HALVINGS, kthLargest } from '../../kth-largest.ts';
import { tf } from '../../tf.ts';
import { checkRank, product, withoutTensors } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface TopKSpec {
  readonly kind: 'top-k';
  /** Which of the units of an example, counted from the largest, is the first that passes nothing. */
  readonly k: number;
  /** What passes is at most this; anything unless told. */
  readonly most?: number;
}

/** Units beyond the k-th largest of an example pass what they have more than it: min(relu(z − z_(k)), most). */
export const topK: LayerKind<TopKSpec> = {
  ...withoutTensors,
  kind: 'top-k',
  schema: z.strictObject({ kind: z.literal('top-k'), k: z.int().min(1), most: z.number().positive().optional() }),
  shape({ k }, input) {
    checkRank(input, 1, 'A layer of the largest units');
    if (k > input[0]) throw new RangeError(`The ${k}-th largest of ${input[0]} units was asked for.`);
    return input;
  },
  apply({ k, most }, x) {
    const more = tf.sub(x, kthLargest(x, k));
    return most === undefined ? tf.relu(more) : tf.clipByValue(more, 0, most);
  },
  flops: (_spec, input) => (2 + 2 * HALVINGS) * product(input),
};
