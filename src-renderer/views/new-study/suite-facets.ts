import { familyTitle } from '../../../src-main/methods/families.ts';
import { KIND_WORDS } from '../../../src-main/methods/kinds.ts';
import type { ResultsHere, SuiteInfo } from '../../../src-main/workbench/contract/contract.ts';
import { grouped } from '../../app/grouped.ts';
import { formatSeconds } from '../../../src-main/metrics/format.ts';
import { formatInteger, plural } from '../../app/format.ts';

/** By what suites are found: a text, and facets of which each narrows the others. Blank: all of it. */
export interface SuiteFilter {
  readonly needle: string;
  readonly kind: string;
  readonly data: string;
  readonly scenario: string;
  readonly size: 'all' | 'quick' | 'full';
  readonly ready: boolean;
}
export const NO_SUITE_FILTER: SuiteFilter = {
  needle: '',
  kind: '',
  data: '',
  scenario: '',
  size: 'all',
  ready: false,
};

/** A value of a facet, in words, with how many it would leave. */
export interface FacetValue {
  readonly value: string;
  readonly text: string;
  readonly count: number;
}
type Facet = 'kind' | 'data' | 'scenario';
const FACETS: readonly Facet[] = ['kind', 'data', 'scenario'];

const SCENARIO_WORDS: ReadonlyMap<string, string> = new Map([
  ['task-il', 'task-IL'],
  ['domain-il', 'domain-IL'],
  ['class-il', 'class-IL'],
]);
const scenarioText = (scenario: string): string => SCENARIO_WORDS.get(scenario) ?? scenario;

const valuesOf = (suite: SuiteInfo, facet: Facet): readonly string[] =>
  facet === 'data' ? suite.datasets : [suite[facet]];

export const wordsOf = (needle: string): readonly string[] =>
  needle
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');

function isFound(suite: SuiteInfo, filter: SuiteFilter, words: readonly string[]): boolean {
  if (filter.ready && !suite.ready) return false;
  if (filter.size !== 'all' && suite.quick !== (filter.size === 'quick')) return false;
  if (!FACETS.every((facet) => filter[facet] === '' || valuesOf(suite, facet).includes(filter[facet]))) return false;
  const text = [suite.title, suite.id, suite.scenario, suite.kind, familyTitle(suite.family), ...suite.datasets]
    .concat(suite.quick ? 'quick' : 'full')
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

export function findSuites(suites: readonly SuiteInfo[], filter: SuiteFilter): readonly SuiteInfo[] {
  const words = wordsOf(filter.needle);
  return suites.filter((suite) => isFound(suite, filter, words));
}

/** What each facet can be set to, most first; counted among what everything but the facet itself leaves. */
export function suiteFacets(
  suites: readonly SuiteInfo[],
  filter: SuiteFilter,
): Readonly<Record<Facet, readonly FacetValue[]>> {
  const facet = (of: Facet): readonly FacetValue[] => {
    const counts = new Map<string, number>();
    for (const suite of findSuites(suites, { ...filter, [of]: '' }))
      for (const value of valuesOf(suite, of)) counts.set(value, (counts.get(value) ?? 0) + 1);
    if (filter[of] !== '' && !counts.has(filter[of])) counts.set(filter[of], 0);
    const text = (value: string): string => (of === 'scenario' ? scenarioText(value) : value);
    return [...counts].map(([value, count]) => ({ value, text: text(value), count })).sort((a, b) => b.count - a.count);
  };
  return { kind: facet('kind'), data: facet('data'), scenario: facet('scenario') };
}

/** Suites that differ in their scenario alone stand in one row, each as a choice of its own. */
export interface SuiteRow {
  readonly title: string;
  readonly first: SuiteInfo;
  readonly choices: readonly { readonly suite: SuiteInfo; readonly text: string }[];
}
export interface SuiteGroup {
  readonly family: string;
  readonly rows: readonly SuiteRow[];
  readonly count: number;
}

/** Suites by family in their own order. */
export function suiteGroups(suites: readonly SuiteInfo[]): readonly SuiteGroup[] {
  return grouped(suites, ({ family }) => family).map(([family, members]) => {
    const rows = grouped(members, titleWithoutScenario);
    return {
      family,
      count: members.length,
      rows: rows.flatMap(([title, together]) => {
        const [first] = together;
        const choices = together.map((suite) => ({ suite, text: scenarioText(suite.scenario) }));
        return first === undefined ? [] : [{ title, first, choices }];
      }),
    };
  });
}

function titleWithoutScenario({ title, scenario }: SuiteInfo): string {
  const end = `, ${scenarioText(scenario)}`;
  return title.endsWith(end) ? title.slice(0, -end.length) : title;
}

/** What a suite is, in one line, with how long a trial takes here and how many results are here. */
export function suiteLine(suite: SuiteInfo, here: readonly ResultsHere[]): string {
  const trials = here.reduce((sum, one) => sum + one.trials, 0);
  const timed = here.filter(({ seconds }) => seconds !== null);
  const seconds =
    timed.reduce((sum, one) => sum + (one.seconds ?? 0) * one.trials, 0) /
    Math.max(
      1,
      timed.reduce((sum, one) => sum + one.trials, 0),
    );
  return [
    suite.tasks > 1 ? plural(suite.tasks, 'task') : KIND_WORDS[suite.kind],
    suite.classes > 1 ? plural(suite.classes, 'class', 'classes') : '',
    timed.length === 0 ? '' : `${formatSeconds(seconds)} a trial`,
    trials === 0 ? '' : `${formatInteger(trials)} here`,
  ]
    .filter((part) => part !== '')
    .join(' · ');
}
