import { describe, expect, test } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { MethodInfo, ResultsHere, SuiteInfo } from '../../../src-main/workbench/contract/contract.ts';
import {
  findMethods,
  methodFacets,
  methodFamilies,
  NO_METHOD_FILTER,
  reasonsOf,
  verdictsByMethod,
  type MethodFilter,
} from '../../../src-renderer/views/new-study/method-facets.ts';
import { presetsOf } from '../../../src-renderer/views/new-study/presets.ts';
import {
  findSuites,
  NO_SUITE_FILTER,
  suiteFacets,
  suiteGroups,
  suiteLine,
  type SuiteFilter,
} from '../../../src-renderer/views/new-study/suite-facets.ts';
import { related, standings } from '../../../src-renderer/views/methods/standing.ts';

const suite = (id: string, over: Partial<SuiteInfo> = {}): SuiteInfo => ({
  id,
  version: 1,
  title: id,
  summary: '',
  family: 'continual',
  kind: 'stream',
  scenario: 'class-il',
  quick: false,
  quickOf: null,
  datasets: ['mnist'],
  ready: true,
  missing: [],
  metrics: ['acc'],
  references: { lower: 'naive', upper: 'joint' },
  protocol: {},
  protocolHash: '',
  tasks: 5,
  classes: 10,
  grants: [],
  ...over,
});
const method = (id: string, year: number, over: Partial<MethodInfo> = {}): MethodInfo => ({
  id,
  version: 1,
  title: id,
  summary: '',
  family: 'continual',
  look: methodLook(id, null),
  paper: { title: 'On learning', authors: 'Rivera, Chen', year, reference: '' },
  fields: [],
  asks: [],
  protocol: 'stream',
  reference: null,
  origin: 'built-in',
  file: '',
  settings: {},
  ...over,
});
const result = (suiteId: string, methodId: string, best: number, seconds: number | null = 10): ResultsHere => ({
  suite: suiteId,
  method: methodId,
  trials: 5,
  best,
  seconds,
});
const ids = (list: readonly { readonly id: string }[]): string[] => list.map(({ id }) => id);

describe('suites', () => {
  const all = [
    suite('s/task-il', { title: 'Split, task-IL', scenario: 'task-il' }),
    suite('s/class-il', { title: 'Split, class-IL' }),
    suite('s-quick/class-il', { title: 'Split quick, class-IL', quick: true }),
    suite('rows', { kind: 'rows', family: 'training', scenario: 'iid', datasets: ['car'], tasks: 1, classes: 4 }),
    suite('cifar', { datasets: ['cifar-10'], ready: false, missing: ['cifar-10'] }),
  ];
  const found = (filter: Partial<SuiteFilter>): string[] => ids(findSuites(all, { ...NO_SUITE_FILTER, ...filter }));

  test('a text is searched word by word, in titles, data, scenario, kind, family and size', () => {
    expect(found({ needle: 'split QUICK' })).toEqual(['s-quick/class-il']);
    expect(found({ needle: 'car' })).toEqual(['rows']);
    expect(found({ needle: 'stream full mnist' })).toEqual(['s/task-il', 's/class-il']);
    expect(found({ needle: 'nothing' })).toEqual([]);
  });

  test('facets narrow each other, and each says what it would leave', () => {
    expect(found({ kind: 'stream', scenario: 'class-il', size: 'full', ready: true })).toEqual(['s/class-il']);
    const facets = suiteFacets(all, { ...NO_SUITE_FILTER, scenario: 'class-il' });
    expect(facets.kind).toEqual([{ value: 'stream', text: 'stream', count: 3 }]);
    expect(facets.scenario.map(({ text, count }) => [text, count])).toEqual([
      ['class-IL', 3],
      ['task-IL', 1],
      ['iid', 1],
    ]);
    // what is set stays to be taken away, also where it leaves nothing
    expect(suiteFacets(all, { ...NO_SUITE_FILTER, data: 'car', kind: 'stream' }).data).toContainEqual({
      value: 'car',
      text: 'car',
      count: 0,
    });
  });

  test('those that differ in their scenario alone share a row', () => {
    const [continual, training] = suiteGroups(all);
    expect(continual?.rows.map(({ title, choices }) => [title, choices.map(({ text }) => text)])).toEqual([
      ['Split', ['task-IL', 'class-IL']],
      ['Split quick', ['class-IL']],
      ['cifar', ['class-IL']],
    ]);
    expect(training?.count).toBe(1);
  });

  test('a line says what it is, what a trial takes here and how many are here', () => {
    expect(suiteLine(all[0] ?? suite(''), [])).toBe('5 tasks · 10 classes');
    expect(suiteLine(all[3] ?? suite(''), [result('rows', 'a', 0.5, 4), result('rows', 'b', 0.5, 8)])).toBe(
      'one training set · 4 classes · 6.0 s a trial · 10 here',
    );
  });
});

