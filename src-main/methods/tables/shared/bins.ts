import { piecewiseWidths } from '../../../engine/networks/layers/piecewise-linear.ts';
import type { PiecewiseLinearSpec } from '../../../engine/networks/layers/piecewise-linear.ts';
import type { TableData } from '../../training/contract.ts';

/**
 * Edges of bins of equal mass (Gorishniy et al. 2022, section 3.2.1): the quantiles of an input's training values at 0,
 * 1/bins … 1, between neighbours in a straight line, each once. None where all values are equal.
 *
 * @param inputs [rows × width]
 */
export function quantileEdges(inputs: Float32Array, width: number, input: number, bins: number): readonly number[] {
  const values = inputs.filter((_, at) => at % width === input).sort();
  const last = values.length - 1;
  const quantiles = Array.from({ length: bins + 1 }, (_, at) => {
    const place = (at / bins) * last;
    const below = values[Math.floor(place)];
    return below + (place - Math.floor(place)) * (values[Math.ceil(place)] - below);
  });
  const edges = [...new Set(quantiles)];
  return edges.length < 2 ? [] : edges;
}

/** Of each input of a network whether it is a number by itself, not a level of a category. */
export const isNumber = (widths: readonly number[]): readonly boolean[] =>
  widths.flatMap((width) => Array.from({ length: width }, () => width === 1));

/** How many numbers each column is, from how many each of its inputs became. */
export function widthsOfColumns(widths: readonly number[], encoded: readonly number[]): readonly number[] {
  const starts = widths.map((_, at) => widths.slice(0, at).reduce((sum, width) => sum + width, 0));
  return widths.map((width, at) =>
    encoded.slice(starts[at], starts[at] + width).reduce((sum, numbers) => sum + numbers, 0),
  );
}

/** Numbers as places in bins of equal mass, and how many numbers each column then is. */
export function binned(
  { widths, inputs }: Pick<TableData, 'widths' | 'inputs'>,
  bins: number,
): readonly [PiecewiseLinearSpec, readonly number[]] {
  const numbers = isNumber(widths);
  const edges = numbers.map((is, at) => (is ? quantileEdges(inputs, numbers.length, at, bins) : []));
  return [{ kind: 'piecewise-linear', edges }, widthsOfColumns(widths, piecewiseWidths(edges))];
}
