import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinedAtMost, shortened, shortText } from '../../../src-main/base/shortened.ts';

it('shows a beginning and counts the rest', () =>
  fc.assert(
    fc.property(fc.array(fc.string()), fc.integer({ min: -1, max: 20 }), (list, most) => {
      const { shown, leftOut } = shortened(list, most);
      expect(shown.length + leftOut).toBe(list.length);
      expect(shown.length).toBeLessThanOrEqual(Math.max(0, most));
      expect(list.slice(0, shown.length)).toEqual(shown);
    }),
  ));
it('says in a text how many are missing', () => {
  expect(joinedAtMost(['a', 'b', 'c', 'd'], 2)).toBe('a; b; and 2 more');
  expect(joinedAtMost(['a', 'b'], 2, ', ')).toBe('a, b');
});
it('a text that is cut ends in a sign of it, and is no longer than asked', () => {
  expect([shortText('abc', 3), shortText('abcd', 3), shortText('abcd', 1)]).toEqual(['abc', 'ab…', '…']);
});
