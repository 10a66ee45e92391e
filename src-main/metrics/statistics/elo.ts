import { sameMeasured } from './measured.ts';

/** Wins of row over column, ties as half: `wins[a][b]` may be any non-negative count. */
export type WinCounts = readonly (readonly number[])[];

export interface EloRatings {
  readonly ratings: readonly number[];
  /**
   * True when some method only won or only lost, so that its rating is held finite by the penalty alone and means
   * little more than "far".
   */
  readonly dominated: boolean;
}

export const ELO_SCALE = 400;

/**
 * Elo ratings by Bradley-Terry maximum likelihood: P(a beats b) = 1/(1 + 10^((r_b − r_a)/400)). Newton's method on the
 * ridge-penalised likelihood (penalty 1e-6, which only matters under total dominance). Ratings are shifted so that
 * `anchor` has `anchorRating`. Elo depends on the field: never compare ratings across leaderboards, only win rates of
 * two fixed methods.
 */
export function bradleyTerryElo(wins: WinCounts, anchor = 0, anchorRating = 1000): EloRatings {
  const k = wins.length;
  const penalty = 1e-6;
  const theta = new Array<number>(k).fill(0);
  const at = (matrix: WinCounts, i: number, j: number): number => matrix[i]?.[j] ?? 0;
  for (let iteration = 0; iteration < 200; iteration++) {
    const gradient = theta.map((value) => -penalty * value);
    const hessian = theta.map((_, i) => theta.map((_, j) => (i === j ? penalty : 0)));
    for (let a = 0; a < k; a++) {
      for (let b = a + 1; b < k; b++) {
        const won = at(wins, a, b);
        const games = won + at(wins, b, a);
        if (games === 0) continue;
        const p = 1 / (1 + Math.exp((theta[b] ?? 0) - (theta[a] ?? 0)));
        const step = won - games * p;
        const weight = games * p * (1 - p);
        add(gradient, a, step);
        add(gradient, b, -step);
        add(hessian[a], a, weight);
        add(hessian[b], b, weight);
        add(hessian[a], b, -weight);
        add(hessian[b], a, -weight);
      }
    }
    const change = solve(hessian, gradient);
    // A Newton step may overshoot where the likelihood is flat; one natural unit (174 Elo) at a time is plenty.
    const largest = Math.max(...change.map(Math.abs), 0);
    const scale = largest > 1 ? 1 / largest : 1;
    change.forEach((value, i) => add(theta, i, scale * value));
    if (largest < 1e-12) break;
  }
  const unit = ELO_SCALE / Math.LN10;
  const shift = anchorRating - (theta[anchor] ?? 0) * unit;
  const dominated = theta.some((_, a) => {
    const won = wins.reduce((sum, _row, b) => sum + (a === b ? 0 : at(wins, a, b)), 0);
    const lost = wins.reduce((sum, _row, b) => sum + (a === b ? 0 : at(wins, b, a)), 0);
    return won + lost > 0 && (won === 0 || lost === 0);
  });
  return { ratings: theta.map((value) => value * unit + shift), dominated };
}

/** Win counts from `errors[task][method]` (lower is better), one game per pair and task. */
export function winCounts(errors: readonly (readonly number[])[]): number[][] {
  const k = errors[0]?.length ?? 0;
  return Array.from({ length: k }, (_, a) =>
    Array.from({ length: k }, (_, b) =>
      a === b
        ? 0
        : errors.reduce((sum, row) => {
            const [x, y] = [row[a] ?? Number.NaN, row[b] ?? Number.NaN];
            return sum + (sameMeasured(x, y) ? 0.5 : x < y ? 1 : 0);
          }, 0),
    ),
  );
}

/**
 * 95 % bootstrap intervals over tasks, on ratings centred at their own mean so that they do not depend on an anchor.
 * `random` answers numbers in [0, 1).
 */
export function eloIntervals(
  errors: readonly (readonly number[])[],
  random: () => number,
  rounds = 200,
): { low: number; high: number }[] {
  const k = errors[0]?.length ?? 0;
  const draws: number[][] = Array.from({ length: k }, () => []);
  for (let round = 0; round < rounds; round++) {
    const sample = errors.map(() => errors[Math.floor(random() * errors.length)] ?? []);
    const { ratings } = bradleyTerryElo(winCounts(sample));
    const centre = ratings.reduce((sum, rating) => sum + rating, 0) / k;
    ratings.forEach((rating, method) => draws[method]?.push(rating - centre));
  }
  return draws.map((values) => {
    values.sort((a, b) => a - b);
    return {
      low: values[Math.floor(0.025 * (values.length - 1))] ?? Number.NaN,
      high: values[Math.ceil(0.975 * (values.length - 1))] ?? Number.NaN,
    };
  });
}

function add(row: number[] | undefined, index: number, value: number): void {
  if (row !== undefined) row[index] = (row[index] ?? 0) + value;
}

/** Gauss elimination with partial pivoting; the matrix is small and positive definite. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const n = right.length;
  const rows = matrix.map((row, i) => [...row, right[i] ?? 0]);
  for (let column = 0; column < n; column++) {
    let pivot = column;
    for (let r = column + 1; r < n; r++)
      if (Math.abs(rows[r]?.[column] ?? 0) > Math.abs(rows[pivot]?.[column] ?? 0)) pivot = r;
    const chosen = rows[pivot];
    const current = rows[column];
    if (chosen === undefined || current === undefined) break;
    rows[pivot] = current;
    rows[column] = chosen;
    for (let r = column + 1; r < n; r++) {
      const factor = (rows[r]?.[column] ?? 0) / (chosen[column] ?? 1);
      for (let c = column; c <= n; c++) add(rows[r], c, -factor * (chosen[c] ?? 0));
    }
  }
  const answer = new Array<number>(n).fill(0);
  for (let r = n - 1; r >= 0; r--) {
    let value = rows[r]?.[n] ?? 0;
    for (let c = r + 1; c < n; c++) value -= (rows[r]?.[c] ?? 0) * (answer[c] ?? 0);
    answer[r] = value / (rows[r]?.[r] ?? 1);
  }
  return answer;
}
