import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeOf, ticks } from '../../../../src-main/metrics/pictures/ticks.ts';

/** What a person reads: the number of a label with its suffix undone. */
const SUFFIXES = new Map([
  ['', 1],
  ['k', 1e3],
  ['M', 1e6],
  ['G', 1e9],
  ['T', 1e12],
  ['P', 1e15],
  ['s', 1],
  ['min', 60],
  ['h', 3600],
  ['B', 1],
  ['kB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
]);
function read(label: string): number {
  const [number = '', suffix = ''] = label.replaceAll('−', '-').split(' ');
  return Number(number) * (SUFFIXES.get(suffix) ?? Number.NaN);
}

const units = fc.constantFrom('number', 'seconds', 'bytes');
const base = fc.double({ min: -1e12, max: 1e12, noNaN: true });
/** From a millionth of the numbers' size to many times it. */
const width = fc.double({ min: -6, max: 9, noNaN: true }).map((power) => 10 ** power);

describe('marks of an axis', () => {
  it('have labels that all differ, whatever the range', () => {
    fc.assert(
      fc.property(
        base,
        width,
        units,
        fc.constantFrom(1, 100),
        fc.integer({ min: 1, max: 9 }),
        (low, part, unit, scale, wanted) => {
          const high = low + part * Math.max(1, Math.abs(low));
          const { values, labels } = ticks({ low, high }, { unit, scale, wanted });
          expect(new Set(labels).size).toBe(labels.length);
          expect(values).toHaveLength(labels.length);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('have labels that all differ on a logarithmic axis', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -12, max: 12, noNaN: true }),
        fc.double({ min: 1e-5, max: 14, noNaN: true }),
        units,
        fc.integer({ min: 3, max: 9 }),
        (power, decades, unit, wanted) => {
          const low = 10 ** power;
          const { values, labels } = ticks({ low, high: low * 10 ** decades }, { unit, wanted, log: true });
          expect(new Set(labels).size).toBe(labels.length);
          expect(labels.length).toBeGreaterThan(0);
          values.forEach((value, i) => expect(read(labels[i] ?? '') / value).toBeCloseTo(1, 4));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('say where they stand: a label read back is the mark', () => {
    fc.assert(
      fc.property(base, width, units, (low, part, unit) => {
        const high = low + part * Math.max(1, Math.abs(low));
        const { values, labels } = ticks({ low, high }, { unit });
        values.forEach((value, i) => {
          expect(value).toBeGreaterThanOrEqual(low - (high - low) * 1e-6);
          expect(value).toBeLessThanOrEqual(high + (high - low) * 1e-6);
          expect(Math.abs(read(labels[i] ?? '') - value)).toBeLessThanOrEqual((high - low) * 1e-4);
        });
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [{ low: 0.988, high: 1 }, { scale: 100 }, ['98.8', '99.0', '99.2', '99.4', '99.6', '99.8', '100.0']],
    [{ low: 0, high: 1 }, { scale: 100 }, ['0', '20', '40', '60', '80', '100']],
    [{ low: 0, high: 12_000 }, {}, ['0', '2 k', '4 k', '6 k', '8 k', '10 k', '12 k']],
    [{ low: 100_000, high: 100_010 }, {}, ['100000', '100002', '100004', '100006', '100008', '100010']],
    [{ low: 0, high: 4e-5 }, {}, ['0', '1e−5', '2e−5', '3e−5', '4e−5']],
    [{ low: 1, high: 5 }, { integer: true }, ['1', '2', '3', '4', '5']],
    [{ low: 1, high: 3 }, { integer: true }, ['1', '2', '3']],
    [
      { low: 0, high: 900 },
      { unit: 'seconds' as const },
      ['0', '2 min', '4 min', '6 min', '8 min', '10 min', '12 min', '14 min'],
    ],
    [{ low: 0.01, high: 100 }, { log: true }, ['0.01', '0.1', '1', '10', '100']],
    [{ low: 1e6, high: 1e12 }, { log: true }, ['1 M', '10 M', '100 M', '1 G', '10 G', '100 G', '1 T']],
    [{ low: 0.9, high: 0.98 }, { log: true }, ['0.90', '0.92', '0.94', '0.96', '0.98']],
    [
      { low: 10, high: 1e5 },
      { unit: 'seconds' as const, log: true },
      ['10 s', '100 s', '1000 s', '10000 s', '100000 s'],
    ],
    [{ low: 3, high: 3 }, {}, ['3']],
  ])('%j %j: %j', (range, wish, labels) => expect(ticks(range, wish).labels).toEqual(labels));
});

describe('the range of values', () => {
  it('holds all of them with a little air, and leaves out what has no place', () => {
    expect(rangeOf([0, 10, Number.NaN, Infinity])).toEqual({ low: -0.5, high: 10.5 });
    const { low, high } = rangeOf([0, -1, 1, 100], true);
    expect([low, high].map((value) => Number(value.toFixed(4)))).toEqual([0.7943, 125.8925]);
    expect(rangeOf([5, 5])).toEqual({ low: 4.75, high: 5.25 });
    expect(rangeOf([])).toEqual({ low: 0, high: 1 });
  });
});
