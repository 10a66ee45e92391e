import { familyTitle } from '../../../src-main/methods/families.ts';
import { GRANTS, grantWords, isGrant } from '../../../src-main/methods/grants.ts';
import type { ListedClaim, MethodInfo, ResultsHere, SuiteInfo } from '../../../src-main/workbench/contract/contract.ts';
import { grouped } from '../../app/grouped.ts';
import { endOf } from './form.ts';
import { wordsOf } from './suite-facets.ts';
import type { FacetValue } from './suite-facets.ts';

/** By what methods are found. Blank: all of it. */
export interface MethodFilter {
  readonly needle: string;
  readonly family: string;
  /** `without:` or `with:` a grant; `nothing`: beyond the common budget. */
  readonly uses: string;
  /** Published in this year or later. */
  readonly since: string;
  /** A verdict that one of its claims has. */
  readonly verdict: string;
  /** Only what has results on the chosen suites, or anywhere where none is chosen. */
  readonly measured: boolean;
}
export const NO_METHOD_FILTER: MethodFilter = {
  needle: '',
  family: '',
  uses: '',
  since: '',
  verdict: '',
  measured: false,
};

/** What is known of methods beside themselves, by their ids. */
export interface KnownOfMethods {
  readonly verdicts: ReadonlyMap<string, ReadonlySet<string>>;
  readonly results: ReadonlyMap<string, readonly ResultsHere[]>;
}

/** The verdicts that the claims of each method have. */
export function verdictsByMethod(
  claims: readonly Pick<ListedClaim, 'methods' | 'verdict'>[],
): KnownOfMethods['verdicts'] {
  const verdicts = new Map<string, Set<string>>();
  for (const { methods, verdict } of claims)
    for (const method of methods) verdicts.set(method, (verdicts.get(method) ?? new Set()).add(verdict));
  return verdicts;
}

const isUsed = ({ asks }: MethodInfo, uses: string): boolean => {
  if (uses === '') return true;
  if (uses === 'nothing') return asks.length === 0;
  const [which, grant = ''] = uses.split(':');
  return asks.some((asked) => asked === grant) === (which === 'with');
};

/** Text is searched in title, id, summary, authors, paper and family. */
export function findMethods(
  methods: readonly MethodInfo[],
  filter: MethodFilter,
  known: KnownOfMethods,
  suites: readonly string[] = [],
): readonly MethodInfo[] {
  const words = wordsOf(filter.needle);
  return methods.filter((method) => {
    const { id, title, summary, family, paper } = method;
    if (filter.family !== '' && family !== filter.family) return false;
    if (!isUsed(method, filter.uses)) return false;
    if (filter.since !== '' && (paper === null || paper.year < Number(filter.since))) return false;
    if (filter.verdict !== '' && known.verdicts.get(id)?.has(filter.verdict) !== true) return false;
    if (filter.measured) {
      const here = known.results.get(id) ?? [];
      if (suites.length === 0 ? here.length === 0 : !here.some(({ suite }) => suites.includes(suite))) return false;
    }
    if (words.length === 0) return true;
    const text = [id, title, summary, familyTitle(family), paper?.authors ?? '', paper?.title ?? '', paper?.year ?? '']
      .join(' ')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

export interface MethodFacets {
  readonly families: readonly FacetValue[];
  readonly uses: readonly FacetValue[];
  readonly years: readonly FacetValue[];
  readonly verdicts: readonly FacetValue[];
}

const YEARS = [2024, 2022, 2020, 2018, 2015, 2010, 2000];

/** What each facet can be set to, counted among what everything but the facet itself leaves. */
export function methodFacets(
  methods: readonly MethodInfo[],
  filter: MethodFilter,
  known: KnownOfMethods,
  suites: readonly string[] = [],
): MethodFacets {
  const count = (facet: Partial<MethodFilter>): number =>
    findMethods(methods, { ...filter, ...facet }, known, suites).length;
  const list = (values: readonly (readonly [string, string])[], facet: (value: string) => Partial<MethodFilter>) =>
    values.map(([value, text]) => ({ value, text, count: count(facet(value)) }));
  const asked = new Set(methods.flatMap(({ asks }) => asks));
  const grants = GRANTS.filter((grant) => asked.has(grant));
  const families = [...new Set(methods.map(({ family }) => family))];
  const verdicts = [...new Set([...known.verdicts.values()].flatMap((of) => [...of]))].sort();
  const years = YEARS.filter((year) => methods.some(({ paper }) => paper !== null && paper.year >= year));
  return {
    families: list(
      families.map((family) => [family, familyTitle(family)]),
      (family) => ({ family }),
    ),
    uses: list(
      [
        ['nothing', 'nothing extra'],
        ...grants.map((grant): [string, string] => [`without:${grant}`, `without ${grantWords(grant).noun}`]),
        ...grants.map((grant): [string, string] => [`with:${grant}`, `with ${grantWords(grant).noun}`]),
      ],
      (uses) => ({ uses }),
    ),
    years: list(
      years.map((year) => [String(year), `${year} or later`]),
      (since) => ({ since }),
    ),
    verdicts: list(
      verdicts.map((verdict) => [verdict, verdict]),
      (verdict) => ({ verdict }),
    ),
  };
}

/** Words of a facet that is set, to be taken away again with one click. */
export function setFacets(
  filter: MethodFilter,
): readonly { readonly key: keyof MethodFilter; readonly text: string }[] {
  const uses = filter.uses === 'nothing' ? 'uses nothing extra' : usesText(filter.uses);
  return [
    { key: 'needle' as const, text: filter.needle.trim() === '' ? '' : `“${filter.needle.trim()}”` },
    { key: 'family' as const, text: filter.family === '' ? '' : familyTitle(filter.family) },
    { key: 'uses' as const, text: uses },
    { key: 'since' as const, text: filter.since === '' ? '' : `${filter.since} or later` },
    { key: 'verdict' as const, text: filter.verdict },
    { key: 'measured' as const, text: filter.measured ? 'with results here' : '' },
  ].filter(({ text }) => text !== '');
}

function usesText(uses: string): string {
  const [which, grant = ''] = uses.split(':');
  return which === undefined || !isGrant(grant) ? '' : `${which} ${grantWords(grant).noun}`;
}

export interface MethodFamily {
  readonly family: string;
  readonly methods: readonly MethodInfo[];
}

/** Methods by family in the catalogue's order, the ends of the scale last in theirs. */
export function methodFamilies(methods: readonly MethodInfo[], suites: readonly SuiteInfo[]): readonly MethodFamily[] {
  return grouped(methods, ({ family }) => family).map(([family, members]) => ({
    family,
    methods: [
      ...members.filter((method) => endOf(method, suites) === null),
      ...members.filter((method) => endOf(method, suites) !== null),
    ],
  }));
}

/** Methods that do not fit, by the reason in words that hold for all of them. */
export function reasonsOf(
  methods: readonly MethodInfo[],
  suites: readonly SuiteInfo[],
  reasonFor: (method: MethodInfo, suite: SuiteInfo) => string,
): readonly { readonly reason: string; readonly methods: readonly MethodInfo[] }[] {
  const [suite] = suites;
  if (suite === undefined) return [];
  const general = (method: MethodInfo): string =>
    reasonFor(method, suite)
      .replaceAll(method.title, '…')
      .replaceAll(suite.id, suites.length === 1 ? 'this suite' : 'the first suite')
      .replace(/^… /, '');
  return grouped(methods, general)
    .map(([reason, group]) => ({ reason, methods: group }))
    .sort((a, b) => b.methods.length - a.methods.length);
}
