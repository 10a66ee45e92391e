import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind, LayerTensor } from './layer.ts';

export interface HopularSpec {
  readonly kind: 'hopular';
  /** Prefix of its tensors. */
  readonly name: string;
  readonly heads: number;
  /** The last so many rows of a batch are remembered; the others ask. */
  readonly memory: number;
  /** In training the rows that ask are those that are remembered, in their order: whether each may see itself. */
  readonly ownRow: 'masked' | 'seen';
}

const PARTS = ['query', 'key', 'value'] as const;
const NORM_EPSILON = 1e-5;
/** Stands for −∞ before a softmax. */
const NEVER = -1e9;

/**
 * A block of Hopular (Schäfl et al. 2022, section 3) over x [asking + memory, tokens, units]: each asking row, all its
 * tokens side by side, retrieves from the rows that are remembered (`retrieved`); then each of its tokens from the
 * tokens of its row. Both are added to it. Remembered rows stay as they are.
 */
export const hopular: LayerKind<HopularSpec> = {
  kind: 'hopular',
  schema: z.strictObject({
    kind: z.literal('hopular'),
    name: z.string().min(1),
    heads: z.int().min(1),
    memory: z.int().min(1),
    ownRow: z.enum(['masked', 'seen']),
  }),
  shape({ name }, input) {
    checkRank(input, 2, `The Hopular block ${name}`);
    return input;
  },
  parameters({ name, heads }, [tokens, units]) {
    const maps = (part: string, from: number): LayerTensor[] => [
      ...PARTS.map((own) => map(`${part}-${own}`, from, heads * units)),
      map(`${part}-out`, heads * units, from),
    ];
    const map = (part: string, from: number, to: number): LayerTensor => ({
      name: `${name}-${part}/kernel`,
      shape: [from, to],
      role: 'kernel',
      fan: { in: from, out: to },
    });
    return [...maps('rows', tokens * units), ...maps('tokens', units)];
  },
  state: () => [],
  apply({ name, heads, memory, ownRow }, x, { params }, { mode }) {
    const [rows, tokens, units] = x.shape;
    const asking = rows - memory;
    if (asking < 1) throw new EngineError(`${name} remembers ${memory} rows of ${rows}: none is left to ask.`);
    const kernel = (part: string): Tensor => tensorNamed(params, `${name}-${part}/kernel`);
    const [state, stored] = tf.split(x, [asking, memory], 0);
    const flat = tf.reshape(state, [asking, tokens * units]);
    const patterns = tf.reshape(stored, [memory, tokens * units]);
    const hidden = mode === 'train' && ownRow === 'masked' && asking === memory ? tf.mul(tf.eye(memory), NEVER) : null;
    const mapped = (given: Tensor, part: string): Tensor =>
      tf.transpose(tf.reshape(tf.matMul(given, kernel(part)), [given.shape[0], heads, units]), [1, 0, 2]);
    const found = retrieved(
      mapped(normalised(flat), 'rows-query'),
      mapped(normalised(patterns), 'rows-key'),
      mapped(normalised(patterns), 'rows-value'),
      hidden,
    );
    const joined = tf.reshape(tf.transpose(found, [1, 0, 2]), [asking, heads * units]);
    const after = tf.add(flat, tf.matMul(joined, kernel('rows-out')));

    const each = normalised(tf.reshape(after, [asking * tokens, units]));
    const byRow = (part: string): Tensor =>
      tf.reshape(
        tf.transpose(tf.reshape(tf.matMul(each, kernel(part)), [asking, tokens, heads, units]), [0, 2, 1, 3]),
        [asking * heads, tokens, units],
      );
    const own = retrieved(byRow('tokens-query'), byRow('tokens-key'), byRow('tokens-value'), null);
    const beside = tf.transpose(tf.reshape(own, [asking, heads, tokens, units]), [0, 2, 1, 3]);
    const added = tf.matMul(tf.reshape(beside, [asking * tokens, heads * units]), kernel('tokens-out'));
    const next = tf.add(tf.reshape(after, [asking, tokens, units]), tf.reshape(added, [asking, tokens, units]));
    return tf.concat([next, stored], 0);
  },
  flops({ heads, memory }, [tokens, units]) {
    const width = tokens * units;
    // The maps of remembered rows are shared by all that ask.
    return heads * units * (4 * width + 4 * memory) + tokens * heads * units * (8 * units + 4 * tokens);
  },
  axes: ({ name }) => ({
    axes: Object.fromEntries(
      ['rows', 'tokens'].flatMap((part) =>
        [...PARTS, 'out'].map((own) => [`${name}-${part}-${own}/kernel`, [null, null]]),
      ),
    ),
    outgoing: null,
  }),
};

/**
 * One step of a modern Hopfield network (Ramsauer et al. 2021, Eq. 10): softmax(β Q Kᵀ + hidden) V with β = 1/√units,
 * for states [n, a, units] and patterns [n, b, units].
 */
export function retrieved(state: Tensor, keys: Tensor, values: Tensor, hidden: Tensor | null): Tensor {
  const scores = tf.mul(tf.matMul(state, keys, false, true), 1 / Math.sqrt(state.shape[2] ?? 1));
  return tf.matMul(tf.softmax(hidden === null ? scores : tf.add(scores, hidden), -1), values);
}

/** Each row with mean 0 and variance 1. */
function normalised(x: Tensor): Tensor {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), NORM_EPSILON)));
}