describe('methods', () => {
  const naive = method('naive', 2000, { reference: 'lower', paper: null });
  const ewc = method('ewc', 2017, { asks: ['boundaries'], summary: 'Penalty by importance' });
  const er = method('er', 2019, { asks: ['replay-memory', 'extra-passes'] });
  const mixup = method('mixup', 2018, { family: 'training', protocol: 'rows' });
  const all = [naive, ewc, er, mixup];
  const known = {
    verdicts: verdictsByMethod([
      { methods: ['ewc', 'er'], verdict: 'reproduced' },
      { methods: ['er'], verdict: 'off' },
    ]),
    results: new Map([['er', [result('a', 'er', 0.9)]]]),
  };
  const found = (filter: Partial<MethodFilter>, suites: string[] = []): string[] =>
    ids(findMethods(all, { ...NO_METHOD_FILTER, ...filter }, known, suites));

  test('by text in title, summary, authors and family', () => {
    expect(found({ needle: 'IMPORTANCE' })).toEqual(['ewc']);
    expect(found({ needle: 'rivera training' })).toEqual(['mixup']);
  });

  test('by family, what they use, year, verdict and results', () => {
    expect(found({ family: 'training' })).toEqual(['mixup']);
    expect(found({ uses: 'nothing' })).toEqual(['naive', 'mixup']);
    expect(found({ uses: 'without:replay-memory' })).toEqual(['naive', 'ewc', 'mixup']);
    expect(found({ uses: 'with:replay-memory' })).toEqual(['er']);
    expect(found({ since: '2018' })).toEqual(['er', 'mixup']);
    expect(found({ verdict: 'off' })).toEqual(['er']);
    expect(found({ measured: true })).toEqual(['er']);
    expect(found({ measured: true }, ['a'])).toEqual(['er']);
    expect(found({ measured: true }, ['b'])).toEqual([]);
  });

  test('facets count what everything else leaves', () => {
    const facets = methodFacets(all, { ...NO_METHOD_FILTER, family: 'continual' }, known);
    expect(facets.families.map(({ value, count }) => [value, count])).toEqual([
      ['continual', 3],
      ['training', 1],
    ]);
    expect(facets.uses.find(({ value }) => value === 'nothing')?.count).toBe(1);
    expect(facets.verdicts.map(({ value, count }) => [value, count])).toEqual([
      ['off', 1],
      ['reproduced', 2],
    ]);
  });

  test('families keep their order, and references stand last in theirs', () => {
    expect(methodFamilies(all, [suite('a')]).map(({ family, methods }) => [family, ids(methods)])).toEqual([
      ['continual', ['ewc', 'er', 'naive']],
      ['training', ['mixup']],
    ]);
  });

  test('those that do not fit are one line a reason', () => {
    const reasons = reasonsOf([ewc, er, mixup], [suite('a')], (each, at) =>
      each.family === 'training' ? `${each.title} is for rows; ${at.id} is not.` : `${each.title} is too old.`,
    );
    expect(reasons.map(({ reason, methods }) => [reason, ids(methods)])).toEqual([
      ['is too old.', ['ewc', 'er']],
      ['is for rows; this suite is not.', ['mixup']],
    ]);
  });

  test('presets', () => {
    const slow = method('slow', 1990);
    const results = new Map([
      ['er', [result('a', 'er', 0.9, 100)]],
      ['ewc', [result('a', 'ewc', 0.7, 100)]],
      ['slow', [result('a', 'slow', 0.1, 3500)]],
    ]);
    const presets = presetsOf([naive, ewc, er, slow], [suite('a')], results, () => 'higher', 2);
    expect(presets.map(({ name, methods }) => [name, [...methods]])).toEqual([
      ['References only', ['naive']],
      ['Classics', ['slow', 'ewc', 'er']],
      ['Each family’s best here', ['er']],
      ['All that fit in an hour', ['ewc', 'er']],
      ['All that fit', ['ewc', 'er', 'slow']],
    ]);
    const lowest = presetsOf([ewc, er], [suite('a')], results, () => 'lower', 2);
    expect(lowest.find(({ name }) => name.includes('best'))?.methods).toEqual(['ewc']);
  });

  test('where they stand on a suite, between its worst and its best', () => {
    const stands = standings(
      [result('a', 'er', 0.9), result('a', 'ewc', 0.7), result('a', 'si', 0.8), result('b', 'er', 0.3)],
      [suite('b'), suite('a')],
      () => 'higher',
    );
    expect(stands.get('si')).toMatchObject([{ suite: 'a', place: 2, of: 3, share: expect.closeTo(0.5) }]);
    expect(stands.get('er')).toMatchObject([
      { suite: 'b', place: 1, of: 1, share: null },
      { suite: 'a', place: 1, share: 1 },
    ]);
    const lower = standings([result('a', 'er', 0.9), result('a', 'ewc', 0.7)], [suite('a')], () => 'lower');
    expect(lower.get('ewc')).toMatchObject([{ place: 1 }]);
  });

  test('related ones are of the family, those first that use the same', () => {
    const der = method('der', 2020, { asks: ['replay-memory', 'extra-passes'] });
    expect(ids(related(er, [naive, ewc, er, mixup, der]))).toEqual(['der', 'ewc', 'naive']);
  });
});
