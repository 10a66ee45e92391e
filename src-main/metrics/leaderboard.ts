import type { ClaimRecord } from './claims.ts';
import type { Direction } from './registry.ts';
import { MINIMUM_SEEDS_FOR_TEST, mean, tFactors, tInterval } from './statistics/estimates.ts';
import { holm, pairedT } from './statistics/paired.ts';
import { averageRanks } from './statistics/ranks.ts';

/**
 * Leaderboard maths on finished trials by cell: no database, no methods, no suites. The types mirror the workbench's contract, which lies
 * above this layer, so that what is built here can be sent as it is.
 */

export type Scalar = number | string | boolean;

/** What one finished trial measured. */
export interface CellRecord {
  readonly suite: string;
  /** Identity of the row: method id, with the hash of its own hyper-parameters where it has some. */
  readonly methodKey: string;
  readonly seed: number;
  readonly trial: string;
  readonly metrics: Readonly<Record<string, number>>;
}

export const ROW_COSTS = ['seconds', 'flops', 'examples', 'bytesStored', 'peakMemoryBytes', 'parameters'] as const;
export type RowCostName = (typeof ROW_COSTS)[number];

/** Columns that every cell begins with: `order` rises with the time of storing, costs are NaN where a trial has none. The metrics follow. */
export const CELL_COLUMNS = ['order', 'seed', ...ROW_COSTS] as const;

/**
 * Finished trials of one configuration on one suite, under one protocol and backend, ascending by seed. Numbers lie in columns: column c of
 * trial i is `values[c × count + i]`. 100,000 trials as objects would cost more than everything that is computed from them.
 */
export interface CellColumns {
  readonly suite: string;
  /** Cells of one suite with different protocol hashes or backends are flagged, never silently mixed. */
  readonly protocolHash?: string;
  readonly backend?: string;
  /** How many trials. */
  readonly count: number;
  /** Their ids; made when first asked for where the cell is stored. */
  readonly trials: readonly string[];
  /** The column of each metric; its values are NaN where a trial did not measure it. */
  readonly metrics: ReadonlyMap<string, number>;
  readonly values: ArrayLike<number>;
}

/** A cell in its row, with how many trials were asked for (finished ones included) and what has become of those that are not done. */
export interface PlacedCell {
  /** The row's, as above. */
  readonly key: string;
  readonly cell: CellColumns;
  readonly total: number;
  readonly failed: number;
  readonly unfinished: number;
}

export interface RowInfo {
  readonly key: string;
  readonly method: string;
  readonly title: string;
  readonly label: string;
  readonly reference: 'lower' | 'upper' | null;
  readonly hyperParameters: Record<string, Scalar>;
  readonly family: string;
  readonly needs: Record<string, boolean>;
}

export interface ColumnInfo {
  readonly suite: string;
  readonly metric: string;
  readonly direction: Direction;
}

export interface LeaderboardInput<Query> {
  /** Handed back unchanged. */
  readonly query: Query;
  /** The first column of each suite is its headline: mean ranks are taken over these. */
  readonly columns: readonly ColumnInfo[];
  readonly rows: readonly RowInfo[];
  readonly cells: readonly PlacedCell[];
  /** The sentence with which a row's method refuses a suite, if it does. */
  readonly refusalOf?: (suite: string, row: RowInfo) => string | null;
  /** Key of the row that differences are taken to. */
  readonly baseline?: string;
  /** Keys of the rows whose estimates have their single seeds; all rows when absent. */
  readonly seedsOf?: readonly string[];
  /** The claim to show in a cell, if any. */
  readonly claimFor?: (suite: string, key: string, metric: string) => ClaimRecord | null;
}

export interface Estimate {
  mean: number;
  low: number | null;
  high: number | null;
  deviation: number | null;
  n: number;
  /** One by one, where they were asked for. */
  values: { seed: number; value: number; trial: string }[];
}

/** The values of one metric in a cell, ascending by seed: value i is `source[values + i]`, its seed `source[seeds + i]`. */
interface Sample {
  readonly source: ArrayLike<number>;
  readonly seeds: number;
  readonly values: number;
  readonly n: number;
}

