import { CELL_COLUMNS } from './records.ts';
import type { CellColumns, Estimate, PlacedCell } from './records.ts';
import { tInterval } from './statistics/estimates.ts';
import { measuredDifference } from './statistics/measured.ts';

/**
 * The values of one metric in a cell, ascending by seed and fold: value i is `source[values + i]`, its seed
 * `source[seeds + i]`, its fold `source[places + i]`.
 */
export interface Sample {
  readonly source: ArrayLike<number>;
  readonly seeds: number;
  /** Where the folds of the values lie, and how many folds there are: 1 = none, and then nothing lies there. */
  readonly places: number;
  readonly folds: number;
  readonly values: number;
  readonly n: number;
}

/** Differences of two samples over what both have: seeds, or pairs of seed and fold. */
export interface PairedDifferences {
  readonly values: readonly number[];
  readonly folds: number;
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

const SEED = CELL_COLUMNS.indexOf('seed');
const FOLD = CELL_COLUMNS.indexOf('fold');

/** How many folds a cell's trials are spread over, by what is there: 1 where they have none. */
export function foldsIn({ values, count }: Pick<CellColumns, 'values' | 'count'>): number {
  let last = 0;
  for (let i = FOLD * count; i < (FOLD + 1) * count; i++) if (values[i] > last) last = values[i];
  return last + 1;
}

/**
 * What the trials of a cell that measured a metric measured; null where none did. Without a copy where all did, as is
 * usual. `folds`: how many the suite has.
 */
export function sampleOf(cell: CellColumns, metric: string, folds: number): Sample | null {
  const { values, metrics, count } = cell;
  const column = metrics.get(metric);
  if (column === undefined) return null;
  const from = column * count;
  let n = 0;
  for (let i = from; i < from + count; i++) if (Number.isFinite(values[i])) n++;
  if (n === 0) return null;
  if (n === count) return { source: values, seeds: SEED * count, places: FOLD * count, folds, values: from, n };
  const kept = Array.from({ length: count }, (_, i) => i).filter((i) => Number.isFinite(values[from + i]));
  const part = (column: number): number[] => kept.map((i) => values[column * count + i]);
  const source = [...part(SEED), ...part(FOLD), ...part(column)];
  return { source, seeds: 0, places: n, folds, values: 2 * n, n };
}

/** Mean and interval of a sample. */
export function estimateOf(
  { source, seeds, folds, values: from, n }: Sample,
  values: Estimate['values'],
  factor: (df: number) => number,
): Estimate {
  const numbers: number[] = [];
  for (let i = from; i < from + n; i++) numbers.push(source[i]);
  const { mean: centre, low, high, deviation } = tInterval(numbers, factor, folds);
  let distinct = 1;
  for (let i = seeds + 1; i < seeds + n; i++) if (source[i] !== source[i - 1]) distinct++;
  return { mean: centre, low, high, deviation, n, folds, seeds: distinct, values };
}

/** What the trials of a cell that measured a metric measured, one by one. */
export function singleSeeds(cell: CellColumns, metric: string): Estimate['values'] {
  const { values, metrics, count, trials } = cell;
  const from = (metrics.get(metric) ?? Number.NaN) * count;
  return trials.flatMap((trial, i) => {
    if (!Number.isFinite(values[from + i])) return [];
    const fold = values[FOLD * count + i];
    return [
      {
        seed: whole(values[SEED * count + i]),
        fold: Number.isNaN(fold) ? null : whole(fold),
        value: values[from + i],
        trial,
      },
    ];
  });
}

/** The same number; a whole one in the form that costs no memory of its own, which the columns' floats do not have. */
function whole(value: number): number {
  const small = value | 0;
  return small === value ? small : value;
}

/** a − b for the seeds (and folds) that both have. */
export function pairedDifferences(a: Estimate, b: Estimate): PairedDifferences {
  const sample = ({ values, folds }: Estimate): Sample => ({
    source: [
      ...values.map(({ seed }) => seed),
      ...values.map(({ fold }) => fold ?? Number.NaN),
      ...values.map(({ value }) => value),
    ],
    seeds: 0,
    places: values.length,
    folds,
    values: 2 * values.length,
    n: values.length,
  });
  return sharedDifferences(sample(a), sample(b));
}

/** a − b for the seeds (and folds) that both have. Both samples ascend, so one pass over the two is enough. */
export function sharedDifferences(a: Sample, b: Sample): PairedDifferences {
  const values: number[] = [];
  for (let i = 0, j = 0; i < a.n; i++) {
    while (j < b.n && compared(b, j, a, i) < 0) j++;
    if (j < b.n && compared(b, j, a, i) === 0)
      values.push(measuredDifference(a.source[a.values + i], b.source[b.values + j]));
  }
  return { values, folds: Math.max(a.folds, b.folds) };
}

/** Negative, zero or positive as value i of a comes before, with or after value j of b, by seed and then by fold. */
function compared(a: Sample, i: number, b: Sample, j: number): number {
  const bySeed = a.source[a.seeds + i] - b.source[b.seeds + j];
  return bySeed !== 0 || a.folds === 1 ? bySeed : a.source[a.places + i] - b.source[b.places + j];
}

export function sameSeeds(a: Sample, b: Sample): boolean {
  if (a.n !== b.n) return false;
  for (let i = 0; i < a.n; i++) if (compared(a, i, b, i) !== 0) return false;
  return true;
}
