import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  mkdtempSync,
  rmSync,
} from 'node:fs';
import { atOnce } from '../../fixtures/at-once.ts';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LockLost } from '../../../src-main/base/lock.ts';
import { DATABASE_FILE, journalModeFor, openDatabase } from '../../../src-main/results/database.ts';
import { MIGRATIONS } from '../../../src-main/results/migrations/index.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { planned, result, study } from '../../fixtures/results.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-results-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const file = (): string => join(folder, DATABASE_FILE);

/** A folder with one finished trial, closed in good order. */
async function fill(): Promise<string> {
  const store = ResultsStore.open(folder);
  const trial = planned();
  store.createStudy(study('one'), [trial]);
  store.finish(trial.id, result(), [{ id: 'acc.test', value: 0.5 }], 0.5, 2);
  await store.end();
  return trial.id;
}

function damage(): void {
  const bytes = readFileSync(file());
  for (let at = 4096; at < bytes.length; at += 7) bytes[at] = 0xa5;
  writeFileSync(file(), bytes);
}

describe('a damaged database', () => {
  it('is put aside, and the last good copy takes its place', async () => {
    const trial = await fill();
    damage();
    const store = ResultsStore.open(folder);
    expect(store.messages[0]).toMatch(/damaged.*put aside as .*damaged-.*last good copy/);
    expect(store.trial(trial)?.state).toBe('done');
    store.close();
    expect(readdirSync(folder).some((name) => name.includes('.damaged-'))).toBe(true);
  });

  it('without a good copy leaves an empty one and says so', async () => {
    await fill();
    rmSync(join(folder, 'results.good.sqlite'));
    damage();
    const store = ResultsStore.open(folder);
    expect(store.messages[0]).toMatch(/damaged and there is no good copy/);
    expect(store.studies()).toEqual([]);
    store.close();
  });

  it('that is no database at all is put aside too', async () => {
    await fill();
    writeFileSync(
      file(),
      'this was a text file all along, and a long one, so that it has a header to look at'.repeat(20),
    );
    const store = ResultsStore.open(folder);
    expect(store.studies()).toHaveLength(1);
    store.close();
  });

  it('that was cut off is noticed', async () => {
    await fill();
    truncateSync(file(), 8192);
    const store = ResultsStore.open(folder);
    expect(store.messages[0]).toContain('damaged');
    store.close();
  });
});

describe('a database that cannot be used now', () => {
  it('locked by another program: says so, and what to do', async () => {
    await fill();
    const other = new DatabaseSync(file());
    other.exec('BEGIN EXCLUSIVE');
    expect(() => openDatabase(folder, { patienceMs: 50 })).toThrow(
      expect.objectContaining({ name: 'StorageError', problem: 'locked' }),
    );
    other.exec('ROLLBACK');
    other.close();
    openDatabase(folder).database.close();
  });

  it('in a folder that cannot be written: opens for reading, and refuses to write with the reason', async () => {
    const trial = await fill();
    const store = ResultsStore.open(folder, { writable: () => false });
    expect(store.readOnly).toContain('cannot be written');
    expect(store.trial(trial)?.headline).toBe(0.5);
    expect(() => store.setStudy('one', { name: 'other' })).toThrow(expect.objectContaining({ problem: 'read-only' }));
    store.close();
  });

  it('in an empty folder that cannot be written: says that there is nothing', () => {
    expect(() => ResultsStore.open(folder, { writable: () => false })).toThrow(
      expect.objectContaining({ problem: 'read-only' }),
    );
  });

  it('taken over by another process while this one slept: nothing is written any more, and it says why', async () => {
    const trial = await fill();
    let lost = false;
    const store = ResultsStore.open(folder, {
      check() {
        if (lost) throw new LockLost('taken over');
      },
    });
    store.setState(trial, 'paused');
    lost = true;
    for (const write of [
      () => store.setState(trial, 'queued'),
      () => store.setStudy('one', { name: 'other' }),
      () => store.finish(trial, result(), [], 0.25, 3),
      () => atOnce(store.deleteStudy('one', true)),
    ])
      expect(write).toThrow(expect.objectContaining({ name: 'StorageError', problem: 'lost' }));
    expect(store.trial(trial)).toMatchObject({ state: 'paused', headline: 0.5 });
    store.close();
  });

  it('made by a newer Touchstone: refused, untouched', async () => {
    await fill();
    const other = new DatabaseSync(file());
    other.exec('PRAGMA user_version = 99');
    other.close();
    expect(() => ResultsStore.open(folder)).toThrow(expect.objectContaining({ problem: 'newer' }));
    expect(readdirSync(folder).some((name) => name.includes('damaged'))).toBe(false);
  });
});

describe('a schema upgrade', () => {
  it('keeps a backup of the old one and all results', async () => {
    const trial = await fill();
    const upgraded = openDatabase(folder, {
      migrations: [
        ...MIGRATIONS,
        {
          version: MIGRATIONS.length + 1,
          name: 'a column',
          sql: "ALTER TABLE studies ADD COLUMN note TEXT NOT NULL DEFAULT ''",
        },
      ],
      now: () => Date.UTC(2030, 0, 2),
    });
    expect(upgraded.messages[0]).toContain(`schema-${MIGRATIONS.length}-2030-01-02`);
    expect(upgraded.database.prepare('SELECT note FROM studies').get()).toEqual({ note: '' });
    upgraded.database.close();
    const backup = join(folder, `${DATABASE_FILE}.schema-${MIGRATIONS.length}-2030-01-02`);
    expect(existsSync(backup)).toBe(true);
    rmSync(file());
    copyFileSync(backup, file());
    const store = ResultsStore.open(folder);
    expect(store.trial(trial)?.state).toBe('done');
    store.close();
  });

  it('that fails changes nothing', async () => {
    const trial = await fill();
    expect(() =>
      openDatabase(folder, {
        migrations: [
          ...MIGRATIONS,
          {
            version: MIGRATIONS.length + 1,
            name: 'broken',
            sql: 'ALTER TABLE studies ADD COLUMN note TEXT; SELECT nonsense FROM nowhere',
          },
        ],
      }),
    ).toThrow(/could not be upgraded.*broken/s);
    const store = ResultsStore.open(folder);
    expect(store.trial(trial)?.state).toBe('done');
    store.close();
  });
});

it('uses a rollback journal on network file systems only', () => {
  expect(journalModeFor(0x6969)).toBe('DELETE');
  expect(journalModeFor(0xff534d42)).toBe('DELETE');
  expect(journalModeFor(0xef53)).toBe('WAL');
  expect(journalModeFor(0)).toBe('WAL');
});
