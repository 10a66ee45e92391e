/** Middle value; the mean of the two middle ones of an even count. Throws on an empty list. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Sample quantile by linear interpolation between order statistics (type 7). Throws on an empty list. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('a quantile needs at least one value');
  const order = [...values].sort((a, b) => a - b);
  const place = share * (order.length - 1),
    below = Math.floor(place);
  const next = order[Math.min(below + 1, order.length - 1)];
  return order[below] + (next - order[below]) * (place - below);
}

export interface MedianInterval {
  readonly low: number;
  readonly high: number;
  /**
   * Probability that the interval holds the median, whatever the distribution; below 0.95 where there are fewer than
   * six values.
   */
  readonly coverage: number;
}

/**
 * Distribution-free interval of the median from order statistics: [x₍ₖ₎, x₍ₙ₊₁₋ₖ₎] with the largest k for which
 * P(Bin(n, ½) ≤ k − 1) ≤ 2.5 %. With fewer than six values no pair reaches 95 %; it is then the whole range.
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const n = values.length;
  if (n === 0) throw new RangeError('an interval needs at least one value');
  const order = [...values].sort((a, b) => a - b);
  let k = 1,
    tail = 0.5 ** n,
    term = tail;
  for (;;) {
    const next = (term * (n - k + 1)) / k;
    if (tail + next > 0.025) break;
    term = next;
    tail += term;
    k += 1;
  }
  return { low: order[k - 1], high: order[n - k], coverage: 1 - 2 * tail };
}
