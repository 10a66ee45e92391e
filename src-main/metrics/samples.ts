import { CELL_COLUMNS, type CellColumns, type Estimate, type PlacedCell } from './records.ts';
import { tInterval } from './statistics/estimates.ts';
import { measuredDifference } from './statistics/measured.ts';

/** The values of one metric in a cell, ascending by seed: value i is `source[values + i]`, its seed `source[seeds + i]`. */
export interface Sample {
  readonly source: ArrayLike<number>;
  readonly seeds: number;
  readonly values: number;
  readonly n: number;
}

export function groupCells(cells: readonly PlacedCell[]): Map<string, Map<string, PlacedCell>> {
  const suites = new Map<string, Map<string, PlacedCell>>();
  /** Those of which a row has several on one suite. */
  const lists = new Map<Map<string, PlacedCell>, Map<string, PlacedCell[]>>();
  for (const placed of cells) {
    const { suite } = placed.cell;
    let byKey = suites.get(suite);
    if (byKey === undefined) suites.set(suite, (byKey = new Map<string, PlacedCell>()));
    const first = byKey.get(placed.key);
    if (first === undefined && isAscending(placed.cell)) {
      byKey.set(placed.key, placed);
      continue;
    }
    let several = lists.get(byKey);
    if (several === undefined) lists.set(byKey, (several = new Map<string, PlacedCell[]>()));
    const list = several.get(placed.key) ?? (first === undefined ? [] : [first]);
    list.push(placed);
    several.set(placed.key, list);
    byKey.set(placed.key, placed);
  }
  for (const [byKey, several] of lists) for (const [key, list] of several) byKey.set(key, onePerSeed(list));
  return suites;
}

/** One trial per seed: of two with the same seed (another backend, an older engine) the later one counts, and a warning says so. */
function onePerSeed(list: readonly PlacedCell[]): PlacedCell {
  const [first] = list;
  if (first === undefined) throw new RangeError('a row needs at least one cell');
  const chosen = new Map<number, { cell: CellColumns; at: number; order: number; trial: string }>();
  for (const { cell } of list) {
    cell.trials.forEach((trial, at) => {
      const [order, seed] = [cell.values[at], cell.values[cell.count + at]];
      const known = chosen.get(seed);
      if (known === undefined || known.order < order) chosen.set(seed, { cell, at, order, trial });
    });
  }
  const places = [...chosen].sort(([a], [b]) => a - b).map(([, place]) => place);
  const names = new Set(list.flatMap(({ cell }) => [...cell.metrics.keys()]));
  const metrics = new Map([...names].map((name, m) => [name, CELL_COLUMNS.length + m]));
  const column = (of: (cell: CellColumns) => number | undefined): number[] =>
    places.map(({ cell, at }) => {
      const c = of(cell);
      return c === undefined ? Number.NaN : cell.values[c * cell.count + at];
    });
  const sum = (of: (placed: PlacedCell) => number): number => list.reduce((total, placed) => total + of(placed), 0);
  return {
    key: first.key,
    total: sum((placed) => placed.total - placed.cell.count) + places.length,
    failed: sum((placed) => placed.failed),
    diverged: sum((placed) => placed.diverged),
    notPossible: sum((placed) => placed.notPossible),
    unfinished: sum((placed) => placed.unfinished),
    cell: {
      suite: first.cell.suite,
      count: places.length,
      trials: places.map(({ trial }) => trial),
      metrics,
      values: [
        ...CELL_COLUMNS.flatMap((_, c) => column(() => c)),
        ...[...names].flatMap((name) => column((cell) => cell.metrics.get(name))),
      ],
    },
  };
}

function isAscending({ values, count }: CellColumns): boolean {
  for (let i = count + 1; i < 2 * count; i++) if (values[i - 1] >= values[i]) return false;
  return true;
}

/** What the trials of a cell that measured a metric measured; null where none did. Without a copy where all did, as is usual. */
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
