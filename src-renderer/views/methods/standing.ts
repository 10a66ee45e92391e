import type { MethodInfo, ResultsHere } from '../../../src-main/workbench/contract/contract.ts';

/** Where a method stands on a suite among everything that was measured there. */
export interface Standing {
  readonly suite: string;
  readonly trials: number;
  readonly seconds: number | null;
  readonly best: number | null;
  /** 0 at the worst result of the suite and 1 at the best; null where only one method has any. */
  readonly share: number | null;
  /** 1 is the best; of so many. */
  readonly place: number | null;
  readonly of: number;
}

/** The standings of every method, in the order of the suites. */
export function standings(
  results: readonly ResultsHere[],
  suites: readonly { readonly id: string; readonly metrics: readonly string[] }[],
  directionOf: (metric: string) => 'higher' | 'lower' | 'none',
): ReadonlyMap<string, readonly Standing[]> {
  const bySuite = new Map<string, ResultsHere[]>();
  for (const result of results) bySuite.set(result.suite, [...(bySuite.get(result.suite) ?? []), result]);
  const all = new Map<string, Standing[]>();
  for (const { id, metrics } of suites) {
    const here = bySuite.get(id) ?? [];
    const sign = directionOf(metrics[0] ?? '') === 'lower' ? -1 : 1;
    const values = here.flatMap(({ best }) => (best === null ? [] : [sign * best]));
    const [low, high] = [Math.min(...values), Math.max(...values)];
    for (const { suite, method, trials, seconds, best } of here) {
      const value = best === null ? null : sign * best;
      const standing = {
        suite,
        trials,
        seconds,
        best,
        share: value === null || high === low ? null : (value - low) / (high - low),
        place: value === null ? null : 1 + values.filter((other) => other > value).length,
        of: values.length,
      };
      all.set(method, [...(all.get(method) ?? []), standing]);
    }
  }
  return all;
}

/** Methods of the same family, those first that ask for the same and were published about then. */
export function related(method: MethodInfo, methods: readonly MethodInfo[]): readonly MethodInfo[] {
  const distance = (other: MethodInfo): number => {
    const asked = new Set([...method.asks, ...other.asks]);
    const both = other.asks.filter((grant) => method.asks.includes(grant)).length;
    const years = Math.abs((method.paper?.year ?? 2000) - (other.paper?.year ?? 2000));
    return 2 * (asked.size - both) + years / 5;
  };
  return methods
    .filter(({ id, family }) => id !== method.id && family === method.family)
    .map((other) => ({ other, away: distance(other) }))
    .sort((a, b) => a.away - b.away)
    .map(({ other }) => other);
}
