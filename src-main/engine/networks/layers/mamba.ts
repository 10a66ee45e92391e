import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { checkRank, tensorNamed } from './layer.ts';
import type { LayerKind, LayerTensor } from './layer.ts';

export interface MambaSpec {
  readonly kind: 'mamba';
  /** Prefix of its tensors. */
  readonly name: string;
  /** Inner units for each unit of a token. */
  readonly expand: number;
  /** Numbers of the state of each inner unit. */
  readonly stateSize: number;
  /** Tokens that the causal convolution sees. */
  readonly window: number;
}

/** Steps δ start about log-uniformly between .001 and .1: softplus⁻¹(δ) ≈ ln δ is normal with that mean and spread. */
const STEP_START = { mean: Math.log(0.01), deviation: Math.log(100) / Math.sqrt(12) } as const;

/** Numbers from which the steps are made. */
const rankOf = (units: number): number => Math.ceil(units / 16);

/**
 * A Mamba block (Gu & Dao 2023, section 3.4 and algorithm 2) over the tokens of x [B, tokens, units]: [u, z] = x W_in;
 * u by a causal convolution of each unit over `window` tokens, then SiLU; [δ', B, C] = u W_x; δ = softplus(δ' W_δ +
 * b_δ); the selective scan with A = −exp(a + ln 1 … n) and D; times SiLU(z); times W_out. Maps have no bias but b_δ.
 */
export const mamba: LayerKind<MambaSpec> = {
  kind: 'mamba',
  schema: z.strictObject({
    kind: z.literal('mamba'),
    name: z.string().min(1),
    expand: z.int().min(1),
    stateSize: z.int().min(1),
    window: z.int().min(1),
  }),
  shape({ name }, input) {
    checkRank(input, 2, `The Mamba block ${name}`);
    return input;
  },
  parameters({ name, expand, stateSize, window }, [, units]) {
    const inner = expand * units;
    const rank = rankOf(units);
    const map = (part: string, from: number, to: number): LayerTensor => ({
      name: `${name}-${part}/kernel`,
      shape: [from, to],
      role: 'kernel',
      fan: { in: from, out: to },
    });
    const fan = { in: inner, out: inner };
    return [
      map('in', units, 2 * inner),
      { name: `${name}-window/kernel`, shape: [window, inner], role: 'kernel', fan: { in: window, out: 1 } },
      map('select', inner, rank + 2 * stateSize),
      map('step', rank, inner),
      { name: `${name}-step/bias`, shape: [inner], role: 'bias', fan, start: STEP_START },
      {
        name: `${name}-decay/kernel`,
        shape: [inner, stateSize],
        role: 'kernel',
        fan,
        start: { mean: 0, deviation: 0 },
      },
      { name: `${name}-through/scale`, shape: [inner], role: 'scale', fan },
      map('out', inner, units),
    ];
  },
  state: () => [],
  apply({ name, expand, stateSize, window }, x, { params }) {
    const [rows, tokens, units] = x.shape;
    const inner = expand * units;
    const rank = rankOf(units);
    const of = (part: string): Tensor => tensorNamed(params, `${name}-${part}`);
    const map = (given: Tensor, part: string): Tensor =>
      tf.matMul(tf.reshape(given, [rows * tokens, given.size / (rows * tokens)]), of(`${part}/kernel`));
    const [given, gate] = tf.split(tf.reshape(map(x, 'in'), [rows, tokens, 2 * inner]), 2, 2);
    const u = silu(causal(given, of('window/kernel'), window));
    const [low, b, c] = tf.split(map(u, 'select'), [rank, stateSize, stateSize], 1);
    const steps = tf.softplus(tf.add(tf.matMul(low, of('step/kernel')), of('step/bias')));
    const counts = tf.log(tf.range(1, stateSize + 1));
    const y = selectiveScan({
      u,
      steps: tf.reshape(steps, [rows, tokens, inner]),
      decay: tf.neg(tf.exp(tf.add(of('decay/kernel'), counts))),
      b: tf.reshape(b, [rows, tokens, stateSize]),
      c: tf.reshape(c, [rows, tokens, stateSize]),
      through: of('through/scale'),
    });
    return tf.reshape(map(tf.mul(y, silu(gate)), 'out'), [rows, tokens, units]);
  },
  flops({ expand, stateSize, window }, [tokens, units]) {
    const inner = expand * units;
    const rank = rankOf(units);
    const maps = 2 * inner * (3 * units + 2 * rank + 2 * stateSize);
    return tokens * (maps + 2 * window * inner + 7 * inner * stateSize + 12 * inner);
  },
  axes: ({ name }, _input, incoming) => ({
    axes: {
      [`${name}-in/kernel`]: [incoming, null],
      [`${name}-window/kernel`]: [null, null],
      [`${name}-select/kernel`]: [null, null],
      [`${name}-step/kernel`]: [null, null],
      [`${name}-step/bias`]: [null],
      [`${name}-decay/kernel`]: [null, null],
      [`${name}-through/scale`]: [null],
      [`${name}-out/kernel`]: [null, null],
    },
    outgoing: null,
  }),
};

const silu = (x: Tensor): Tensor => tf.mul(x, tf.sigmoid(x));

/** Of each unit by itself the sum over the last tokens, the present one with the last weight. */
function causal(x: Tensor, weights: Tensor, window: number): Tensor {
  const [rows, tokens, units] = x.shape;
  const padded = tf.concat([tf.zeros([rows, window - 1, units]), x], 1);
  const taps = tf.unstack(weights);
  return taps
    .map((weight, at) => tf.mul(tf.slice(padded, [0, at, 0], [rows, tokens, units]), weight))
    .reduce((sum, part) => tf.add(sum, part));
}

/** What a selective scan is given: tokens [B, L, …] and what all of them share. */
export interface Scan {
  /** Inputs and steps δ [B, L, d]. */
  readonly u: Tensor;
  readonly steps: Tensor;
  /** A [d, n], negative. */
  readonly decay: Tensor;
  /** B and C [B, L, n]. */
  readonly b: Tensor;
  readonly c: Tensor;
  /** D [d]. */
  readonly through: Tensor;
}

/** H_l = exp(δ_l A) h_{l−1} + δ_l B_l u_l and y_l = h_l C_l + D u_l, from h = 0, token by token: y [B, L, d]. */
export function selectiveScan({ u, steps, decay, b, c, through }: Scan): Tensor {
  const [rows, , inner] = u.shape;
  const size = decay.shape[1] ?? 1;
  const tokens = (x: Tensor): Tensor[] => tf.unstack(x, 1);
  const [us, deltas, bs, cs] = [u, steps, b, c].map(tokens);
  const states: Tensor[] = [];
  us.forEach((own, at) => {
    const column = tf.reshape(deltas[at], [rows, inner, 1]);
    const added = tf.mul(tf.mul(column, tf.reshape(own, [rows, inner, 1])), tf.reshape(bs[at], [rows, 1, size]));
    const before = states[at - 1];
    states.push(before === undefined ? added : tf.add(tf.mul(tf.exp(tf.mul(column, decay)), before), added));
  });
  const outputs = states.map((state, at) =>
    tf.reshape(tf.sum(tf.mul(state, tf.reshape(cs[at], [rows, 1, size])), 2), [rows, 1, inner]),
  );
  return tf.add(tf.concat(outputs, 1), tf.mul(u, through));
}
