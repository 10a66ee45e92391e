import type { ClaimRecord } from './claims.ts';
import type { Cost } from './primitives.ts';
import type { Direction } from './registry.ts';
import { MINIMUM_SEEDS_FOR_TEST, mean, tFactors, tInterval } from './statistics/estimates.ts';
import { holm, pairedT } from './statistics/paired.ts';
import { averageRanks } from './statistics/ranks.ts';

/**
 * Leaderboard maths on one flat list of finished records: no database, no methods, no suites. The types mirror the workbench's contract,
 * which lies above this layer, so that what is built here can be sent as it is.
 */

export type Scalar = number | string | boolean;
export type CostRecord = Readonly<Partial<Cost>>;
export type CellProgress = 'queued' | 'waiting' | 'running' | 'paused' | 'done' | 'failed' | 'cancelled';

/** What one finished trial measured. */
export interface CellRecord {
  readonly suite: string;
  /** Identity of the configuration: method id plus the hash of its hyper-parameters. */
  readonly methodKey: string;
  readonly seed: number;
  readonly trial: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly cost: CostRecord | null;
  /** Records of one suite with different protocol hashes or backends are flagged, never silently mixed. */
  readonly protocolHash?: string;
  readonly backend?: string;
}

/** A cell that was asked for; done ones are also among the records. */
export interface ExpectedCell {
  readonly suite: string;
  readonly methodKey: string;
  readonly seed: number;
  readonly state: CellProgress;
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
  readonly records: readonly CellRecord[];
  readonly expected: readonly ExpectedCell[];
  /** Pairings that a method refuses, with its sentence. */
  readonly refused?: readonly { readonly suite: string; readonly methodKey: string; readonly reason: string }[];
  /** Key of the row that differences are taken to. */
  readonly baseline?: string;
  /** The claim to show in a cell, if any. */
  readonly claimFor?: (suite: string, key: string, metric: string) => ClaimRecord | null;
}

