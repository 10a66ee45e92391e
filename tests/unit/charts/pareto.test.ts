import { describe, expect, it } from 'vitest';
import { paretoFront } from '../../../src-renderer/charts/options/pareto.ts';

describe('Pareto front', () => {
  const points = [
    { key: 'a', name: 'a', cost: 1, quality: 0.5 },
    { key: 'b', name: 'b', cost: 2, quality: 0.4 },
    { key: 'c', name: 'c', cost: 3, quality: 0.9 },
    { key: 'd', name: 'd', cost: 3, quality: 0.8 },
  ];
  it('keeps what nothing beats at its cost', () => expect(paretoFront(points, 'higher')).toEqual(['a', 'c']));
  it('is not moved by rounding: the dearer of two equal methods is beaten', () => {
    const sum = 0.1 + 0.2;
    const equal = [
      { key: 'a', name: 'a', cost: 1, quality: 0.3 },
      { key: 'b', name: 'b', cost: 2, quality: sum },
    ];
    expect(sum).toBeGreaterThan(0.3);
    expect(paretoFront(equal, 'higher')).toEqual(['a']);
  });
  it('turns round when lower is better', () => expect(paretoFront(points, 'lower')).toEqual(['a', 'b']));
});
