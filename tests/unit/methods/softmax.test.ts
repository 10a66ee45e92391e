import { describe, expect, it } from 'vitest';
import { logSoftmaxRows, softmaxRows } from '../../../src-main/methods/shared/softmax.ts';

describe('softmax of rows', () => {
  // By hand: powers 1, 2, 4 of 7; a half and a half; all on one.
  const logits = Float32Array.of(0, Math.log(2), Math.log(4), 300, 300, -300, -1000, 0, -1000);
  const expected = [1 / 7, 2 / 7, 4 / 7, 0.5, 0.5, 0, 0, 1, 0];

  it('gives distributions, also of logits whose powers would overflow', () => {
    const rows = softmaxRows(logits, 3);
    expect(rows).toHaveLength(expected.length);
    rows.forEach((value, at) => expect(value).toBeCloseTo(expected[at], 6));
  });

  it('gives their logarithms, also of what is too small for a float', () => {
    const logs = logSoftmaxRows(logits, 3);
    expected.forEach((value, at) => {
      if (value > 0) expect(logs[at]).toBeCloseTo(Math.log(value), 6);
    });
    expect(logs[5]).toBeCloseTo(-600 - Math.log(2), 6);
    expect(logs[6]).toBe(-1000);
  });
});