export interface Estimate {
  mean: number;
  low: number | null;
  high: number | null;
  deviation: number | null;
  n: number;
  values: { seed: number; value: number; trial: string }[];
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

export interface RowCost {
  seconds: number | null;
  flops: number | null;
  examples: number | null;
  bytesStored: number | null;
  peakMemoryBytes: number | null;
  parameters: number | null;
}

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

const UNFINISHED: readonly CellProgress[] = ['queued', 'waiting', 'running', 'paused'];
const COSTS = ['seconds', 'flops', 'examples', 'bytesStored', 'peakMemoryBytes', 'parameters'] as const;

/** An upper bound that sees every task at once is a scale, not a competitor: it is shown but not ranked. */
function isRanked(row: RowInfo): boolean {
  return !(row.reference === 'upper' && row.needs['allTasksAtOnce'] === true);
}

/** Estimates, ranks, marks of significance, differences to a baseline, costs and warnings for every row × column. */
export function buildLeaderboard<Query>(input: LeaderboardInput<Query>): Leaderboard<Query> {
  const factor = tFactors();
  const records = groupRecords(input.records);
  const expected = groupExpected(input.expected);
  const refused = new Map((input.refused ?? []).map(({ suite, methodKey, reason }) => [`${suite}\n${methodKey}`, reason]));
  const warnings: string[] = [];

  const rows: LeaderboardRow[] = input.rows.map((row) => ({
    key: row.key, method: row.method, title: row.title, label: row.label, reference: row.reference, hyperParameters: row.hyperParameters, family: row.family,
    needs: row.needs,
    cells: input.columns.map(({ suite, metric }) => {
      const finished = records.get(suite)?.get(row.key) ?? [];
      const refusal = finished.length > 0 ? undefined : refused.get(`${suite}\n${row.key}`);
      const cell = measure(suite, metric, finished, expected.get(suite)?.get(row.key), refusal, factor);
      cell.claim = input.claimFor?.(suite, row.key, metric) ?? null;
      return cell;
    }),
    cost: meanCost(row.key, input.columns, records),
    meanRank: null,
  }));

  input.columns.forEach((column, index) => {
    const cells = rows.flatMap((row, r) => {
      const [cell, info] = [row.cells[index], input.rows[r]];
      return cell === undefined || info === undefined ? [] : [{ key: row.key, cell, ranked: isRanked(info) }];
    });
    rankColumn(column, cells, factor);
    const baseline = input.baseline === undefined ? undefined : cells.find(({ key }) => key === input.baseline)?.cell;
    if (baseline?.estimate) for (const { key, cell } of cells) if (key !== input.baseline) cell.delta = difference(cell, baseline, factor);
  });
  meanRanks(rows, input, warnings);
  if (input.baseline !== undefined && !input.rows.some(({ key }) => key === input.baseline)) warnings.push(`The baseline "${input.baseline}" is not on this leaderboard.`);
  warnings.push(...columnWarnings(input.columns, rows), ...protocolWarnings(input.records, input.columns));
  return { query: input.query, columns: input.columns.map(({ suite, metric }) => ({ suite, metric })), rows, warnings };
}

function groupRecords(records: readonly CellRecord[]): Map<string, Map<string, CellRecord[]>> {
  const bySuite = new Map<string, Map<string, CellRecord[]>>();
  for (const record of records) {
    let byKey = bySuite.get(record.suite);
    if (byKey === undefined) bySuite.set(record.suite, (byKey = new Map()));
    const list = byKey.get(record.methodKey);
    if (list === undefined) byKey.set(record.methodKey, [record]);
    else list.push(record);
  }
  // One value per seed: of two records with the same seed (another backend, an older engine) the later one counts, and a warning says so.
  for (const byKey of bySuite.values()) {
    for (const [key, list] of byKey) {
      list.sort((a, b) => a.seed - b.seed);
      if (list.some((record, i) => record.seed === list[i - 1]?.seed)) byKey.set(key, list.filter((record, i) => record.seed !== list[i + 1]?.seed));
    }
  }
  return bySuite;
}

interface Counts { total: number; failed: number; unfinished: number }

function groupExpected(cells: readonly ExpectedCell[]): Map<string, Map<string, Counts>> {
  const bySuite = new Map<string, Map<string, Counts>>();
  for (const { suite, methodKey, state } of cells) {
    let byKey = bySuite.get(suite);
    if (byKey === undefined) bySuite.set(suite, (byKey = new Map()));
    let counts = byKey.get(methodKey);
    if (counts === undefined) byKey.set(methodKey, (counts = { total: 0, failed: 0, unfinished: 0 }));
    counts.total++;
    if (state === 'failed' || state === 'cancelled') counts.failed++;
    else if (UNFINISHED.includes(state)) counts.unfinished++;
  }
  return bySuite;
}

function measure(suite: string, metric: string, records: readonly CellRecord[], counts: Counts | undefined, refusal: string | undefined, factor: (df: number) => number): LeaderboardCell {
  const values: Estimate['values'] = [];
  for (const record of records) {
    const value = record.metrics[metric];
    if (value !== undefined && Number.isFinite(value)) values.push({ seed: record.seed, value, trial: record.trial });
  }
  const finished = records.length;
  const expected = Math.max(counts?.total ?? 0, finished);
  const failed = counts?.failed ?? 0;
  const cell: LeaderboardCell = {
    suite, metric, state: 'missing', rank: null, best: false, tiedWithBest: null, why: null, delta: null, claim: null, expected, finished, failed,
    estimate: values.length === 0 ? null : { ...tInterval(values.map(({ value }) => value), factor), values },
  };
  if ((counts?.unfinished ?? 0) > 0) cell.state = 'running';
  else if (finished > 0 && values.length === 0) {
    cell.state = 'not-applicable';
    cell.why = `The runs of this method do not hold what ${metric} needs.`;
  } else if (finished > 0) cell.state = finished < expected || values.length < finished ? 'partial' : 'done';
  else if (failed > 0) cell.state = 'failed';
  else if (refusal !== undefined) {
    cell.state = 'not-applicable';
    cell.why = refusal;
  }
  return cell;
}

interface RankedCell { readonly key: string; readonly cell: LeaderboardCell; readonly ranked: boolean }

function rankColumn(column: ColumnInfo, cells: readonly RankedCell[], factor: (df: number) => number): void {
  if (column.direction === 'none') return;
  const sign = column.direction === 'higher' ? -1 : 1;
  const competitors: { cell: LeaderboardCell; estimate: Estimate }[] = [];
  for (const { cell, ranked } of cells) {
    if (cell.estimate === null) continue;
    if (ranked) competitors.push({ cell, estimate: cell.estimate });
    else cell.why ??= 'An upper bound that sees all tasks at once: shown for scale, not ranked.';
  }
  const ranks = averageRanks(competitors.map(({ estimate }) => sign * estimate.mean));
  competitors.forEach(({ cell }, i) => (cell.rank = ranks[i] ?? null));
  const smallest = Math.min(...ranks);
  const best = competitors.find(({ cell }) => cell.rank === smallest);
  if (best === undefined) return;
  for (const { cell } of competitors) cell.best = cell.rank === smallest;
  markTies(best.cell, best.estimate, competitors, factor);
}

/** Every other method against the best, paired by seed, Holm over the column. */
function markTies(best: LeaderboardCell, bestEstimate: Estimate, competitors: readonly { cell: LeaderboardCell; estimate: Estimate }[], factor: (df: number) => number): void {
  const tested: { cell: LeaderboardCell; p: number }[] = [];
  for (const { cell, estimate } of competitors) {
    if (cell === best) continue;
    const differences = pairedDifferences(estimate, bestEstimate);
    const test = differences.length === 0 ? null : pairedT(differences, factor);
    if (test?.p == null || test.n < MINIMUM_SEEDS_FOR_TEST) cell.why = tooFewSeeds(differences.length, 'the best');
    else tested.push({ cell, p: test.p });
  }
  const adjusted = holm(tested.map(({ p }) => p));
  tested.forEach(({ cell }, i) => (cell.tiedWithBest = (adjusted[i] ?? 1) >= 0.05));
  if (competitors.length === 1) best.why = 'Nothing to compare with.';
  else if (bestEstimate.n < MINIMUM_SEEDS_FOR_TEST) best.why = tooFewSeeds(bestEstimate.n, null);
  else if (tested.length > 0) best.tiedWithBest = true;
}

/** The words that stand in place of a mark of significance. */
export function tooFewSeeds(n: number, other: string | null): string {
  const seeds = n === 1 ? '1 seed' : `${n} seeds`;
  return `${other === null ? `Only ${seeds}` : `Only ${seeds} shared with ${other}`}: a test needs at least ${MINIMUM_SEEDS_FOR_TEST}, because with fewer the interval of a difference is mostly luck.`;
}

/** a − b for the seeds that both have. Both lists ascend by seed, so one pass over the two is enough. */
export function pairedDifferences(a: Estimate, b: Estimate): number[] {
  const differences: number[] = [];
  let j = 0;
  for (const { seed, value } of a.values) {
    let other = b.values[j];
    while (other !== undefined && other.seed < seed) other = b.values[++j];
    if (other !== undefined && other.seed === seed) differences.push(value - other.value);
  }
  return differences;
}

function difference(cell: LeaderboardCell, baseline: LeaderboardCell, factor: (df: number) => number): Delta | null {
  if (cell.estimate === null || baseline.estimate === null) return null;
  const differences = pairedDifferences(cell.estimate, baseline.estimate);
  if (differences.length === 0) return null;
  const test = pairedT(differences, factor);
  return { mean: test.mean, low: test.low, high: test.high, p: test.n < MINIMUM_SEEDS_FOR_TEST ? null : test.p, n: test.n };
}

function meanCost(key: string, columns: readonly ColumnInfo[], records: Map<string, Map<string, CellRecord[]>>): RowCost {
  const costs: CostRecord[] = [];
  for (const suite of new Set(columns.map((column) => column.suite))) for (const { cost } of records.get(suite)?.get(key) ?? []) if (cost !== null) costs.push(cost);
  const answer: RowCost = { seconds: null, flops: null, examples: null, bytesStored: null, peakMemoryBytes: null, parameters: null };
  for (const name of COSTS) {
    let sum = 0;
    let count = 0;
    for (const cost of costs) {
      const value = cost[name];
      if (value === undefined) continue;
      sum += value;
      count++;
    }
    if (count > 0) answer[name] = sum / count;
  }
  return answer;
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
    for (const index of headlines.values()) if (row.cells[index]?.rank != null && !known.includes(index)) known.push(index);
    suitesOf.set(row.family, known);
  }
  const left: string[] = [];
  for (const row of rows) {
    const indices = suitesOf.get(row.family) ?? [];
    const ranks = indices.flatMap((index) => row.cells[index]?.rank ?? []);
    if (ranks.length > 0 && ranks.length === indices.length) row.meanRank = mean(ranks);
    else if (ranks.length > 0) left.push(`${row.label || row.title} (${ranks.length} of ${indices.length} suites)`);
  }
  if (left.length > 0) warnings.push(`No mean rank for ${left.join(', ')}: a mean over fewer suites would not compare.`);
}

