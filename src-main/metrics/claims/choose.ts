import type { Scalar } from '../records.ts';
import { mean } from '../statistics/estimates.ts';
import { alternativesOf, type ClaimedConfiguration } from './file.ts';

/** What one trial measured; without a fold where the suite has none. */
export interface MeasuredValue {
  readonly seed: number;
  readonly fold?: number | null;
  readonly value: number;
}

/** A configuration that was measured on a suite, with its value per seed. */
export interface MeasuredConfiguration {
  readonly suite: string;
  readonly methodKey: string;
  readonly method: string;
  readonly hyperParameters: Readonly<Record<string, Scalar>>;
  /** True when these are the suite's published settings: preferred where several configurations match a claim. */
  readonly published: boolean;
  /**
   * In what the code that measured it is older than this program's: `method version 1, now 2`. Empty where it is the
   * same.
   */
  readonly older: readonly string[];
  /** All that were measured, each once a fold; a metric may have no value for one of them. */
  readonly seeds: readonly number[];
  /** How many folds they are spread over; none unless told. */
  readonly folds?: number;
  /** By metric id. */
  readonly values: Readonly<Record<string, readonly MeasuredValue[]>>;
}

/** Does a configuration hold every setting that the claim asks for? */
export function matches(
  claim: ClaimedConfiguration,
  candidate: { readonly method: string; readonly hyperParameters: Readonly<Record<string, Scalar>> },
): boolean {
  if (claim.method !== candidate.method) return false;
  return alternativesOf(claim).some((wanted) =>
    Object.entries(wanted).every(([name, value]) => candidate.hyperParameters[name] === value),
  );
}

/** The configurations of a suite that a claim may be judged by. */
export const candidates = (
  claim: ClaimedConfiguration,
  suite: string,
  measured: readonly MeasuredConfiguration[],
): MeasuredConfiguration[] => measured.filter((candidate) => candidate.suite === suite && matches(claim, candidate));

/**
 * The configuration that a claim is judged by, of several that match: one of today's code before an outdated one,
 * published settings before others, more seeds before fewer. `nearTo` decides only where the source leaves alternatives
 * open: then it is the nearest. `needsValues`: one without a value of the metric does not
 * count.
 */
export function choose(
  claim: ClaimedConfiguration,
  suite: string,
  metric: string,
  measured: readonly MeasuredConfiguration[],
  { nearTo, needsValues = true }: { readonly nearTo?: number; readonly needsValues?: boolean } = {},
): MeasuredConfiguration | null {
  const isOpen = alternativesOf(claim).length > 1;
  const valuesOf = (candidate: MeasuredConfiguration): number[] =>
    (candidate.values[metric] ?? []).map(({ value }) => value);
  const rank = (candidate: MeasuredConfiguration): number[] => {
    const values = valuesOf(candidate);
    return [
      candidate.older.length === 0 ? 0 : 1,
      isOpen || candidate.published ? 0 : 1,
      -values.length,
      isOpen && nearTo !== undefined ? Math.abs(mean(values) - nearTo) : 0,
    ];
  };
  const found = candidates(claim, suite, measured)
    .filter((candidate) => !needsValues || valuesOf(candidate).length > 0)
    .map((candidate) => ({ candidate, rank: rank(candidate) }));
  found.sort((a, b) => {
    const at = a.rank.findIndex((value, i) => value !== b.rank[i]);
    return at < 0 ? 0 : (a.rank[at] ?? 0) - (b.rank[at] ?? 0);
  });
  return found[0]?.candidate ?? null;
}
