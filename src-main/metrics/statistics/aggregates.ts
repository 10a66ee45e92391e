import { mean } from './estimates.ts';
import { sameMeasured } from './measured.ts';
import { averageRanks } from './ranks.ts';

/**
 * Aggregates over tasks after TabArena's evaluator: `errors[task][method]`, lower is better, every task weighs the
 * same. Each function answers one number per method.
 */
type Errors = readonly (readonly number[])[];

function perMethod(errors: Errors, value: (row: readonly number[], error: number, method: number) => number): number[] {
  return (errors[0] ?? []).map((_, method) => mean(errors.map((row) => value(row, row[method] ?? Number.NaN, method))));
}

export const meanError = (errors: Errors): number[] => perMethod(errors, (_, error) => error);

/** 1 − (rank − 1)/(M − 1): the share of other methods beaten, ties half. */
export function winRates(errors: Errors): number[] {
  const ranks = errors.map(averageRanks);
  const methods = errors[0]?.length ?? 0;
  return perMethod(ranks, (_, rank) => (methods < 2 ? 1 : 1 - (rank - 1) / (methods - 1)));
}

/** [a][b] = share of tasks on which a beats b, ties half; 0.5 on the diagonal. */
export function winMatrix(errors: Errors): number[][] {
  const methods = errors[0]?.length ?? 0;
  return Array.from({ length: methods }, (_, a) =>
    Array.from({ length: methods }, (_, b) =>
      mean(errors.map((row) => duel(row[a] ?? Number.NaN, row[b] ?? Number.NaN))),
    ),
  );
}

function duel(a: number, b: number): number {
  if (sameMeasured(a, b)) return 0.5;
  return a < b ? 1 : a > b ? 0 : 0.5;
}

/** Mean of 1/rank. */
export const meanReciprocalRank = (errors: Errors): number[] =>
  perMethod(errors.map(averageRanks), (_, rank) => 1 / rank);

/** Mean of 1 − best/error: how much of the error the best method would take away; 0 for the best. */
export const improvability = (errors: Errors): number[] =>
  perMethod(errors, (row, error) => (error === 0 ? 0 : 1 - Math.min(...row) / error));

/** Mean of (e − best)/(worst − best); 0 where all tie. */
export const rescaledLoss = (errors: Errors): number[] =>
  perMethod(errors, (row, error) => {
    const best = Math.min(...row);
    const worst = Math.max(...row);
    return sameMeasured(worst, best) ? 0 : (error - best) / (worst - best);
  });

/** Mean of e/e_baseline. */
export const relativeError = (errors: Errors, baseline: number): number[] =>
  perMethod(errors, (row, error) => error / (row[baseline] ?? Number.NaN));

/** Mean of (b − e)/max(b, e), in [−1, 1]; positive where the method is better than the baseline. */
export const baselineAdvantage = (errors: Errors, baseline: number): number[] =>
  perMethod(errors, (row, error) => advantage(row[baseline] ?? Number.NaN, error));

/** The same against the best of the other methods on each task. */
export const frontierAdvantage = (errors: Errors): number[] =>
  perMethod(errors, (row, error, method) => advantage(Math.min(...row.filter((_, other) => other !== method)), error));

function advantage(reference: number, error: number): number {
  const larger = Math.max(reference, error);
  return larger === 0 ? 0 : (reference - error) / larger;
}

/** TabArena's normalised error: 0 = the best of the field, 1 = its median or worse. */
export function normalisedError(field: readonly number[], error: number): number {
  const sorted = [...field].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const median =
    sorted.length % 2 === 1
      ? (sorted[Math.floor(middle)] ?? 0)
      : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  const best = sorted[0] ?? 0;
  return Math.min(1, Math.max(0, (error - best) / Math.max(median - best, 1e-5)));
}

/**
 * AMLB's normalised score: 0 = `zero` (constant predictor), 1 = `one` (tuned random forest); take it per fold, then the
 * mean.
 */
export function normalisedScore(score: number, zero: number, one: number): number {
  return (score - zero) / (one - zero);
}