function columnWarnings(columns: readonly ColumnInfo[], rows: readonly LeaderboardRow[]): string[] {
  const warnings: string[] = [];
  const seen = new Set<string>();
  columns.forEach(({ suite }, index) => {
    if (seen.has(suite)) return;
    seen.add(suite);
    const cells = rows.flatMap((row) => row.cells[index] ?? []);
    const counts = cells.flatMap(({ estimate }) => (estimate === null ? [] : [estimate.n]));
    if (counts.length === 0) return;
    const fewest = Math.min(...counts);
    if (fewest < MINIMUM_SEEDS_FOR_TEST) warnings.push(`${suite}: ${fewest === 1 ? 'one seed' : `${fewest} seeds`} in the smallest cell. Below ${MINIMUM_SEEDS_FOR_TEST} seeds nothing is marked as significant; intervals are shown but wide.`);
    const seedSets = new Set(cells.flatMap(({ estimate }) => (estimate === null ? [] : [estimate.values.map(({ seed }) => seed).join(' ')])));
    if (seedSets.size > 1) warnings.push(`${suite}: the methods do not all have the same seeds; means are over different seeds, differences only over shared ones.`);
    const failed = cells.reduce((sum, cell) => sum + cell.failed, 0);
    if (failed > 0) warnings.push(`${suite}: ${failed === 1 ? 'one trial' : `${failed} trials`} failed or were cancelled and are not part of any mean.`);
    const running = cells.filter(({ state }) => state === 'running').length;
    if (running > 0) warnings.push(`${suite}: ${running === 1 ? 'one method is' : `${running} methods are`} still running; ranks may change.`);
  });
  return warnings;
}

function protocolWarnings(records: readonly CellRecord[], columns: readonly ColumnInfo[]): string[] {
  const shown = new Set(columns.map(({ suite }) => suite));
  const protocols = new Map<string, Set<string>>();
  const backends = new Map<string, Set<string>>();
  const note = (map: Map<string, Set<string>>, suite: string, value: string | undefined): void => {
    if (value === undefined) return;
    const known = map.get(suite);
    if (known === undefined) map.set(suite, new Set([value]));
    else known.add(value);
  };
  for (const { suite, protocolHash, backend } of records) {
    if (!shown.has(suite)) continue;
    note(protocols, suite, protocolHash);
    note(backends, suite, backend);
  }
  const warnings: string[] = [];
  for (const [suite, hashes] of protocols) if (hashes.size > 1) warnings.push(`${suite}: these results were measured under ${hashes.size} different protocols (hashes ${[...hashes].map((hash) => hash.slice(0, 8)).join(', ')}) and do not compare.`);
  for (const [suite, names] of backends) if (names.size > 1) warnings.push(`${suite}: results of several backends are mixed (${[...names].join(', ')}); numbers agree only within tolerance, and times do not compare.`);
  return warnings;
}
