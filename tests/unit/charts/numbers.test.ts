import { describe, expect, it } from 'vitest';
import { columnUnit, costDecimals, probability, signed, uncertainty } from '../../../src-main/metrics/board/numbers.ts';

describe('numbers', () => {
  it('writes signs, uncertainties and p', () => {
    expect([signed(1.234, 2), signed(-1.234, 2), signed(0.001, 2), signed(-0.001, 2)]).toEqual([
      '+1.23',
      '−1.23',
      '0.00',
      '0.00',
    ]);
    expect([uncertainty(0.12, 2), uncertainty(0.001, 2), uncertainty(0, 2)]).toEqual(['0.12', '<0.01', '0.00']);
    expect([probability(null), probability(0.0004), probability(0.0312), probability(0.31), probability(1)]).toEqual([
      '–',
      '< .001',
      '.031',
      '.31',
      '1.0',
    ]);
  });
  it('chooses one unit for a column', () => {
    expect(columnUnit([30, 700, 900], 'seconds')).toEqual({ label: 'min', divisor: 60 });
    expect(columnUnit([3.2e9, 4e9, 1e12], 'flop').label).toBe('GFLOP');
    expect(columnUnit([], 'bytes').label).toBe('B');
    expect(costDecimals([0, 0], { label: 'B', divisor: 1 })).toBe(0);
  });
});
