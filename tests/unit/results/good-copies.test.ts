import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { atOnce } from '../../fixtures/at-once.ts';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATABASE_FILE } from '../../../src-main/results/database.ts';
import { GoodCopies } from '../../../src-main/results/good-copies.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { planned, result, study } from '../../fixtures/results.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-copies-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (name = DATABASE_FILE): string => join(folder, name);

/** A folder with this many finished trials, closed in good order with a good copy. */
async function fill(trials: number): Promise<void> {
  const store = ResultsStore.open(folder);
  const all = Array.from({ length: trials }, (_, seed) => planned({ seed }));
  store.createStudy(study('one'), all);
  for (const { id } of all) store.finish(id, result(), [{ id: 'acc.test', value: 0.5 }], 0.5, 2);
  await store.end();
}

/** Opens the folder, asks for one trial more as a person would, and closes in good order. */
async function oneMore(): Promise<readonly string[]> {
  const store = ResultsStore.open(folder);
  store.createStudy(study('two'), [planned({ method: 'other' })]);
  store.finish(planned({ method: 'other' }).id, result(), [], 0.5, 2);
  await store.end();
  return store.messages;
}

const doneIn = (path: string): number =>
  new GoodCopies(folder).list().find((copy) => copy.path === path)?.holds ?? Number.NaN;

describe('a database that holds less than its good copy', () => {
  it.each([
    ['is missing', () => rmSync(file())],
    ['is empty', () => truncateSync(file(), 0)],
    [
      'lost its trials',
      () => {
        const database = new DatabaseSync(file());
        database.exec('PRAGMA foreign_keys = ON; DELETE FROM studies; DELETE FROM trials');
        database.close();
      },
    ],
  ])('because it %s is no new one: the copy takes its place, and the copy is kept', async (what, damage) => {
    await fill(20);
    damage();
    const messages = await oneMore();
    expect(messages.join()).toMatch(
      what === 'is missing' ? /was not there/ : /held 0 trials, less than it should.*put aside/,
    );
    expect(messages.join()).toMatch(/last good copy, of .* with 20 trials, took its place/);
    const store = ResultsStore.open(folder);
    expect(store.trialsInState('done')).toHaveLength(21);
    expect(store.measurements({})).toHaveLength(2);
    store.close();
    expect(readdirSync(folder).some((name) => name.includes('.replaced-'))).toBe(what !== 'is missing');
    expect(doneIn(file('results.good.sqlite'))).toBe(21);
    expect(doneIn(file('results.good.2.sqlite'))).toBe(20);
  });

  it('in a folder that cannot be written: the copy is shown', async () => {
    await fill(3);
    truncateSync(file(), 0);
    const before = readdirSync(folder);
    const store = ResultsStore.open(folder, { writable: () => false });
    expect(store.trialsInState('done')).toHaveLength(3);
    expect(store.messages[0]).toContain('which is shown instead');
    store.close();
    expect(readdirSync(folder)).toEqual(before);
  });

  it('without any good copy: what the stored files prove is said', async () => {
    await fill(2);
    for (const name of readdirSync(folder)) if (name.startsWith('results.')) rmSync(file(name));
    const store = ResultsStore.open(folder);
    expect(store.messages[0]).toMatch(/holds no trials, but .*blobs holds what trials measured/);
    store.close();
  });

  it('because a person deleted a study is taken as it is', async () => {
    await fill(20);
    const store = ResultsStore.open(folder);
    atOnce(store.deleteStudy('one', true));
    store.close();
    expect(await oneMore()).toEqual([]);
    const after = ResultsStore.open(folder);
    expect(after.messages).toEqual([]);
    expect(after.trialsInState('done')).toHaveLength(1);
    after.close();
  });

  it('that is new in a new folder has nothing to say', async () => {
    expect(await oneMore()).toEqual([]);
  });

  it('whose newest copy is damaged takes the one before', async () => {
    await fill(4);
    await oneMore();
    writeFileSync(file('results.good.sqlite'), 'no database at all, however long it may be, it is text'.repeat(50));
    rmSync(file());
    const store = ResultsStore.open(folder);
    expect(store.trialsInState('done')).toHaveLength(4);
    store.close();
  });
});

describe('a good copy', () => {
  it('is never replaced by one that holds less', async () => {
    await fill(5);
    copyFileSync(file('results.good.sqlite'), file('kept'));
    const store = ResultsStore.open(folder);
    // What no part of the program does.
    const other = new DatabaseSync(file());
    other.exec('DELETE FROM trials WHERE seed > 1');
    other.close();
    expect(await store.keepGoodCopy()).toBe(false);
    store.close();
    expect(doneIn(file('results.good.sqlite'))).toBe(5);
    expect(existsSync(file('results.good.2.sqlite'))).toBe(false);
  });

  it('is one of the last three, readable by the owner only', async () => {
    const store = ResultsStore.open(folder);
    for (let seed = 0; seed < 5; seed += 1) {
      store.addTrial(planned({ seed }), 1);
      expect(await store.keepGoodCopy()).toBe(true);
    }
    store.close();
    expect(new GoodCopies(folder).list().map(({ holds }) => holds)).toEqual([5, 4, 3]);
    expect(statSync(file('results.good.sqlite')).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });

  it('is made in steps, while trials are stored, and holds a moment of the database as a whole', async () => {
    const store = ResultsStore.open(folder);
    store.addTrial(planned(), 1);
    for (let i = 0; i < 40; i += 1) store.log(planned().id, { at: i, level: 'info', message: 'x'.repeat(1e6) });
    let stored = 0;
    let going = true;
    const made = store.keepGoodCopy().finally(() => {
      going = false;
    });
    // At every turn of the loop, however busy the machine is.
    const storeMore = (): void => {
      if (!going) return;
      stored += 1;
      store.addTrial(planned({ seed: stored }), 1);
      setImmediate(storeMore);
    };
    setImmediate(storeMore);
    expect(await made).toBe(true);
    // One call that copies all would leave no turn to anything else.
    expect(stored).toBeGreaterThan(2);
    store.close();
    const copy = new DatabaseSync(file('results.good.sqlite'), { readOnly: true });
    expect(copy.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    // What was stored after the copy was begun is not in it.
    expect(copy.prepare('SELECT count(*) AS n FROM trials').get()).toEqual({ n: 1 });
    copy.close();
  });
});
