import { chiSquareP, fP, normalCdf, studentizedRangeCdf, studentizedRangeQuantile } from './distributions.ts';
import { mean } from './estimates.ts';
import { sameMeasured } from './measured.ts';

/** Ranks from 1 (smallest); values that are the same measurement share the average of the places they take. */
export function averageRanks(values: readonly number[]): number[] {
  // Sorting numbers and not pairs: leaderboards rank thousands of methods in dozens of columns.
  const sorted = Float64Array.from(values).sort();
  const ranks = new Float64Array(sorted.length);
  for (let start = 0, end = 1; start < sorted.length; start = end++) {
    // Each tie is measured from its smallest member: a long row of close values never becomes one tie.
    while (end < sorted.length && sameMeasured(sorted[start], sorted[end])) end++;
    ranks.fill((start + 1 + end) / 2, start, end);
  }
  return values.map((value) => ranks[firstPlace(sorted, value)]);
}

/** Where a value stands, or would stand, in an ascending list: the first such place. */
export function firstPlace(ascending: Float64Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Mean rank of each method: `errors[task][method]`, lower is better, every task weighs the same. */
export function meanRanks(errors: readonly (readonly number[])[]): number[] {
  const ranks = errors.map(averageRanks);
  return (errors[0] ?? []).map((_, method) => mean(ranks.map((row) => row[method] ?? Number.NaN)));
}

export interface FriedmanTest {
  readonly chiSquare: number;
  readonly p: number;
  readonly meanRanks: readonly number[];
}

/** Friedman's test over `errors[task][method]`, with the correction for ties. */
export function friedman(errors: readonly (readonly number[])[]): FriedmanTest {
  const n = errors.length;
  const k = errors[0]?.length ?? 0;
  if (n < 2 || k < 3) throw new RangeError(`Friedman's test needs at least 2 tasks and 3 methods, not ${n} and ${k}`);
  const ranks = errors.map(averageRanks);
  const averages = meanRanks(errors);
  let between = 0;
  for (const average of averages) between += (average - (k + 1) / 2) ** 2;
  // Σ over blocks of Σ (rank − mean rank)²: n·k(k²−1)/12 without ties, less with them.
  let within = 0;
  for (const row of ranks) for (const rank of row) within += (rank - (k + 1) / 2) ** 2;
  const chiSquare = within === 0 ? 0 : (n * n * (k - 1) * between) / within;
  return { chiSquare, p: chiSquareP(chiSquare, k - 1), meanRanks: averages };
}

/**
 * Iman & Davenport 1980: F = (N − 1)χ²/(N(k − 1) − χ²), from χ² without the correction for ties (Demšar 2006, eqs. 3
 * and 4); degrees of freedom k − 1 and (k − 1)(N − 1).
 */
export function imanDavenport(averageRanksOfMethods: readonly number[], tasks: number): { f: number; p: number } {
  const k = averageRanksOfMethods.length;
  const squares = averageRanksOfMethods.reduce((sum, rank) => sum + rank ** 2, 0);
  const chiSquare = ((12 * tasks) / (k * (k + 1))) * (squares - (k * (k + 1) ** 2) / 4);
  const f = ((tasks - 1) * chiSquare) / (tasks * (k - 1) - chiSquare);
  return { f, p: fP(f, k - 1, (k - 1) * (tasks - 1)) };
}

/** Two-sided p of each pair a < b by the normal approximation of mean ranks, before any adjustment (Demšar 2006). */
export function rankPairs(averageRanksOfMethods: readonly number[], tasks: number): RankPair[] {
  const k = averageRanksOfMethods.length;
  const error = Math.sqrt((k * (k + 1)) / (6 * tasks));
  return averageRanksOfMethods.flatMap((first, a) =>
    averageRanksOfMethods.slice(a + 1).map((second, offset) => ({
      a,
      b: a + 1 + offset,
      p: 2 * (1 - normalCdf(Math.abs(first - second) / error)),
    })),
  );
}

export interface RankPair {
  readonly a: number;
  readonly b: number;
  readonly p: number;
}

/** Nemenyi's pairwise p from the exact studentized range: element [a][b] for methods a and b. */
export function nemenyi(averageRanksOfMethods: readonly number[], tasks: number): number[][] {
  const k = averageRanksOfMethods.length;
  const unit = Math.sqrt((k * (k + 1)) / (6 * tasks));
  return averageRanksOfMethods.map((a) =>
    averageRanksOfMethods.map((b) => (a === b ? 1 : 1 - studentizedRangeCdf((Math.abs(a - b) / unit) * Math.SQRT2, k))),
  );
}

/** Demšar's q_α = studentized range quantile (infinite degrees of freedom) / √2. */
export function nemenyiQ(methods: number, alpha = 0.05): number {
  return studentizedRangeQuantile(alpha, methods) / Math.SQRT2;
}

/** Critical difference of mean ranks: two methods further apart than this differ. Demšar 2006. */
export function criticalDifference(methods: number, tasks: number, alpha = 0.05): number {
  return nemenyiQ(methods, alpha) * Math.sqrt((methods * (methods + 1)) / (6 * tasks));
}

/**
 * Groups of methods (indices, best mean rank first) within one critical difference: the bars of the diagram; only
 * maximal groups.
 */
export function criticalDifferenceGroups(averageRanksOfMethods: readonly number[], difference: number): number[][] {
  const order = averageRanksOfMethods.map((rank, index) => ({ rank, index })).sort((a, b) => a.rank - b.rank);
  const groups: number[][] = [];
  let lastEnd = -1;
  order.forEach((first, start) => {
    let end = start;
    while (end + 1 < order.length && (order[end + 1]?.rank ?? Infinity) - first.rank <= difference) end++;
    if (end > start && end > lastEnd) {
      groups.push(order.slice(start, end + 1).map(({ index }) => index));
      lastEnd = end;
    }
  });
  return groups;
}
