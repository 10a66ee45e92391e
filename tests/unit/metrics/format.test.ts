import { describe, expect, test } from 'vitest';
import * as format from '../../../src-main/metrics/format.ts';

describe('numbers are rounded to their uncertainty', () => {
  test.each([
    [{ mean: 0.973149, low: 0.971949, high: 0.974349 }, 'share', '97.31 ± 0.12'],
    [{ mean: 0.5516, low: 0.5378, high: 0.5654 }, 'share', '55.2 ± 1.4'],
    [{ mean: 0.5, low: 0.1, high: 0.9 }, 'share', '50 ± 40'],
    [{ mean: 0.9, low: null, high: null }, 'share', '90.00'],
    [{ mean: 0.04512, low: 0.0449, high: 0.04534 }, 'nats', '0.0451 ± 0.0002'],
    [{ mean: 1234.56, low: 1200, high: 1269.12 }, 'number', '1235 ± 35'],
  ] as const)('%j as %s: %s', (estimate, unit, expected) =>
    expect(format.formatEstimate(estimate, unit)).toBe(expected),
  );
  test('a column shares the decimals of its median half width', () => {
    expect(
      format.columnDecimals(
        [
          { mean: 0.9, low: 0.899, high: 0.901 },
          { mean: 0.5, low: 0.48, high: 0.52 },
          { mean: 0.6, low: 0.57, high: 0.63 },
          null,
        ],
        'share',
      ),
    ).toBe(1);
    expect(format.columnDecimals([{ mean: 0.9, low: null, high: null }], 'share')).toBe(2);
    expect(format.columnDecimals([{ mean: 570, low: null, high: null }], 'count')).toBe(0);
  });
  test('no minus before zero; a true minus elsewhere', () => {
    expect(format.formatNumber(-0.0001, 2)).toBe('0.00');
    expect(format.formatNumber(-1.5, 1)).toBe('−1.5');
    expect(format.formatSigned(0.0123, 'share')).toBe('+1.23');
    expect(format.formatSigned(-0.0123, 'share')).toBe('−1.23');
    expect(format.formatSigned(0, 'share')).toBe('0.00');
  });
  test('absent is a dash', () => {
    expect(format.formatEstimate(null, 'share')).toBe('–');
    expect(format.formatValue(null, 'share')).toBe('–');
    expect(format.formatNumber(Number.NaN, 2)).toBe('–');
  });
  test.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [60_000, '60,000'],
    [1_234_567, '1,234,567'],
    [-4321, '-4,321'],
    [1234.5, '1,235'],
  ])('whole numbers, %d: %s', (count, expected) => {
    expect([format.formatInteger(count), count.toLocaleString('en', { maximumFractionDigits: 0 })]).toEqual([
      expected,
      expected,
    ]);
  });
});

test.each([
  [0.0004, 'p < .001'],
  [0.0304, 'p = .030'],
  [0.049, 'p = .049'],
  [0.21, 'p = .21'],
  [1, 'p = 1.0'],
  [null, 'p not given'],
])('p %s: %s', (p, text) => expect(format.formatP(p)).toBe(text));
test.each([
  [0.84, '0.8 s'],
  [12.4, '12 s'],
  [59.7, '1 min 00 s'],
  [185, '3 min 05 s'],
  [7800, '2 h 10 min'],
])('%s seconds: %s', (seconds, text) => expect(format.formatSeconds(seconds)).toBe(text));
test.each([
  [11_600_000, '11.6 MB'],
  [999, '999 B'],
  [1500, '1.50 kB'],
  [0, '0 B'],
])('%s bytes: %s', (bytes, text) => expect(format.formatBytes(bytes)).toBe(text));
test.each([
  [478_410, '478 k'],
  [4.2e9, '4.20 G'],
  [12, '12'],
])('%s: %s', (count, text) => expect(format.formatCount(count)).toBe(text));