export interface Delta {
  mean: number;
  low: number | null;
  high: number | null;
  /** Not corrected: one chosen baseline, one difference per cell. Null below five shared seeds. */
  p: number | null;
  n: number;
}

export interface LeaderboardCell {
  suite: string;
  metric: string;
  state: 'done' | 'partial' | 'running' | 'failed' | 'missing' | 'not-applicable';
  estimate: Estimate | null;
  rank: number | null;
  best: boolean;
  tiedWithBest: boolean | null;
  why: string | null;
  delta: Delta | null;
  claim: ClaimRecord | null;
  expected: number;
  finished: number;
  failed: number;
}

export type RowCost = Record<RowCostName, number | null>;

export interface LeaderboardRow {
  key: string;
  method: string;
  title: string;
  label: string;
  reference: 'lower' | 'upper' | null;
  hyperParameters: Record<string, Scalar>;
  family: string;
  needs: Record<string, boolean>;
  cells: LeaderboardCell[];
  cost: RowCost;
  meanRank: number | null;
}

export interface Leaderboard<Query> {
  query: Query;
  columns: { suite: string; metric: string }[];
  rows: LeaderboardRow[];
  warnings: string[];
}

/** An upper bound that sees every task at once is a scale, not a competitor: it is shown but not ranked. */
function isRanked(row: RowInfo): boolean {
  return !(row.reference === 'upper' && row.needs['allTasksAtOnce'] === true);
}

/** Estimates, ranks, marks of significance, differences to a baseline, costs and warnings for every row × column. */
export function buildLeaderboard<Query>(input: LeaderboardInput<Query>): Leaderboard<Query> {
  const factor = tFactors();
  const measured = groupCells(input.cells);
  const suites = [...new Set(input.columns.map(({ suite }) => suite))];
  const warnings: string[] = [];

  const ranked = input.rows.map(isRanked);
  const baseline = input.baseline === undefined ? -1 : input.rows.findIndex(({ key }) => key === input.baseline);
  const columns = input.columns.map((): MeasuredColumn => ({ cells: [], samples: [] }));
  const detailed = input.seedsOf === undefined ? null : new Set(input.seedsOf);
  const costs = input.rows.map(() => new MeanCost());
  // Suite by suite, as the cells lie in memory, and not row by row: with thousands of rows that waits for the memory most of the time.
  for (const wanted of suites) {
    const ofSuite = measured.get(wanted);
    const shown = input.columns.flatMap((column, index) =>
      column.suite === wanted ? [{ column, measured: columns[index] }] : [],
    );
    input.rows.forEach((row, r) => {
      const placed = ofSuite?.get(row.key);
      if (placed !== undefined) costs[r].add(placed.cell);
      const refusal = placed === undefined || placed.cell.count === 0 ? (input.refusalOf?.(wanted, row) ?? null) : null;
      const withSeeds = detailed === null || detailed.has(row.key);
      for (const {
        column: { metric },
        measured: { cells, samples },
      } of shown) {
        const sample = placed === undefined ? null : sampleOf(placed.cell, metric);
        const estimate =
          placed === undefined || sample === null
            ? null
            : estimateOf(sample, withSeeds ? singleSeeds(placed.cell, metric) : [], factor);
        samples.push(sample);
        cells.push(
          measure(wanted, metric, placed, estimate, refusal, input.claimFor?.(wanted, row.key, metric) ?? null),
        );
      }
    });
    for (const {
      column,
      measured: { cells, samples },
    } of shown) {
      rankColumn(column, { cells, samples }, ranked, factor);
      const base = samples[baseline] ?? null;
      if (base !== null)
        cells.forEach((cell, r) => {
          if (r !== baseline) cell.delta = difference(samples[r] ?? null, base, factor);
        });
    }
  }
  const rows = input.rows.map(
    ({ key, method, title, label, reference, hyperParameters, family, needs }, r): LeaderboardRow => ({
      key,
      method,
      title,
      label,
      reference,
      hyperParameters,
      family,
      needs,
      cells: columns.map(({ cells }) => cells[r]),
      cost: costs[r].answer(),
      meanRank: null,
    }),
  );
  meanRanks(rows, input, warnings);
  if (input.baseline !== undefined && !input.rows.some(({ key }) => key === input.baseline))
    warnings.push(`The baseline "${input.baseline}" is not on this leaderboard.`);
  warnings.push(
    ...columnWarnings(input.columns, columns),
    ...protocolWarnings(
      input.cells.map(({ cell }) => cell),
      input.columns,
    ),
  );
  return { query: input.query, columns: input.columns.map(({ suite, metric }) => ({ suite, metric })), rows, warnings };
}

