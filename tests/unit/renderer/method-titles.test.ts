import { expect, it } from 'vitest';
import { byTitle, ownTwins } from '../../../src-renderer/app/method-titles.ts';

const method = (id: string, title: string, origin: 'built-in' | 'user' = 'built-in') => ({ id, title, origin });

it('methods stand in the order of the names that are shown', () =>
  expect(
    byTitle([method('a', 'Method 10'), method('b', 'method 9'), method('c', 'ER'), method('d', 'DER++')]).map(
      ({ id }) => id,
    ),
  ).toEqual(['d', 'c', 'b', 'a']));

it('own methods of the same title are told apart by id, others need none', () =>
  expect([
    ...ownTwins([
      method('ewc', 'EWC'),
      method('my-ewc', 'EWC', 'user'),
      method('x', 'Mine', 'user'),
      method('y', 'Mine', 'user'),
      method('z', 'Another', 'user'),
    ]),
  ]).toEqual(['my-ewc', 'x', 'y']));
