import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface PeriodicSpec {
  readonly kind: 'periodic';
  /** Prefix of its tensors. */
  readonly name: string;
  /** Whether each input is made periodic; the others stay as they are. */
  readonly inputs: readonly boolean[];
  /** How many frequencies an input has. */
  readonly frequencies: number;
  /** Deviation of the frequencies at the start. */
  readonly deviation: number;
}

const numbersOf = ({ inputs, frequencies }: PeriodicSpec): number =>
  inputs.reduce((sum, isPeriodic) => sum + (isPeriodic ? 2 * frequencies : 1), 0);

/** How many numbers each input becomes. */
export const periodicWidths = ({ inputs, frequencies }: Pick<PeriodicSpec, 'inputs' | 'frequencies'>) =>
  inputs.map((isPeriodic) => (isPeriodic ? 2 * frequencies : 1));

/**
 * Periodic activations (Gorishniy et al. 2022, section 3.3): of each input cos v and then sin v for v = 2π c_k x with
 * trained frequencies c `<name>/kernel` [inputs that are periodic, frequencies].
 */
export const periodic: LayerKind<PeriodicSpec> = {
  kind: 'periodic',
  schema: z.strictObject({
    kind: z.literal('periodic'),
    name: z.string().min(1),
    inputs: z.array(z.boolean()).min(1),
    frequencies: z.int().min(1),
    deviation: z.number().positive(),
  }),
  shape(spec, input) {
    checkRank(input, 1, `The periodic layer ${spec.name}`);
    if (spec.inputs.length !== input[0])
      throw new EngineError(`${spec.name} knows ${spec.inputs.length} inputs; the network is given ${input[0]}.`);
    return [numbersOf(spec)];
  },
  parameters({ name, inputs, frequencies, deviation }) {
    const own = inputs.filter((isPeriodic) => isPeriodic).length;
    if (own === 0) return [];
    const fan = { in: 1, out: frequencies };
    return [{ name: `${name}/kernel`, shape: [own, frequencies], role: 'kernel', fan, start: { mean: 0, deviation } }];
  },
  state: () => [],
  apply({ name, inputs, frequencies }, x, { params }) {
    const [rows] = x.shape;
    const places = inputs.flatMap((isPeriodic, at) => (isPeriodic ? [at] : []));
    if (places.length === 0) return x;
    // Slices in place of a gather, whose gradient wasm lacks.
    const column = (at: number): Tensor => tf.slice(x, [0, at], [rows, 1]);
    const own = places.length === inputs.length ? x : tf.concat(places.map(column), 1);
    const turns = tf.mul(tf.reshape(own, [rows, places.length, 1]), tensorNamed(params, `${name}/kernel`));
    const angles = tf.mul(turns, 2 * Math.PI);
    const waves = tf.reshape(tf.concat([tf.cos(angles), tf.sin(angles)], 2), [rows, places.length * 2 * frequencies]);
    if (places.length === inputs.length) return waves;
    const width = 2 * frequencies;
    const part = (at: number): Tensor => tf.slice(waves, [0, places.indexOf(at) * width], [rows, width]);
    return tf.concat(
      inputs.map((isPeriodic, at) => (isPeriodic ? part(at) : column(at))),
      1,
    );
  },
  flops: (spec) => 3 * numbersOf(spec),
  axes: ({ name, inputs }, _input, incoming) => ({
    axes: inputs.includes(true) ? { [`${name}/kernel`]: [null, null] } : {},
    outgoing: null,
    ...(incoming === null ? {} : { fixes: [incoming] }),
  }),
};
