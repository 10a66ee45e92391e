import { describe, expect, test } from 'vitest';
import { changePictures } from '../../../../src-main/methods/merging/shared/change-pictures.ts';
import { coefficientRows } from '../../../../src-main/methods/merging/shared/merged-weights.ts';

const net = (a: readonly number[], b: readonly number[]) => ({ a: Float32Array.from(a), b: Float32Array.from(b) });

describe('how changes stand to each other', () => {
  // Of ten entries each model keeps its two largest. By hand: (4, 2)·(−4, 0) / (√20 · 4) in a, no common entry in b.
  const base = net([1, 1], [0, 0, 0, 0, 0, 0, 0, 0]);
  const one = net([1 + 4, 1 + 2], [0, 0, 0, 0, 0, 0, 0, 0.5]);
  const other = net([1 - 4, 1], [0, 2, 0, 0, 0, 0, 0, 0]);
  const found = changePictures([one, other], base);

  test('cosines are those of each tensor and pair', () => {
    expect(found['changes.cosine'].map(([value]) => value)).toEqual([
      expect.closeTo(-16 / (Math.sqrt(20) * 4), 6),
      expect.closeTo(0, 6),
    ]);
  });

  test('of three entries that are among the largest of either, one is among those of both, with opposite signs', () => {
    expect(found['changes.overlap']).toEqual([
      [1, expect.closeTo(1 / 3, 12)],
      [expect.closeTo(1 / 3, 12), 1],
    ]);
    expect(found['changes.conflict']).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  test('coefficients are a row a tensor', () => {
    expect(coefficientRows(2, [1, 2, 3, 4, 5, 6])).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
  });
});
