import { describe, expect, it } from 'vitest';
import { estimateOf } from '../../../src-renderer/views/study/estimate.ts';

describe('what a study was said to take', () => {
  const start = { mark: 'start', madeAt: 0, open: 24, predicted: 33, actual: 30, error: 0.1 } as const;
  const half = { mark: 'half', madeAt: 15, open: 12, predicted: 12, actual: 15, error: -0.2 } as const;

  it('stands beside what it took, with the direction of the error', () => {
    expect(estimateOf({ forecasts: [start, half] })).toEqual({
      short: '33 s left, took 30 s (10 % too long)',
      long:
        'Said at the start: 33 s left; it took 30 s from then (10 % too long). ' +
        'Said at half of the trials: 12 s left; it took 15 s from then (20 % too short).',
    });
    expect(estimateOf({ forecasts: [half] })?.short).toBe('12 s left, took 15 s (20 % too short)');
    expect(estimateOf({ forecasts: [{ ...start, predicted: 30 }] })?.short).toBe('30 s left, took 30 s (right)');
    // What is shown is rounded, and the error is that of what is shown.
    const close = { ...start, predicted: 30.4, actual: 29.6, error: 30.4 / 29.6 - 1 };
    expect(estimateOf({ forecasts: [close] })?.short).toBe('30 s left, took 30 s (right)');
  });

  it('is nothing before the end, and where nothing was said', () => {
    expect(estimateOf({ forecasts: [] })).toBeNull();
    expect(estimateOf({ forecasts: [{ ...start, actual: null, error: null }] })).toBeNull();
  });
});
