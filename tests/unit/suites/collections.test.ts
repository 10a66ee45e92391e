import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { collectionsHere, expanded } from '../../../src-main/cli/collections.ts';
import { collectionHash, readCollections } from '../../../src-main/suites/collections.ts';
import { temporaryFolder } from '../../fixtures/fake-workbench.ts';

const folder = temporaryFolder();
afterAll(folder.remove);
const own = join(folder.path, 'collections');
const made = {
  version: 1,
  title: 'Mine',
  summary: '',
  suites: ['rows/a', 'rows/b'],
  references: { lower: 'majority-class', upper: 'random-forest' },
};

it('those that ship are read', () => {
  const { collections, troubles } = collectionsHere();
  expect([...collections.keys()]).toEqual(expect.arrayContaining(['tabular-classification', 'tabular-regression']));
  expect(troubles).toEqual([]);
});

it('a file of a person’s own is one, a wrong one stops only itself', () => {
  mkdirSync(own);
  writeFileSync(join(own, 'mine.json'), JSON.stringify(made));
  writeFileSync(join(own, 'wrong.json'), JSON.stringify({ ...made, suites: [] }));
  writeFileSync(join(own, 'notes.txt'), 'nothing');
  const { collections, troubles } = readCollections([own, join(folder.path, 'absent')]);
  expect([...collections.keys()]).toEqual(['mine']);
  expect(troubles.map(({ file }) => file)).toEqual([join(own, 'wrong.json')]);
});

it('its name stands for its suites; what is not here is told', () => {
  const collections = new Map([['mine', { id: 'mine', ...made }]]);
  const found = expanded(['rows/z', 'mine', 'rows/a'], collections, (suite) => suite !== 'rows/b');
  expect(found).toEqual({
    suites: ['rows/z', 'rows/a'],
    references: ['majority-class', 'random-forest'],
    missing: ['rows/b'],
  });
});

it('its hash is that of its list and protocols, and there is none while a suite is missing', () => {
  const collection = { id: 'mine', ...made };
  const hash = collectionHash(collection, (suite) => `of ${suite}`);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(collectionHash({ ...collection, title: 'Another title' }, (suite) => `of ${suite}`)).toBe(hash);
  expect(collectionHash(collection, () => 'another protocol')).not.toBe(hash);
  expect(collectionHash({ ...collection, suites: ['rows/b', 'rows/a'] }, (suite) => `of ${suite}`)).not.toBe(hash);
  expect(collectionHash(collection, (suite) => (suite === 'rows/b' ? undefined : 'here'))).toBeNull();
});
