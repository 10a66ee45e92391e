import { describe, expect, test } from 'vitest';
import { chooseArrangements, contest, fastest } from '../../../src-main/bench/contest.ts';

const measured = (
  name: string,
  family: string,
  ...values: number[]
): { name: string; family: string; values: number[] } => ({ name, family, values });

describe('choosing arrangements', () => {
  const pilot = [
    measured('a 1×2', 'a', 5, 6, 5),
    measured('a 2×1', 'a', 4, 4, 9),
    measured('b 1×2', 'b', 5, 5, 5),
    measured('b 2×1', 'b', 7, 7, 7),
    measured('c 1×2', 'c', 20, 1, 20),
    measured('c 2×1', 'c', 9, 9, 9),
  ];
  test('the fastest arrangement of every family by its median; hopeless families are left out', () =>
    expect(chooseArrangements(pilot)).toEqual(['a 2×1', 'b 1×2']));
  test('but one that is asked for stays', () =>
    expect(chooseArrangements(pilot, ['c'])).toEqual(['a 2×1', 'b 1×2', 'c 2×1']));
  test('how far behind is hopeless can be said', () =>
    expect(chooseArrangements(pilot, [], 3)).toEqual(['a 2×1', 'b 1×2', 'c 2×1']));
});

test('the fastest has the smallest median, not the smallest value', () => {
  expect(fastest([measured('lucky', 'x', 1, 9, 9), measured('steady', 'y', 4, 4, 4)]).name).toBe('steady');
  expect(() => fastest([])).toThrow(RangeError);
});

test('everybody is measured once a round, in turning order', async () => {
  const turns: string[] = [];
  const contestants = ['a', 'b', 'c'].map((name) => ({
    name,
    family: name,
    measure: () => Promise.resolve(turns.push(name)),
  }));
  const found = await contest(contestants, 3);
  expect(turns.join('')).toBe('abcbcacab');
  expect(found.map(({ values }) => values)).toEqual([
    [1, 6, 8],
    [2, 4, 9],
    [3, 5, 7],
  ]);
});
