import { expect, test } from 'vitest';
import { fitLines } from '../../../src-main/cli/catalogue.ts';

test('suites that a method does not fit share a line where the reason is the same', () => {
  const stream = (suite: string) => ({
    suite,
    reason: `MagMax is for trained networks; ${suite} is a stream of tasks.`,
  });
  const lines = fitLines([
    { suite: 'merge/a', reason: null },
    ...['s/1', 's/2', 's/3', 's/4', 's/5'].map(stream),
    { suite: 'rows/iris', reason: 'rows/iris is a table.' },
  ]);
  expect(lines).toEqual([
    '\nFits 1 of 7 suites: merge/a.',
    '  not 5 (s/1, s/2, s/3, and 2 more): MagMax is for trained networks; it is a stream of tasks.',
    '  not 1 (rows/iris): it is a table.',
  ]);
});
