import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { filterNote, parseFilter, passesFilter, type Filterable } from '../../../../src-main/metrics/board/filter.ts';
import { foldByMethod } from '../../../../src-main/metrics/board/fold.ts';

const row = (name: string, hyperParameters: Filterable['hyperParameters'] = {}): Filterable => ({
  name,
  method: 'ewc',
  family: 'continual',
  hyperParameters,
});
const passes = (text: string, one: Filterable): boolean => passesFilter(one, parseFilter(text));

describe('the filter of a board', () => {
  const strong = row('Elastic weight consolidation (EWC), lambda 500', { lambda: 500, labels: 'true', on: false });

  test.each([
    ['', true],
    ['ewc', true],
    ['EWC elastic', true],
    ['ewc gem', false],
    ['continual', true],
    ['ewc lambda>100', true],
    ['ewc lambda > 100', true],
    ['lambda>500', false],
    ['lambda>=500 lambda<=500', true],
    ['lambda<1e3', true],
    ['Lambda=500', true],
    ['lambda=500.0', true],
    ['lambda!=500', false],
    ['labels=true', true],
    ['labels>1', false],
    ['on=false', true],
    ['memory=200', false],
    ['memory!=200', false],
    ['>5', false],
  ])('%j: %s', (text, expected) => {
    expect(passes(text, strong)).toBe(expected);
  });

  test('never fails, and more terms never show more', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        if (passes(`${a} x ${b}`, strong)) expect(passes('x', strong)).toBe(true);
      }),
    );
  });
});

test('a filter says what is wrong with it', () => {
  const rows = [row('EWC, lambda 1', { lambda: 1 }), row('EWC, lambda 10', { lambda: 10 })];
  const note = (text: string) => filterNote(rows, text);
  expect(['', 'ewc', 'lambda>1', ' lambda > 1 '].map(note)).toEqual([null, null, null, null]);
  for (const text of ['lambda>>', 'lambda>', 'ewc lambda>>5', '='])
    expect(note(text)).toMatch(/is no comparison: write a setting, a sign and a value, as in lambda>100\.$/);
  expect(note('lambda>>')).toContain('"lambda>>"');
  expect(note('lambda>100')).toBe('No row matches the filter "lambda>100".');
  expect(note('lamda>1')).toBe('No row matches the filter "lamda>1": none has a setting "lamda".');
  expect(note('gem')).toBe('No row matches the filter "gem".');
  expect(filterNote([], 'gem')).toBeNull();
});

test('a method by its id is that method alone', () => {
  const row = (method: string, hyperParameters: Record<string, number> = {}) => ({
    name: method.toUpperCase(),
    method,
    family: 'continual',
    hyperParameters,
  });
  const passing = (text: string) =>
    [row('er'), row('der'), row('derpp')]
      .filter((one) => passesFilter(one, parseFilter(text)))
      .map(({ method }) => method);
  expect(passing('er')).toEqual(['er', 'der', 'derpp']);
  expect(passing('method=er')).toEqual(['er']);
  expect(passing('method!=er family=continual')).toEqual(['der', 'derpp']);
  expect(passesFilter(row('er', { method: 2 }), parseFilter('method=2'))).toBe(true);
});

describe('rows by method', () => {
  const rows = [
    { key: 'er@1', method: 'er', value: 9 },
    { key: 'ewc@1', method: 'ewc', value: 7 },
    { key: 'er', method: 'er', value: 5 },
    { key: 'ewc', method: 'ewc', value: 3 },
    { key: 'si', method: 'si', value: 1 },
  ];
  const higher = (a: { value: number }, b: { value: number }): boolean => a.value > b.value;
  const lower = (a: { value: number }, b: { value: number }): boolean => a.value < b.value;

  test('the best of each stands for its method, in the order of the rows', () => {
    const { rows: shown, others } = foldByMethod(rows, higher, []);
    expect(shown.map(({ key }) => key)).toEqual(['er@1', 'ewc@1', 'si']);
    expect([...others]).toEqual([
      ['er@1', 1],
      ['ewc@1', 1],
      ['si', 0],
    ]);
  });

  test('a method is on every suite where one of its configurations is', () => {
    const { others } = foldByMethod(rows, higher, []);
    const only = (wanted: string) => (row: { key: string }) => (row.key === wanted ? 1 : null);
    const both = foldByMethod(rows, higher, [], [only('ewc'), only('nothing')]);
    expect(both.rows.filter(({ method }) => method === 'ewc').map(({ key }) => key)).toEqual(['ewc@1', 'ewc']);
    expect(both.others.get('ewc@1')).toBe((others.get('ewc@1') ?? 0) - 1);
  });

  test('the best is the best also where the worst come first', () => {
    expect(foldByMethod(rows, lower, []).rows.map(({ key }) => key)).toEqual(['er', 'ewc', 'si']);
  });

  test('an unfolded method shows all of its rows below its best', () => {
    expect(foldByMethod(rows, higher, ['ewc']).rows.map(({ key }) => key)).toEqual(['er@1', 'ewc@1', 'ewc', 'si']);
  });
});
