import type { DenseLayer } from './dense-chain.ts';
import { covariances } from './correlation.ts';

/**
 * Linear centred kernel alignment of two layers' answers to the same rows (Kornblith et al. 2019, equation 3): 1 where
 * they are the same but for a rotation and a scale. A layer that always answers the same is like none: 0.
 *
 * @param x [rows × its units] and y [rows × its units], row-major.
 */
export function linearCka(x: Float32Array, y: Float32Array, rows: number): number {
  const width = x.length / rows;
  const all = covariances([x, y], rows);
  const units = Math.sqrt(all.length);
  const squares = { x: 0, y: 0, both: 0 };
  all.forEach((value, at) => {
    const [row, column] = [Math.floor(at / units), at % units];
    if (row < width && column < width) squares.x += value * value;
    else if (row >= width && column >= width) squares.y += value * value;
    else if (row < width) squares.both += value * value;
  });
  const product = Math.sqrt(squares.x * squares.y);
  return product === 0 ? 0 : squares.both / product;
}

/**
 * Cross-layer alignment (Nguyen et al. 2023, equation 2): for each layer of the shorter net one of the longer, in
 * strictly increasing order and of least cost in all, by dynamic programming.
 *
 * @param costs shorter × longer, row-major.
 * @param matched so many first layers of both nets belong to one another, as in the authors' code.
 * @throws RangeError when there are more rows than columns, more matched layers than rows, or another number of costs.
 */
export function alignLayers(costs: Float64Array, shorter: number, longer: number, matched: number): Int32Array {
  if (shorter > longer || costs.length !== shorter * longer || matched > shorter)
    throw new RangeError(
      `${shorter} layers can't be mapped into ${longer} in order, ${matched} of them in place, by ${costs.length} costs.`,
    );
  // least[i][j]: of the first i layers into the first j.
  const width = longer + 1;
  const least = new Float64Array((shorter + 1) * width).fill(Infinity);
  least.fill(0, 0, width);
  for (let i = 1; i <= shorter; i += 1)
    for (let j = i; j <= longer; j += 1) {
      const here = least[(i - 1) * width + j - 1] + costs[(i - 1) * longer + j - 1];
      least[i * width + j] =
        i <= matched ? (j === i ? here : least[i * width + j - 1]) : Math.min(here, least[i * width + j - 1]);
    }
  const map = new Int32Array(shorter);
  for (let [i, j] = [shorter, longer]; i > 0; i -= 1, j -= 1) {
    while (j > i && least[i * width + j] === least[i * width + j - 1]) j -= 1;
    map[i - 1] = j - 1;
  }
  return map;
}

/** A layer of a net that was made deeper: one of its own, by its number, or the identity after its layer `of`. */
export interface BalancedLayer {
  readonly layer: DenseLayer;
  readonly of: number;
  readonly added: boolean;
}

/**
 * The shorter net with identity layers wherever the longer one has a layer to which none is mapped: the same function,
 * as a rectifier changes nothing that is not negative. Identities before the first layer need inputs that are not
 * negative.
 *
 * @param map for each hidden layer of the net its place among the hidden layers, ascending.
 * @param depth hidden layers that the result has.
 */
export function balanced(net: readonly DenseLayer[], map: Int32Array, depth: number): BalancedLayer[] {
  const hidden = Array.from({ length: depth }, (_, place): BalancedLayer => {
    const own = map.indexOf(place);
    if (own >= 0) return { layer: net[own], of: own, added: false };
    const before = map.filter((other) => other < place).length - 1;
    return { layer: identityLayer(net, before), of: before, added: true };
  });
  return [...hidden, { layer: net[net.length - 1], of: net.length - 1, added: false }];
}

function identityLayer(net: readonly DenseLayer[], after: number): DenseLayer {
  const units = after < 0 ? net[0].inputs : net[after].outputs;
  return {
    name: 'identity',
    inputs: units,
    outputs: units,
    kernel: new Float32Array(units * units).map((_, at) => (at % (units + 1) === 0 ? 1 : 0)),
    bias: net[0].bias === null ? null : new Float32Array(units),
  };
}
