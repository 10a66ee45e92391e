import type { CellColumns, Estimate, PlacedCell } from './records.ts';
import { tInterval } from './statistics/estimates.ts';
import { measuredDifference } from './statistics/measured.ts';

/**
 * The values of one metric in a cell, ascending by seed: value i is `source[values + i]`, its seed `source[seeds + i]`.
 */
export interface Sample {
  readonly source: ArrayLike<number>;
  readonly seeds: number;
  readonly values: number;
  readonly n: number;
}

/**
 * Cells by suite and row. A cell's trials have all in common but the seed, so that a row has one on a suite: nothing is
 * taken together here.
 */
export function groupCells(cells: readonly PlacedCell[]): Map<string, Map<string, PlacedCell>> {
  const suites = new Map<string, Map<string, PlacedCell>>();
  for (const placed of cells) {
    const { suite } = placed.cell;
    let byKey = suites.get(suite);
    if (byKey === undefined) suites.set(suite, (byKey = new Map<string, PlacedCell>()));
    if (byKey.has(placed.key)) throw new RangeError(`the row ${placed.key} has two cells on ${suite}`);
    byKey.set(placed.key, placed);
  }
  return suites;
}

/**
 * What the trials of a cell that measured a metric measured; null where none did. Without a copy where all did, as is
 * usual.
 */
export function sampleOf({ values, metrics, count }: CellColumns, metric: string): Sample | null {
  const column = metrics.get(metric);
  if (column === undefined) return null;
  const from = column * count;
  let n = 0;
  for (let i = from; i < from + count; i++) if (Number.isFinite(values[i])) n++;
  if (n === 0) return null;
  if (n === count) return { source: values, seeds: count, values: from, n };
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => Number.isFinite(values[from + i]));
  return {
    source: [...kept.map((i) => values[count + i]), ...kept.map((i) => values[from + i])],
    seeds: 0,
    values: n,
    n,
  };
}

/** Mean and interval of a sample. */
export function estimateOf(
  { source, values: from, n }: Sample,
  values: Estimate['values'],
  factor: (df: number) => number,
): Estimate {
  const numbers: number[] = [];
  for (let i = from; i < from + n; i++) numbers.push(source[i]);
  const { mean: centre, low, high, deviation } = tInterval(numbers, factor);
  return { mean: centre, low, high, deviation, n, values };
}

/** What the trials of a cell that measured a metric measured, one by one. */
export function singleSeeds({ values, metrics, count, trials }: CellColumns, metric: string): Estimate['values'] {
  const from = (metrics.get(metric) ?? Number.NaN) * count;
  return trials.flatMap((trial, i) =>
    Number.isFinite(values[from + i]) ? [{ seed: whole(values[count + i]), value: values[from + i], trial }] : [],
  );
}

/** The same number; a whole one in the form that costs no memory of its own, which the columns' floats do not have. */
function whole(value: number): number {
  const small = value | 0;
  return small === value ? small : value;
}

/** a − b for the seeds that both have. */
export function pairedDifferences({ values: a }: Estimate, { values: b }: Estimate): number[] {
  const sample = (values: Estimate['values']): Sample => ({
    source: [...values.map(({ seed }) => seed), ...values.map(({ value }) => value)],
    seeds: 0,
    values: values.length,
    n: values.length,
  });
  return sharedDifferences(sample(a), sample(b));
}

/** a − b for the seeds that both have. Both samples ascend by seed, so one pass over the two is enough. */
export function sharedDifferences(a: Sample, b: Sample): number[] {
  const differences: number[] = [];
  for (let i = 0, j = 0; i < a.n; i++) {
    const seed = a.source[a.seeds + i];
    while (j < b.n && b.source[b.seeds + j] < seed) j++;
    if (j < b.n && b.source[b.seeds + j] === seed)
      differences.push(measuredDifference(a.source[a.values + i], b.source[b.values + j]));
  }
  return differences;
}

export function sameSeeds(a: Sample, b: Sample): boolean {
  if (a.n !== b.n) return false;
  for (let i = 0; i < a.n; i++) if (a.source[a.seeds + i] !== b.source[b.seeds + i]) return false;
  return true;
}
