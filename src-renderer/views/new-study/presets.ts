import type { MethodInfo, ResultsHere, SuiteInfo } from '../../../src-main/workbench/contract/contract.ts';
import { shortened } from '../../../src-main/base/shortened.ts';
import { grouped } from '../../app/grouped.ts';
import { endOf } from './form.ts';

/** A set of methods that a person may want, by its name. */
export interface Preset {
  readonly name: string;
  readonly title: string;
  readonly methods: readonly string[];
}

/** Papers of each family that count as classics: those that came first. */
const CLASSICS = 4;
const HOUR = 3600;

/** What is offered among methods that fit the chosen suites; `seeds`: how many each would be run with. */
export function presetsOf(
  fitting: readonly MethodInfo[],
  suites: readonly SuiteInfo[],
  results: ReadonlyMap<string, readonly ResultsHere[]>,
  directionOf: (metric: string) => 'higher' | 'lower' | 'none',
  seeds: number,
): readonly Preset[] {
  const plain = fitting.filter((method) => endOf(method, suites) === null);
  const inHour = withinAnHour(plain, suites, results, seeds);
  return [
    {
      name: 'References only',
      title: 'The ends of the scale of the chosen suites',
      methods: ids(fitting.filter((method) => endOf(method, suites) !== null)),
    },
    {
      name: 'Classics',
      title: `The ${CLASSICS} earliest papers of each family`,
      methods: byFamily(plain.filter(({ paper }) => paper !== null)).flatMap((members) =>
        ids(
          first(
            CLASSICS,
            [...members].sort((a, b) => (a.paper?.year ?? 0) - (b.paper?.year ?? 0)),
          ),
        ),
      ),
    },
    {
      name: 'Each family’s best here',
      title: 'By their mean rank in the first metric of the chosen suites, of what was measured on this machine',
      methods: bestOfFamilies(plain, suites, results, directionOf),
    },
    {
      name: 'All that fit in an hour',
      title: 'The quickest first, by what their trials took here, with the seeds of the summary, one after the other',
      methods: inHour,
    },
    { name: 'All that fit', title: 'Everything in the list but the references', methods: ids(plain) },
  ];
}

const first = <T>(count: number, list: readonly T[]): readonly T[] => shortened(list, count).shown;
const ids = (methods: readonly MethodInfo[]): readonly string[] => methods.map(({ id }) => id);
const byFamily = (methods: readonly MethodInfo[]): readonly (readonly MethodInfo[])[] =>
  grouped(methods, ({ family }) => family).map(([, members]) => members);

function bestOfFamilies(
  methods: readonly MethodInfo[],
  suites: readonly SuiteInfo[],
  results: ReadonlyMap<string, readonly ResultsHere[]>,
  directionOf: (metric: string) => 'higher' | 'lower' | 'none',
): readonly string[] {
  const meanRank = new Map<string, number>();
  for (const { id } of methods) {
    const ranks = suites.flatMap((suite) => {
      const own = valueOn(results, id, suite.id);
      if (own === null) return [];
      const sign = directionOf(suite.metrics[0] ?? '') === 'lower' ? -1 : 1;
      const better = methods.filter((other) => {
        const value = valueOn(results, other.id, suite.id);
        return value !== null && sign * value > sign * own;
      });
      return [1 + better.length];
    });
    if (ranks.length > 0) meanRank.set(id, ranks.reduce((sum, rank) => sum + rank, 0) / ranks.length);
  }
  return byFamily(methods).flatMap((members) => {
    const ranked = members
      .filter(({ id }) => meanRank.has(id))
      .sort((a, b) => (meanRank.get(a.id) ?? 0) - (meanRank.get(b.id) ?? 0));
    return ids(first(1, ranked));
  });
}

const valueOn = (results: ReadonlyMap<string, readonly ResultsHere[]>, method: string, suite: string): number | null =>
  results.get(method)?.find((one) => one.suite === suite)?.best ?? null;

/** The quickest methods that together take at most an hour, of those of which it is known how long they take. */
function withinAnHour(
  methods: readonly MethodInfo[],
  suites: readonly SuiteInfo[],
  results: ReadonlyMap<string, readonly ResultsHere[]>,
  seeds: number,
): readonly string[] {
  const timed = methods.flatMap(({ id }) => {
    const known = suites.map((suite) => results.get(id)?.find((one) => one.suite === suite.id)?.seconds ?? null);
    const whole = known.filter((seconds) => seconds !== null);
    return whole.length === 0 || whole.length < known.length
      ? []
      : [{ id, seconds: seeds * whole.reduce((sum, seconds) => sum + seconds, 0) }];
  });
  let left = HOUR;
  return timed
    .sort((a, b) => a.seconds - b.seconds)
    .filter(({ seconds }) => (left -= seconds) >= 0)
    .map(({ id }) => id);
}
