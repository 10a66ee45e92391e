import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import { studyRequest } from '../../../src-main/workbench/contract/contract.ts';
import type { FormField, MethodInfo, SuiteInfo } from '../../../src-main/workbench/contract/contract.ts';
import { quotedValue } from '../../../src-main/workbench/quoted.ts';
import { sweptValues } from '../../../src-main/workbench/sweep.ts';
import {
  buildRequest,
  checkField,
  checkValues,
  configurationCount,
  defaultOf,
  draftOf,
  fitOf,
  endOf,
  orderMethods,
  suggestName,
} from '../../../src-renderer/views/new-study/form.ts';
import { parseSeeds } from '../../../src-main/workbench/seeds.ts';

const field = (over: Partial<FormField>): FormField => ({
  name: 'lambda',
  kind: 'number',
  description: '',
  default: 200,
  defaultMeans: null,
  minimum: 0,
  maximum: 1000,
  choices: null,
  ...over,
});
const method = (over: Partial<MethodInfo>): MethodInfo => ({
  id: 'ewc',
  version: 1,
  title: 'EWC',
  summary: '',
  family: 'continual',
  look: methodLook('ewc', null),
  paper: null,
  fields: [
    field({}),
    field({
      name: 'labels',
      kind: 'choice',
      default: 'predicted',
      minimum: null,
      maximum: null,
      choices: ['predicted', 'true'],
    }),
  ],
  asks: [],
  protocol: 'stream',
  reference: null,
  origin: 'built-in',
  file: 'methods/continual/ewc.ts',
  settings: { a: { values: { lambda: 500 }, source: 'van de Ven 2019' } },
  ...over,
});
const suite = (over: Partial<SuiteInfo>): SuiteInfo => ({
  id: 'a',
  version: 1,
  title: 'Split-MNIST, class-IL',
  summary: '',
  family: 'continual',
  scenario: 'class-il',
  quick: false,
  quickOf: null,
  datasets: ['mnist'],
  ready: true,
  missing: [],
  metrics: [],
  references: { lower: 'naive', upper: 'joint' },
  protocol: {},
  protocolHash: '',
  tasks: 5,
  classes: 10,
  grants: [],
  kind: 'stream',
  ...over,
});
const seedsOf = (text: string) => {
  const parsed = parseSeeds(text);
  return parsed.ok ? parsed.seeds : parsed.message;
};

describe('seeds', () => {
  test('numbers and ranges, each once, ascending', () => {
    expect(seedsOf('0-4, 7')).toEqual([0, 1, 2, 3, 4, 7]);
    expect(seedsOf('7 3;3 – 5')).toEqual([3, 4, 5, 7]);
    expect(seedsOf('10, 9')).toEqual([9, 10]);
    expect(seedsOf('0-99')).toHaveLength(100);
  });
  test('what is wrong is said', () => {
    expect(seedsOf('  ')).toMatch(/at least one seed/);
    expect(seedsOf('0-4, x')).toContain('"x"');
    expect(seedsOf('1.5')).toContain('1.5');
    expect(seedsOf('-1')).toContain('"-1"');
    expect(seedsOf('4-0')).toContain('write 0-4');
    expect(seedsOf('0-100')).toMatch(/at most 100 seeds.*101/);
    expect(seedsOf('0-98, 200, 201')).toMatch(/these are 101/);
    expect(seedsOf('0-999999999')).toMatch(/at most 100/);
    expect(seedsOf('99999999999')).toMatch(/too large/);
  });
});

