import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATABASE_FILE, openDatabase } from '../../../src-main/results/database.ts';
import { MIGRATIONS } from '../../../src-main/results/migrations/index.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';

/**
 * `tests/fixtures/schemas/N.sql` are folders that the programs of the released schemas filled, as `sqlite3 results.sqlite .dump` gave them,
 * and `boards.json` what the program of schema 4 read from its own: see the README there.
 */
const FIXTURES = join(import.meta.dirname, '../../fixtures/schemas');
const boards: unknown = JSON.parse(readFileSync(join(FIXTURES, 'boards.json'), 'utf8'));
const versions = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => Number.parseInt(name, 10));

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Rows = Record<string, SQLOutputValue>[];

/** Every row of every table, those of `cells` without what is only filled in from the others. */
function contents(database: DatabaseSync): Map<string, Rows> {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  return new Map(
    tables.map(({ name }) => {
      const table = String(name);
      const order = table === 'trials' || table === 'logs' ? 'row' : '1, 2';
      return [table, database.prepare(`SELECT * FROM "${table}" ORDER BY ${order}`).all()];
    }),
  );
}

/** The database that a program of this schema left, and all that is in it. */
function old(version: number): Map<string, Rows> {
  const database = new DatabaseSync(join(folder, DATABASE_FILE));
  database.exec(readFileSync(join(FIXTURES, `${version}.sql`), 'utf8'));
  const before = contents(database);
  database.close();
  return before;
}

function boardOf(store: ResultsStore, study?: string): unknown {
  return store.measurements(study === undefined ? {} : { study }).map(({ cell, label, total, failed, unfinished }) => ({
    suite: cell.suite,
    configuration: cell.configuration,
    method: cell.method,
    label,
    total,
    failed,
    unfinished,
    trials: [...cell.trials],
    metrics: [...cell.metrics.keys()].sort(),
    values: Object.fromEntries(
      [...cell.metrics].map(([metric, at]) => [
        metric,
        [...cell.values.subarray(at * cell.count, (at + 1) * cell.count)],
      ]),
    ),
  }));
}

it('has a fixture of every schema before the newest', () => {
  expect(versions.sort()).toEqual(MIGRATIONS.slice(0, -1).map(({ version }) => version));
});

describe.each(versions)('a database of schema %i', (version) => {
  it('keeps every row of every table', () => {
    const before = old(version);
    const { database, close } = openDatabase(folder);
    const after = contents(database);
    for (const [table, rows] of before) {
      const columns = Object.keys(rows[0] ?? {});
      const now = (after.get(table) ?? []).map((row) => Object.fromEntries(columns.map((name) => [name, row[name]])));
      expect(now, table).toEqual(rows.map((row) => ({ ...row })));
    }
    expect(before.get('trials')).toHaveLength(9);
    expect(before.get('metrics')).toHaveLength(18);
    expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    expect(database.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 });
    close();
  });

  it('has the same boards, and the same schema as a new one', () => {
    old(version);
    const store = ResultsStore.open(folder);
    expect({ all: boardOf(store), one: boardOf(store, 'one'), two: boardOf(store, 'two') }).toEqual(boards);
    store.close();
    const fresh = mkdtempSync(join(folder, 'fresh-'));
    ResultsStore.open(fresh).close();
    const schema = (at: string): unknown => {
      const database = new DatabaseSync(join(at, DATABASE_FILE));
      const rows = database.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
      database.close();
      return rows;
    };
    expect(schema(folder)).toEqual(schema(fresh));
  });

  it('can be looked at where nothing can be written', () => {
    old(version);
    const store = ResultsStore.open(folder, { writable: () => false });
    expect({ all: boardOf(store), one: boardOf(store, 'one'), two: boardOf(store, 'two') }).toEqual(boards);
    const before = readdirSync(folder);
    store.close();
    expect(readdirSync(folder)).toEqual(before);
    expect(openDatabase(folder).messages[0]).toContain(`from schema ${version} to`);
  });
});

describe('the newest schema', () => {
  it('takes the new states and intents, and refuses any other', () => {
    old(4);
    const store = ResultsStore.open(folder);
    const [trial] = store.trialsInState('failed');
    store.setState(trial?.id ?? '', 'diverged');
    store.setState(trial?.id ?? '', 'not-possible');
    expect(store.trial(trial?.id ?? '')).toMatchObject({
      state: 'not-possible',
      dataHashes: null,
      sourceHash: null,
      origin: null,
      checked: true,
    });
    store.setStudy('one', { intent: 'plan' });
    expect(store.study('one')).toMatchObject({ intent: 'plan', origin: null });
    store.close();
    const { database, close } = openDatabase(folder);
    expect(() => database.exec("UPDATE trials SET state = 'lost'")).toThrow(/CHECK/);
    expect(() => database.exec("UPDATE studies SET intent = 'lost'")).toThrow(/CHECK/);
    close();
  });
});

describe('a migration that would lose rows', () => {
  const bad = (sql: string): readonly (typeof MIGRATIONS)[number][] => [
    ...MIGRATIONS,
    { version: MIGRATIONS.length + 1, name: 'bad', sql },
  ];

  it('by deleting them: changes nothing and says which table', () => {
    old(4);
    expect(() => openDatabase(folder, { migrations: bad("DELETE FROM metrics WHERE metric = 'forgetting'") })).toThrow(
      /table metrics had 18 rows and would have 12/,
    );
    const { database, close } = openDatabase(folder);
    expect(contents(database).get('metrics')).toHaveLength(18);
    close();
  });

  it('by leaving rows without what they refer to: changes nothing', () => {
    old(4);
    const sql = "UPDATE study_trials SET study = 'nobody' WHERE study = 'one'";
    expect(() => openDatabase(folder, { migrations: bad(sql) })).toThrow(/would refer to rows that are not there/);
  });

  it('but a table that is made anew keeps the rows that refer to it', () => {
    old(4);
    const sql =
      'CREATE TABLE new_studies AS SELECT * FROM studies; DROP TABLE studies; ALTER TABLE new_studies RENAME TO studies';
    const database = openDatabase(folder).database;
    const held = database.prepare('SELECT count(*) AS n FROM study_trials').get();
    database.close();
    // The copy has no primary key that study_trials could refer to: noticed as well.
    expect(() => openDatabase(folder, { migrations: bad(sql) })).toThrow(/could not be upgraded/);
    const again = openDatabase(folder);
    expect(again.database.prepare('SELECT count(*) AS n FROM study_trials').get()).toEqual(held);
    again.close();
  });
});
