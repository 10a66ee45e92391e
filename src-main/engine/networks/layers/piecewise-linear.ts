import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import { checkRank, product } from './layer.ts';
import type { LayerKind } from './layer.ts';

export interface PiecewiseLinearSpec {
  readonly kind: 'piecewise-linear';
  /** Of each input the edges of its bins, ascending; one without edges stays as it is. */
  readonly edges: readonly (readonly number[])[];
}

const binsOf = (edges: readonly number[]): number => Math.max(1, edges.length - 1);

/** How many numbers each input becomes. */
export const piecewiseWidths = (edges: PiecewiseLinearSpec['edges']): readonly number[] => edges.map(binsOf);

/**
 * Piecewise linear encoding (Gorishniy et al. 2022, section 3.2): of an input with edges b_0 < … < b_T the numbers
 * (x − b_{t−1}) / (b_t − b_{t−1}) for t = 1 … T, clipped to 0 … 1 but for the first, which has no lower bound, and the
 * last, which has no upper one. Edges are data and are not trained.
 */
export const piecewiseLinear: LayerKind<PiecewiseLinearSpec> = {
  kind: 'piecewise-linear',
  schema: z.strictObject({
    kind: z.literal('piecewise-linear'),
    edges: z.array(z.array(z.number()).refine((edges) => edges.length !== 1, 'a bin needs two edges')).min(1),
  }),
  shape({ edges }, input) {
    checkRank(input, 1, 'The piecewise linear encoding');
    if (edges.length !== input[0])
      throw new EngineError(`There are edges of ${edges.length} inputs; the network is given ${input[0]}.`);
    return [piecewiseWidths(edges).reduce((sum, width) => sum + width, 0)];
  },
  parameters: () => [],
  state: () => [],
  apply: ({ edges }, x) => encoded(x, edges),
  flops: ({ edges }) => 4 * product([piecewiseWidths(edges).reduce((sum, width) => sum + width, 0)]),
  axes: (_spec, _input, incoming) => ({ axes: {}, outgoing: null, fixes: incoming === null ? [] : [incoming] }),
};

/** All bins at once: (x − start) · factor, between bounds that are infinite where there is none. */
function encoded(x: Tensor, edges: PiecewiseLinearSpec['edges']): Tensor {
  const bins = edges.flatMap((own, input) => {
    if (own.length === 0) return [{ input, start: 0, width: 1, low: -FAR, high: FAR }];
    return own.slice(1).map((end, at) => ({
      input,
      start: own[at],
      width: end - own[at],
      low: at === 0 ? -FAR : 0,
      high: at === own.length - 2 ? FAR : 1,
    }));
  });
  const row = (of: (bin: (typeof bins)[number]) => number): Tensor => tf.tensor2d(bins.map(of), [1, bins.length]);
  // A product with ones in place of a gather, whose gradient wasm lacks; it is as exact.
  const chosen = new Float32Array(edges.length * bins.length);
  bins.forEach(({ input }, at) => {
    chosen[input * bins.length + at] = 1;
  });
  const own = tf.matMul(x.as2D(x.shape[0], edges.length), tf.tensor2d(chosen, [edges.length, bins.length]));
  const places = tf.div(
    tf.sub(
      own,
      row(({ start }) => start),
    ),
    row(({ width }) => width),
  );
  return tf.minimum(
    tf.maximum(
      places,
      row(({ low }) => low),
    ),
    row(({ high }) => high),
  );
}

/** Stands for infinity in float32 arithmetic. */
const FAR = 1e30;