describe('fields', () => {
  test('blank keeps the published value; numbers are numbers within their range', () => {
    expect(checkField(field({}), ' ')).toEqual({ ok: true, value: undefined });
    expect(checkField(field({}), '1e2')).toEqual({ ok: true, value: 100 });
    expect(checkField(field({}), '0')).toEqual({ ok: true, value: 0 });
    expect(checkField(field({}), '1000')).toEqual({ ok: true, value: 1000 });
    expect(checkField(field({}), '1001')).toEqual({
      ok: false,
      message: 'lambda must be a number from 0 to 1000, not 1001.',
    });
    expect(checkField(field({}), '-0.1').ok).toBe(false);
    expect(checkField(field({}), 'NaN').ok).toBe(false);
    expect(checkField(field({ maximum: null }), 'Infinity').ok).toBe(false);
  });
  test('integers, booleans and choices', () => {
    expect(checkField(field({ kind: 'integer' }), '2.5')).toEqual({
      ok: false,
      message: 'lambda must be a whole number from 0 to 1000, not 2.5.',
    });
    expect(checkField(field({ kind: 'boolean' }), 'false')).toEqual({ ok: true, value: false });
    expect(checkField(field({ kind: 'boolean' }), 'no').ok).toBe(false);
    // A choice that reads "true" stays text.
    expect(checkField(field({ kind: 'choice', choices: ['predicted', 'true'] }), 'true')).toEqual({
      ok: true,
      value: 'true',
    });
    expect(checkField(field({ kind: 'choice', choices: ['a', 'b'] }), 'c')).toEqual({
      ok: false,
      message: 'lambda must be one of a, b, not c.',
    });
  });
  test('the default is the published one of each suite', () => {
    expect(defaultOf(method({}), field({}), ['a'], REFUSALS)).toEqual({
      value: 500,
      bySuite: [{ suite: 'a', value: 500, source: 'van de Ven 2019' }],
    });
    expect(defaultOf(method({}), field({}), ['b', 'c'], REFUSALS)).toEqual({
      value: 200,
      bySuite: [{ suite: 'b', value: 200, source: null }],
    });
    expect(defaultOf(method({}), field({}), ['a', 'b'], REFUSALS)).toMatchObject({ value: null });
    expect(defaultOf(method({}), field({}), [], REFUSALS)).toEqual({ value: 200, bySuite: [] });
  });
});

describe('request', () => {
  const methods = new Map([['ewc', method({})]]);
  const draft = {
    name: '',
    suites: ['a'],
    configurations: [{ key: 1, method: 'ewc', label: '', typed: {} }],
    seeds: '0-2',
    backend: 'auto' as const,
    references: true,
  };

  test('holds own values only, so that published settings apply, and passes the contract', () => {
    const built = buildRequest(draft, methods, 'EWC on Split-MNIST');
    expect(built).toEqual({
      ok: true,
      request: {
        name: 'EWC on Split-MNIST',
        suites: ['a'],
        methods: [{ method: 'ewc', hyperParameters: {} }],
        seeds: [0, 1, 2],
        backend: 'auto',
        references: true,
      },
    });
    if (built.ok) expect(studyRequest.parse(built.request)).toEqual(built.request);
  });
  test('a label is what a person typed; the Workbench names the others by their settings', () => {
    const built = buildRequest(
      {
        ...draft,
        configurations: [
          ...draft.configurations,
          { key: 2, method: 'ewc', label: '', typed: { lambda: '900' } },
          { key: 3, method: 'ewc', label: 'mine', typed: { labels: 'true' } },
        ],
      },
      methods,
      'x',
    );
    expect(built.ok && built.request.methods).toEqual([
      { method: 'ewc', hyperParameters: {} },
      { method: 'ewc', hyperParameters: { lambda: 900 } },
      { method: 'ewc', label: 'mine', hyperParameters: { labels: 'true' } },
    ]);
  });
  test('says everything that is missing or wrong', () => {
    const long = 'n'.repeat(134);
    expect(buildRequest({ ...draft, name: long }, methods, '')).toEqual({
      ok: false,
      todo: ['The name has 134 characters; 120 are the most. Shorten it.'],
    });
    const most = buildRequest({ ...draft, name: 'n'.repeat(120) }, methods, '');
    expect(most.ok && most.request.name).toBe('n'.repeat(120));
    const refused = studyRequest.shape.name.safeParse(long);
    expect(refused.error?.issues.map(({ message }) => message)).toEqual([
      'The name has 134 characters; 120 are the most.',
    ]);
    expect(buildRequest({ ...draft, suites: [], configurations: [], seeds: '' }, methods, '')).toEqual({
      ok: false,
      todo: ['Choose a suite.', 'Choose a method.', 'Give at least one seed, for example 0-4.'],
    });
    expect(
      buildRequest(
        { ...draft, configurations: [{ key: 1, method: 'ewc', label: '', typed: { lambda: '-1' } }] },
        methods,
        'x',
      ),
    ).toEqual({ ok: false, todo: ['EWC: lambda must be a number from 0 to 1000, not -1.'] });
    expect(
      buildRequest(
        {
          ...draft,
          configurations: [...draft.configurations, { key: 2, method: 'ewc', label: 'other', typed: { lambda: ' ' } }],
        },
        methods,
        'x',
      ),
    ).toEqual({ ok: false, todo: ['EWC: two configurations have the same settings.'] });
  });
  test('a name is suggested', () => {
    expect(suggestName(['EWC', 'EWC', 'SI'], ['Split-MNIST'])).toBe('EWC, SI on Split-MNIST');
    expect(suggestName(['a', 'b', 'c', 'd'], ['x', 'y', 'z'])).toBe('4 methods on 3 suites');
    expect(suggestName([], ['x'])).toBe('');
    expect(suggestName(['m'.repeat(200)], ['x'])).toBe('1 method on 1 suite');
  });
});

