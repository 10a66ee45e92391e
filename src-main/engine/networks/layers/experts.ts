import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import type { ApplyOptions } from '../../types.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface ExpertsSpec {
  readonly kind: 'experts';
  /** Prefix of its tensors. */
  readonly name: string;
  readonly experts: number;
  /** Of each layer of an expert, and of what it answers. */
  readonly units: number;
  /** Layers of an expert. */
  readonly blocks: number;
  /** How examples are dealt to the experts in training: by the gate's softmax, or by a draw of Gumbel-softmax at 1. */
  readonly gate: 'softmax' | 'gumbel';
  /** Separates the draws that one key gives to several layers of a network; from 0. */
  readonly draw: number;
}

/** Keeps −ln(−ln u) finite. */
const LEAST = 1e-6;

/**
 * A mixture of experts: Σ_e g_e(x) f_e(x). An expert f_e is layers of product and rectifier, without biases; the gate g
 * is the softmax of an affine map, in training with Gumbel noise where asked for (Jang et al. 2017, eq. 2, at
 * temperature 1). x [B, in] → [B, units]. `<name>-gate/kernel`, `/bias`; `<name>-first/kernel` [in, experts · units],
 * the experts side by side; `<name>-<layer>/kernel` [experts, units, units].
 */
export const experts: LayerKind<ExpertsSpec> = {
  kind: 'experts',
  schema: z.strictObject({
    kind: z.literal('experts'),
    name: z.string().min(1),
    experts: z.int().min(1),
    units: z.int().min(1),
    blocks: z.int().min(1),
    gate: z.enum(['softmax', 'gumbel']),
    draw: z.int().min(0),
  }),
  shape({ name, units }, input) {
    checkRank(input, 1, `The mixture of experts ${name}`);
    return [units];
  },
  parameters({ name, experts: count, units, blocks }, [inputs]) {
    const gate = { in: inputs, out: count };
    return [
      { name: `${name}-gate/kernel`, shape: [inputs, count], role: 'kernel', fan: gate },
      { name: `${name}-gate/bias`, shape: [count], role: 'bias', fan: gate },
      {
        name: `${name}-first/kernel`,
        shape: [inputs, count * units],
        role: 'kernel',
        fan: { in: inputs, out: units },
      },
      ...later(blocks).map(
        (layer) =>
          ({
            name: `${name}-${layer}/kernel`,
            shape: [count, units, units],
            role: 'kernel',
            fan: { in: units, out: units },
          }) as const,
      ),
    ];
  },
  state: () => [],
  apply({ name, experts: count, units, blocks, gate, draw }, x, { params }, options) {
    const [rows] = x.shape;
    const logits = tf.add(
      tf.matMul(x, tensorNamed(params, `${name}-gate/kernel`)),
      tensorNamed(params, `${name}-gate/bias`),
    );
    const shares = tf.softmax(gate === 'gumbel' ? withGumbel(logits, draw, options) : logits, -1);
    const first = tf.relu(tf.matMul(x, tensorNamed(params, `${name}-first/kernel`)));
    const byExpert = tf.transpose(tf.reshape(first, [rows, count, units]), [1, 0, 2]);
    const answers = later(blocks).reduce(
      (hidden, layer) => tf.relu(tf.matMul(hidden, tensorNamed(params, `${name}-${layer}/kernel`))),
      byExpert,
    );
    return tf.sum(tf.mul(answers, tf.reshape(tf.transpose(shares), [count, rows, 1])), 0);
  },
  flops: ({ experts: count, units, blocks }, [inputs]) =>
    2 * inputs * count * (units + 1) + count * units * (2 * units * (blocks - 1) + blocks + 2),
  axes: ({ name, blocks }, _input, incoming) => ({
    axes: {
      [`${name}-gate/kernel`]: [incoming, null],
      [`${name}-gate/bias`]: [null],
      [`${name}-first/kernel`]: [incoming, null],
      ...Object.fromEntries(later(blocks).map((layer) => [`${name}-${layer}/kernel`, [null, null, null]])),
    },
    outgoing: null,
  }),
};

/** Numbers of an expert's layers after the first. */
const later = (blocks: number): readonly number[] => Array.from({ length: blocks - 1 }, (_, at) => at + 2);

/** The gate's logits with Gumbel noise in training; as they are where there is none. */
function withGumbel(logits: Tensor, draw: number, { mode, random }: ApplyOptions): Tensor {
  if (mode === 'eval' || random === undefined) return logits;
  const key = draw === 0 ? random.key : tf.add(random.key, tf.tensor1d([draw, 0], 'int32'));
  const uniform = tf.clipByValue(random.scope.randomUniform(logits.shape, key), LEAST, 1 - LEAST);
  return tf.sub(logits, tf.log(tf.neg(tf.log(uniform))));
}
