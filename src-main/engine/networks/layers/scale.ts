import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface ScaleSpec {
  readonly kind: 'scale';
  /** Prefix of its parameter. */
  readonly name: string;
}

/** x · s, a trained factor for each unit or channel: `<name>/scale` [units], 1 at the start. */
export const scale: LayerKind<ScaleSpec> = {
  kind: 'scale',
  schema: z.strictObject({ kind: z.literal('scale'), name: z.string().min(1) }),
  shape: (_spec, input) => input,
  parameters({ name }, input) {
    const units = input[input.length - 1];
    return [{ name: `${name}/scale`, shape: [units], role: 'scale', fan: { in: units, out: units } }];
  },
  state: () => [],
  apply: ({ name }, x, { params }) => tf.mul(x, tensorNamed(params, `${name}/scale`)),
  flops: (_spec, input) => product(input),
  axes: ({ name }, _input, incoming) => ({ axes: { [`${name}/scale`]: [incoming] }, outgoing: incoming }),
};