/** What a column holds, row by row. */
interface MeasuredColumn {
  readonly cells: LeaderboardCell[];
  readonly samples: (Sample | null)[];
}

function groupCells(cells: readonly PlacedCell[]): Map<string, Map<string, PlacedCell>> {
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
  const [total, failed, unfinished] = [
    sum((placed) => placed.total - placed.cell.count) + places.length,
    sum((placed) => placed.failed),
    sum((placed) => placed.unfinished),
  ];
  return {
    key: first.key,
    total,
    failed,
    unfinished,
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

function measure(
  suite: string,
  metric: string,
  placed: PlacedCell | undefined,
  estimate: Estimate | null,
  refusal: string | null,
  claim: ClaimRecord | null,
): LeaderboardCell {
  const finished = placed?.cell.count ?? 0;
  const expected = Math.max(placed?.total ?? 0, finished);
  const failed = placed?.failed ?? 0;
  const cell: LeaderboardCell = {
    suite,
    metric,
    state: 'missing',
    rank: null,
    best: false,
    tiedWithBest: null,
    why: null,
    delta: null,
    claim,
    expected,
    finished,
    failed,
    estimate,
  };
  if ((placed?.unfinished ?? 0) > 0) cell.state = 'running';
  else if (finished > 0 && estimate === null) {
    cell.state = 'not-applicable';
    cell.why = `The runs of this method do not hold what ${metric} needs.`;
  } else if (finished > 0) cell.state = finished < expected || (estimate?.n ?? 0) < finished ? 'partial' : 'done';
  else if (failed > 0) cell.state = 'failed';
  else if (refusal !== null) {
    cell.state = 'not-applicable';
    cell.why = refusal;
  }
  return cell;
}

/** What the trials of a cell that measured a metric measured; null where none did. Without a copy where all did, as is usual. */
function sampleOf({ values, metrics, count }: CellColumns, metric: string): Sample | null {
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
function estimateOf(
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
function singleSeeds({ values, metrics, count, trials }: CellColumns, metric: string): Estimate['values'] {
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

function rankColumn(
  column: ColumnInfo,
  { cells, samples }: MeasuredColumn,
  ranked: readonly boolean[],
  factor: (df: number) => number,
): void {
  if (column.direction === 'none') return;
  const sign = column.direction === 'higher' ? -1 : 1;
  const competitors: Competitor[] = [];
  cells.forEach((cell, r) => {
    const sample = samples[r] ?? null;
    if (cell.estimate === null || sample === null) return;
    if (ranked[r]) competitors.push({ cell, sample, mean: cell.estimate.mean });
    else cell.why ??= 'An upper bound that sees all tasks at once: shown for scale, not ranked.';
  });
  const ranks = averageRanks(competitors.map((one) => sign * one.mean));
  competitors.forEach(({ cell }, i) => (cell.rank = ranks[i] ?? null));
  const smallest = Math.min(...ranks);
  const best = competitors.find(({ cell }) => cell.rank === smallest);
  if (best === undefined) return;
  for (const { cell } of competitors) cell.best = cell.rank === smallest;
  markTies(best, competitors, factor);
}

interface Competitor {
  readonly cell: LeaderboardCell;
  readonly sample: Sample;
  readonly mean: number;
}

/** Every other method against the best, paired by seed, Holm over the column. */
function markTies(
  { cell: best, sample: bestSample }: Competitor,
  competitors: readonly Competitor[],
  factor: (df: number) => number,
): void {
  const tested: { cell: LeaderboardCell; p: number }[] = [];
  for (const { cell, sample } of competitors) {
    if (cell === best) continue;
    const differences = sharedDifferences(sample, bestSample);
    const test = differences.length === 0 ? null : pairedT(differences, factor);
    if (test?.p == null || test.n < MINIMUM_SEEDS_FOR_TEST) cell.why = tooFewSeeds(differences.length, 'the best');
    else tested.push({ cell, p: test.p });
  }
  const adjusted = holm(tested.map(({ p }) => p));
  tested.forEach(({ cell }, i) => (cell.tiedWithBest = (adjusted[i] ?? 1) >= 0.05));
  if (competitors.length === 1) best.why = 'Nothing to compare with.';
  else if (bestSample.n < MINIMUM_SEEDS_FOR_TEST) best.why = tooFewSeeds(bestSample.n, null);
  else if (tested.length > 0) best.tiedWithBest = true;
}

/** The words that stand in place of a mark of significance. */
export function tooFewSeeds(n: number, other: string | null): string {
  const seeds = n === 1 ? '1 seed' : `${n} seeds`;
  return `${other === null ? `Only ${seeds}` : `Only ${seeds} shared with ${other}`}: a test needs at least ${MINIMUM_SEEDS_FOR_TEST}, because with fewer the interval of a difference is mostly luck.`;
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

/** Both samples ascend by seed, so one pass over the two is enough. */
function sharedDifferences(a: Sample, b: Sample): number[] {
  const differences: number[] = [];
  for (let i = 0, j = 0; i < a.n; i++) {
    const seed = a.source[a.seeds + i];
    while (j < b.n && b.source[b.seeds + j] < seed) j++;
    if (j < b.n && b.source[b.seeds + j] === seed) differences.push(a.source[a.values + i] - b.source[b.values + j]);
  }
  return differences;
}

function difference(sample: Sample | null, baseline: Sample, factor: (df: number) => number): Delta | null {
  if (sample === null) return null;
  const differences = sharedDifferences(sample, baseline);
  if (differences.length === 0) return null;
  const test = pairedT(differences, factor);
  return {
    mean: test.mean,
    low: test.low,
    high: test.high,
    p: test.n < MINIMUM_SEEDS_FOR_TEST ? null : test.p,
    n: test.n,
  };
}

/** Each cost as the mean over all trials of a row's cells. */
class MeanCost {
  readonly #sums = ROW_COSTS.map(() => 0);
  readonly #counts = ROW_COSTS.map(() => 0);

  add({ values, count }: CellColumns): void {
    for (let c = 0; c < ROW_COSTS.length; c++) {
      const from = (CELL_COLUMNS.length - ROW_COSTS.length + c) * count;
      let sum = this.#sums[c];
      for (let i = from; i < from + count; i++) {
        const value = values[i];
        if (Number.isNaN(value)) continue;
        sum += value;
        this.#counts[c]++;
      }
      this.#sums[c] = sum;
    }
  }

  answer(): RowCost {
    const mean = (name: RowCostName): number | null => {
      const c = ROW_COSTS.indexOf(name);
      return this.#counts[c] === 0 ? null : this.#sums[c] / this.#counts[c];
    };
    return {
      seconds: mean('seconds'),
      flops: mean('flops'),
      examples: mean('examples'),
      bytesStored: mean('bytesStored'),
      peakMemoryBytes: mean('peakMemoryBytes'),
      parameters: mean('parameters'),
    };
  }
}

/** Mean over the suites' headline columns. A row that lacks a suite where others of its family were measured gets none: averages over different suites do not compare. */
function meanRanks<Query>(rows: readonly LeaderboardRow[], input: LeaderboardInput<Query>, warnings: string[]): void {
  const headlines = new Map<string, number>();
  input.columns.forEach(({ suite, direction }, index) => {
    if (!headlines.has(suite) && direction !== 'none') headlines.set(suite, index);
  });
  const suitesOf = new Map<string, number[]>();
  for (const row of rows) {
    const known = suitesOf.get(row.family) ?? [];
    for (const index of headlines.values())
      if (row.cells[index]?.rank != null && !known.includes(index)) known.push(index);
    suitesOf.set(row.family, known);
  }
  const left: string[] = [];
  for (const row of rows) {
    const indices = suitesOf.get(row.family) ?? [];
    const ranks = indices.flatMap((index) => row.cells[index]?.rank ?? []);
    if (ranks.length > 0 && ranks.length === indices.length) row.meanRank = mean(ranks);
    else if (ranks.length > 0) left.push(`${row.label || row.title} (${ranks.length} of ${indices.length} suites)`);
  }
  if (left.length > 0)
    warnings.push(`No mean rank for ${left.join(', ')}: a mean over fewer suites would not compare.`);
}

function columnWarnings(columns: readonly ColumnInfo[], measured: readonly MeasuredColumn[]): string[] {
  const warnings: string[] = [];
  const seen = new Set<string>();
  columns.forEach(({ suite }, index) => {
    if (seen.has(suite)) return;
    seen.add(suite);
    const { cells } = measured[index];
    const samples = measured[index].samples.filter((sample) => sample !== null);
    const [first] = samples;
    if (first === undefined) return;
    const fewest = samples.reduce((least, { n }) => Math.min(least, n), first.n);
    if (fewest < MINIMUM_SEEDS_FOR_TEST)
      warnings.push(
        `${suite}: ${fewest === 1 ? 'one seed' : `${fewest} seeds`} in the smallest cell. Below ${MINIMUM_SEEDS_FOR_TEST} seeds nothing is marked as significant; intervals are shown but wide.`,
      );
    if (samples.some((sample) => !sameSeeds(sample, first)))
      warnings.push(
        `${suite}: the methods do not all have the same seeds; means are over different seeds, differences only over shared ones.`,
      );
    const failed = cells.reduce((sum, cell) => sum + cell.failed, 0);
    if (failed > 0)
      warnings.push(
        `${suite}: ${failed === 1 ? 'one trial' : `${failed} trials`} failed or were cancelled and are not part of any mean.`,
      );
    const running = cells.filter(({ state }) => state === 'running').length;
    if (running > 0)
      warnings.push(
        `${suite}: ${running === 1 ? 'one method is' : `${running} methods are`} still running; ranks may change.`,
      );
  });
  return warnings;
}

function sameSeeds(a: Sample, b: Sample): boolean {
  if (a.n !== b.n) return false;
  for (let i = 0; i < a.n; i++) if (a.source[a.seeds + i] !== b.source[b.seeds + i]) return false;
  return true;
}

function protocolWarnings(cells: readonly CellColumns[], columns: readonly ColumnInfo[]): string[] {
  const shown = new Set(columns.map(({ suite }) => suite));
  const protocols = new Map<string, Set<string>>();
  const backends = new Map<string, Set<string>>();
  const note = (map: Map<string, Set<string>>, suite: string, value: string | undefined): void => {
    if (value === undefined) return;
    const known = map.get(suite);
    if (known === undefined) map.set(suite, new Set([value]));
    else known.add(value);
  };
  for (const { suite, protocolHash, backend, count } of cells) {
    if (!shown.has(suite) || count === 0) continue;
    note(protocols, suite, protocolHash);
    note(backends, suite, backend);
  }
  const warnings: string[] = [];
  for (const [suite, hashes] of protocols)
    if (hashes.size > 1)
      warnings.push(
        `${suite}: these results were measured under ${hashes.size} different protocols (hashes ${[...hashes].map((hash) => hash.slice(0, 8)).join(', ')}) and do not compare.`,
      );
  for (const [suite, names] of backends)
    if (names.size > 1)
      warnings.push(
        `${suite}: results of several backends are mixed (${[...names].join(', ')}); numbers agree only within tolerance, and times do not compare.`,
      );
  return warnings;
}