const REFUSALS = new Map<string, Record<string, string>>([
  ['a', { x: 'no' }],
  ['b', {}],
  ['c', { ewc: 'EWC takes dense layers only.' }],
]);

describe('catalogue', () => {
  test('a pair that does not fit gives its reason; one that nobody asked about is none', () => {
    expect(fitOf(method({}), suite({}), REFUSALS)).toEqual({ fits: true });
    expect(fitOf(method({}), suite({ id: 'c' }), REFUSALS)).toEqual({
      fits: false,
      reason: 'EWC takes dense layers only.',
    });
    expect(fitOf(method({}), suite({ ready: false, missing: ['cifar-10'] }), REFUSALS)).toMatchObject({
      fits: false,
      reason: expect.stringContaining('cifar-10'),
    });
    expect(fitOf(method({}), suite({ id: 'unasked' }), REFUSALS).fits).toBe(false);
  });
  test('methods that fit a chosen suite are told from the others', () => {
    const { fitting, others } = orderMethods(
      [method({ id: 'naive', reference: 'lower' }), method({}), method({ id: 'x' })],
      [suite({})],
      REFUSALS,
    );
    expect(fitting.map(({ id }) => id)).toEqual(['naive', 'ewc']);
    expect(others.map(({ id }) => id)).toEqual(['x']);
  });
  test('a method is a reference where a chosen suite names it, and one among others elsewhere', () => {
    const ensemble = method({ id: 'ensemble', reference: 'upper' });
    expect(endOf(ensemble, [])).toBe('upper');
    expect(endOf(ensemble, [suite({})])).toBeNull();
    expect(endOf(method({ id: 'joint' }), [suite({})])).toBe('upper');
    expect(endOf(method({ id: 'naive' }), [suite({})])).toBe('lower');
  });
});

