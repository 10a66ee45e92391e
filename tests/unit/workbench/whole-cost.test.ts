import { expect, test } from 'vitest';
import type { Cost } from '../../../src-main/metrics/primitives.ts';
import { wholeCost } from '../../../src-main/workbench/whole-cost.ts';

const cost = (seconds: number): Cost => ({
  seconds,
  steps: 10 * seconds,
  flops: 100 * seconds,
  examples: seconds,
  forwardPasses: seconds,
  backwardPasses: seconds,
  bytesStored: 0,
  parameters: 1,
  inferenceFlops: 1,
  peakMemoryBytes: seconds,
  workers: 1,
});

/** A start (36), two experts of it (5 and 6 more), what was measured of each expert (1 and 2 more). */
const MAKERS: Readonly<Record<string, readonly string[]>> = {
  merge: ['start', 'a', 'b', 'gram-a', 'gram-b'],
  a: ['start'],
  b: ['start'],
  'gram-a': ['a'],
  'gram-b': ['b'],
};
const STORED: Readonly<Record<string, number>> = { start: 36, a: 41, b: 42, 'gram-a': 42, 'gram-b': 44 };
const known = {
  makersOf: (id: string) => MAKERS[id] ?? [],
  costOf: (id: string) => (STORED[id] === undefined ? null : cost(STORED[id])),
};

test('what several of its makers share is counted once', () => {
  const { cost: whole, made } = wholeCost('merge', cost(3), known);
  expect(made).toBe(5);
  expect(whole).toMatchObject({ seconds: 36 + 5 + 6 + 1 + 2 + 3, steps: 530, flops: 5300, peakMemoryBytes: 44 });
  expect(wholeCost('a', cost(5), known).cost.seconds).toBe(41);
});

test('a trial that was made of nothing costs what it cost, and what is gone counts nothing', () => {
  expect(wholeCost('start', cost(36), known)).toEqual({ cost: cost(36), made: 0 });
  expect(wholeCost('merge', cost(3), { ...known, costOf: () => null })).toEqual({ cost: cost(3), made: 0 });
});
