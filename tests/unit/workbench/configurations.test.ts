import { expect, it } from 'vitest';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { Configurations, scaleOf } from '../../../src-main/workbench/configurations.ts';
import { fakeMethod, fakeSuite } from '../../fixtures/fake-runner.ts';

const methods = await loadMethods({
  given: [fakeMethod({ id: 'plain' }), fakeMethod({ id: 'ensemble', reference: 'upper' }), fakeMethod({ id: 'other' })],
});
const ends = new Map([
  ['calibration', { lower: 'plain', upper: 'ensemble' }],
  ['table', { lower: 'floor', upper: 'other' }],
]);
const configurations = new Configurations({
  methods,
  settings: () => ({}),
  references: (suite) => ends.get(suite) ?? null,
  originOf: () => null,
});
const referenceOf = (method: string, suites: readonly string[]) => {
  const rowOf = configurations.placer();
  const cells = suites.map((suite) => ({ suite, method, configuration: method, hyperParameters: {} }));
  return configurations.rows(cells.map((cell) => ({ ...rowOf(cell), label: '', cell })))[0]?.reference;
};

it('a method is a reference where a suite names it, and one among others elsewhere', () => {
  expect(referenceOf('ensemble', ['calibration'])).toBe('upper');
  expect(referenceOf('plain', ['calibration'])).toBe('lower');
  expect(referenceOf('ensemble', ['table'])).toBeNull();
  expect(referenceOf('plain', ['table'])).toBeNull();
  expect(referenceOf('other', ['table'])).toBe('upper');
  expect(referenceOf('ensemble', ['calibration', 'table'])).toBe('upper');
  // Of a suite that is not known here, the method's own word counts.
  expect(referenceOf('ensemble', ['unknown'])).toBe('upper');
});

it('a probe has no ends of a scale: its method is no reference', () => {
  const suite = fakeSuite('s');
  expect(scaleOf(suite)).toEqual(suite.references);
  expect(scaleOf({ ...suite, facts: { ...suite.facts, kind: 'probe' } })).toBeNull();
  expect(scaleOf(undefined)).toBeNull();
});