describe('several values in one field', () => {
  const values = (text: string, kind: FormField['kind'] = 'number') => {
    const swept = sweptValues(text, kind);
    return swept.ok ? swept.values : swept.message;
  };

  test('lists and ranges, spaced by distances or by ratios', () => {
    expect(values('1, 10, 100')).toEqual(['1', '10', '100']);
    expect(values('1|10;100')).toEqual(['1', '10', '100']);
    expect(values('1e-3…1e1 log 5')).toEqual(['0.001', '0.01', '0.1', '1', '10']);
    expect(values('0..1 linear 5')).toEqual(['0', '0.25', '0.5', '0.75', '1']);
    expect(values('0...1 3')).toEqual(['0', '0.5', '1']);
    expect(values('1…4', 'integer')).toEqual(['1', '2', '3', '4']);
    expect(values('1…1000 log 4', 'integer')).toEqual(['1', '10', '100', '1000']);
    expect(values('sgd, adam', 'choice')).toEqual(['sgd', 'adam']);
    expect(values('a, b', 'text')).toEqual(['a, b']);
    expect(values('5')).toEqual(['5']);
    expect(values(' ')).toEqual([]);
    expect(values('1, 1, 1.0')).toEqual(['1', '1.0']);
  });

  test('what cannot be meant is refused with what would be right', () => {
    expect(values('0…1')).toMatch(/how many.*0…1 log 5 or 0…1 linear 5/);
    expect(values('0…1 log 5')).toMatch(/above 0/);
    expect(values('1…100000', 'integer')).toMatch(/100000 values.*at most 200/);
    expect(values('0…1 1')).toMatch(/at least 2/);
    expect(checkValues(field({}), '1, x')).toMatchObject({ ok: false, message: expect.stringContaining('not x') });
    expect(checkValues(field({}), '1, 5000')).toMatchObject({ ok: false });
  });

  test('a comma between digits of a number is neither a point nor taken for two values', () => {
    expect(values('0,5')).toBe('Write 0.5 for one value, or 0, 5 with a blank for two.');
    expect(values(' -1,25 ')).toMatch(/^Write -1\.25 for one value, or -1, 25 with/);
    expect(values('0,5; 1,5')).toMatch(/^Write 0\.5 for one value/);
    expect(values('0, 5')).toEqual(['0', '5']);
    expect(values('1,10,100')).toEqual(['1', '10', '100']);
    // A whole number has no decimals.
    expect(values('1,10', 'integer')).toEqual(['1', '10']);
  });

  test('numbers that are written as a list are read as the same numbers', () => {
    const numbers = fc.uniqueArray(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
      {
        minLength: 1,
        maxLength: 20,
      },
    );
    fc.assert(
      fc.property(numbers, fc.constantFrom(', ', '; ', '|'), (written, separator) => {
        expect(values(written.map(quotedValue).join(separator))).toEqual(written.map(quotedValue));
      }),
    );
  });

  test('a range has its ends, its number of values, and equal steps', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
        fc.double({ min: 1.01, max: 1e4, noNaN: true }),
        fc.integer({ min: 2, max: 60 }),
        (first, factor, count) => {
          const last = first * factor;
          const made = values(`${first}…${last} log ${count}`);
          if (typeof made === 'string') return false;
          const numbers = made.map(Number);
          const ratios = numbers.slice(1).map((value, index) => Math.log(value / (numbers[index] ?? Number.NaN)));
          return (
            numbers[0] === first &&
            numbers.at(-1) === last &&
            ratios.every((ratio) => Math.abs(ratio - Math.log(factor) / (count - 1)) < 1e-4)
          );
        },
      ),
    );
  });

  test('one line is every combination, and the request holds each', () => {
    const draft = {
      name: 'sweep',
      suites: ['a'],
      configurations: [{ key: 1, method: 'ewc', label: '', typed: { lambda: '1, 10, 100', labels: 'true' } }],
      seeds: '0-1',
      backend: 'auto' as const,
      references: true,
    };
    const built = buildRequest(draft, new Map([['ewc', method({})]]), '');
    expect(built.ok && built.request.methods.map(({ hyperParameters }) => hyperParameters)).toEqual([
      { lambda: 1, labels: 'true' },
      { lambda: 10, labels: 'true' },
      { lambda: 100, labels: 'true' },
    ]);
    expect(configurationCount(method({}), { lambda: '1, 10, 100' })).toBe(3);
  });

  test('a stored request becomes a draft that asks for the same', () => {
    const request = studyRequest.parse({
      name: 'x',
      suites: ['a'],
      methods: [
        { method: 'ewc', hyperParameters: { lambda: 3 } },
        { method: 'ewc', hyperParameters: { lambda: 4 } },
      ],
      seeds: [0, 1, 2, 7],
      references: false,
    });
    const draft = draftOf(request);
    expect(draft.seeds).toBe('0-2, 7');
    const built = buildRequest({ ...draft, name: 'x' }, new Map([['ewc', method({})]]), '');
    expect(built).toEqual({ ok: true, request });
  });
});
