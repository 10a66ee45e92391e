import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { SQLOutputValue } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CELL_COLUMNS } from '../../../src-main/metrics/records.ts';
import { DATABASE_FILE, openDatabase } from '../../../src-main/results/database.ts';
import { MIGRATIONS } from '../../../src-main/results/migrations/index.ts';
import { formerSourceOf } from '../../../src-main/results/former-identity.ts';
import { DAMAGED_ROWS } from '../../../src-main/results/seals.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';

/**
 * `tests/fixtures/schemas/N.sql` are folders that the programs of the released schemas filled, as `sqlite3
 * results.sqlite .dump` gave them, and `boards.json` what the program of schema 4 read from its own: see the README
 * there.
 */
const FIXTURES = join(import.meta.dirname, '../../fixtures/schemas');
const boards: unknown = JSON.parse(readFileSync(join(FIXTURES, 'boards.json'), 'utf8'));
const versions = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.sql'))
  .map((name) => Number.parseInt(name, 10));

/** The schema since which ids hold all that identifies a trial, and stay. */
const WHOLE_IDS = 6;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-migrations-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Rows = Record<string, SQLOutputValue>[];

/** Every row of every table but `cells`, which is filled from the others. */
function contents(database: DatabaseSync): Map<string, Rows> {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'cells' ORDER BY name")
    .all();
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

/** JSON with sorted keys, and SHA-256 over it: written here again, so that ids are not compared with themselves. */
function hashOf(value: unknown): string {
  const sorted = (one: unknown): unknown =>
    one === null || typeof one !== 'object' || Array.isArray(one)
      ? one
      : Object.fromEntries(
          Object.entries(one)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, field]) => [name, sorted(field)]),
        );
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

/**
 * The ids that the trials of a database of before have now, by their old ones. Only row 9 is of a suite of two data
 * sets.
 */
function newIds(before: Map<string, Rows>): Map<string, string> {
  const trials = before.get('trials') ?? [];
  const byRow = new Map(trials.map((trial) => [trial['row'], trial]));
  const idOf = (trial: Rows[number]): string =>
    hashOf({
      suite: trial['suite'],
      suiteVersion: trial['suite_version'],
      protocolHash: trial['protocol_hash'],
      data: typeof trial['data_hashes'] === 'string' ? JSON.parse(trial['data_hashes']) : [trial['data_hash']],
      method: trial['method'],
      methodVersion: trial['method_version'],
      sourceHash: null,
      driver: 1,
      hyperParameters: JSON.parse(String(trial['hyper_parameters'])),
      seed: trial['seed'],
      fold: null,
      backend: trial['backend'],
      numerics: trial['numerics'],
      artefacts: Object.fromEntries(
        (before.get('dependencies') ?? [])
          .filter((need) => need['trial'] === trial['row'])
          .map((need) => [need['name'], idOf(byRow.get(need['needs']) ?? {})]),
      ),
    });
  return new Map(trials.map((trial) => [String(trial['id']), idOf(trial)]));
}

/**
 * A trial of before as it is now: where ids were of the form of before, with another one, the old one kept, and without
 * what follows from the rest.
 */
function trialNow(trial: Rows[number], ids: ReadonlyMap<string, string>, version: number): Rows[number] {
  if (version >= WHOLE_IDS) return trial;
  const { cell: _cell, checksum: _checksum, data_hashes: _hashes, ...kept } = trial;
  const former = String(trial['id']);
  return { ...kept, id: ids.get(former) ?? 'lost', former_id: former, driver: 1, fold: null };
}

/** What is in a fixture. */
function fixture(version: number): Map<string, Rows> {
  const database = new DatabaseSync(':memory:');
  database.exec(readFileSync(join(FIXTURES, `${version}.sql`), 'utf8'));
  const held = contents(database);
  database.close();
  return held;
}

/** `boards.json`, which has ids of before, with the ids of now. */
function boardsNow(before: Map<string, Rows>, version: number): unknown {
  const ids = newIds(version < WHOLE_IDS ? before : fixture(WHOLE_IDS - 1));
  const text = JSON.stringify(boards).replaceAll(/[0-9a-f]{64}/g, (id) => ids.get(id) ?? `${id} is lost`);
  return JSON.parse(text);
}

it('has a fixture of every schema before the newest', () => {
  expect(versions.sort()).toEqual(MIGRATIONS.slice(0, -1).map(({ version }) => version));
});

describe.each(versions)('a database of schema %i', (version) => {
  it('keeps every row of every table', () => {
    const before = old(version);
    const { database, close } = openDatabase(folder);
    const after = contents(database);
    const ids = newIds(before);
    for (const [table, old] of before) {
      const rows = table === 'trials' ? old.map((row) => trialNow(row, ids, version)) : old;
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
    const expected = boardsNow(old(version), version);
    const store = ResultsStore.open(folder);
    expect({ all: boardOf(store), one: boardOf(store, 'one'), two: boardOf(store, 'two') }).toEqual(expected);
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
    const expected = boardsNow(old(version), version);
    const store = ResultsStore.open(folder, { writable: () => false });
    expect({ all: boardOf(store), one: boardOf(store, 'one'), two: boardOf(store, 'two') }).toEqual(expected);
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
      dataHashes: ['d'.repeat(64)],
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

describe('what schema 5 stored', () => {
  /** A database of schema 5 that was changed. */
  const changed = (sql: string): ResultsStore => {
    const database = new DatabaseSync(join(folder, DATABASE_FILE));
    database.exec(readFileSync(join(FIXTURES, '5.sql'), 'utf8'));
    database.exec(sql);
    database.close();
    return ResultsStore.open(folder);
  };
  const trialsOf = (store: ResultsStore): string[] =>
    ['one', 'two'].flatMap((study) =>
      store.studyTrials(study).flatMap(({ trial }) => (trial.state === 'done' ? [trial.id] : [])),
    );

  it('is sealed anew where it fitted its seal, and stays damaged where not', () => {
    const store = changed('UPDATE primitives SET scalars = \'{"temperature":2}\' WHERE trial = 4');
    const damaged = trialsOf(store).filter((id) => store.examine(id) === DAMAGED_ROWS);
    expect(new Set(damaged)).toEqual(new Set([store.trialsInState('failed').find(({ seed }) => seed === 1)?.id]));
    expect(store.measurements({}).map(({ cell }) => cell.count)).toEqual([1, 1, 2, 1]);
    store.close();
  });

  it('is not one cell where it was measured with different versions', () => {
    const store = changed(
      'UPDATE trials SET checksum = NULL; UPDATE trials SET method_version = 2 WHERE row = 4; UPDATE ' +
        "trials SET numerics = 'n-2' WHERE row = 5",
    );
    const ofThree = store.measurements({}).filter(({ cell }) => cell.configuration === 'm@927b309eeae4');
    expect(ofThree.map(({ cell }) => [cell.count, cell.version.methodVersion, cell.version.numerics])).toEqual([
      [1, 1, 'n-1'],
      [1, 2, 'n-1'],
      [1, 1, 'n-2'],
    ]);
    store.close();
  });

  it('and was imported keeps its id, and the file its form of ids', () => {
    const origin = JSON.stringify({
      file: 'f'.repeat(64),
      study: 'x',
      name: 'n',
      program: 'p',
      exportedAt: 1,
      importedAt: 2,
      trial: '0123',
    });
    const store = changed(
      "UPDATE trials SET id = 'imported', configuration = 'm@927b309eeae4^ffffffffffff', origin = " +
        `'${origin}', checksum = NULL WHERE row = 4`,
    );
    const trial = store.trial('imported');
    expect(trial).toMatchObject({ formerId: null, configuration: 'm@927b309eeae4^ffffffffffff' });
    expect(JSON.parse(trial?.origin ?? '')).toEqual({ ...JSON.parse(origin), former: true });
    store.close();
  });

  it('of an own method keeps the hash of its file; that of an artefact is in the id of its trial', () => {
    const [own, both] = ['1'.repeat(64), formerSourceOf(undefined, ['1'.repeat(64)])];
    const store = changed(
      `UPDATE trials SET checksum = NULL; UPDATE trials SET source_hash = '${own}', configuration = configuration || '+111111111111' WHERE row = 1;
       UPDATE trials SET source_hash = '${both}', configuration = configuration || '+222222222222' WHERE row = 2`,
    );
    const [net, merge] = store.studyTrials('one').map(({ trial }) => trial);
    expect(net).toMatchObject({ sourceHash: own, configuration: 'net@927b309eeae4' });
    expect(merge).toMatchObject({ sourceHash: null, configuration: 'merge@927b309eeae4' });
    expect(store.needs(merge?.id ?? '')).toEqual({ left: net?.id });
    store.close();
  });

  it('and cannot be read is no reason to refuse the rest', () => {
    const store = changed("UPDATE trials SET hyper_parameters = '{', origin = '{' WHERE row = 4");
    expect(store.measurements({}).map(({ cell }) => cell.count)).toEqual([1, 1, 2, 1]);
    store.close();
  });
});

describe('what schema 6 stored', () => {
  it('keeps its ids and seals; its artefacts are the models of their trials', () => {
    const before = old(6);
    const store = ResultsStore.open(folder);
    const done = store.trialsInState('done');
    expect(done.map(({ id }) => id)).toEqual(
      (before.get('trials') ?? []).filter(({ state }) => state === 'done').map(({ id }) => id),
    );
    expect(done.map(({ id }) => store.examine(id))).toEqual(done.map(() => null));
    const [net, merge] = store.studyTrials('one').map(({ trial }) => trial.id);
    const [stored] = before.get('artefacts') ?? [];
    expect(store.artefactFiles(net ?? '')).toEqual({
      model: { kind: 'model', about: null, hash: stored?.['hash'], note: stored?.['note'], bytes: stored?.['bytes'] },
    });
    expect(store.needs(merge ?? '')).toEqual({ left: net });
    store.close();
  });
});

describe('costs that older programs did not count', () => {
  it('are missing, not zero and not what methods told; the trials are intact', () => {
    old(5);
    const store = ResultsStore.open(folder);
    const done = store.trialsInState('done');
    expect(done.length).toBeGreaterThan(3);
    for (const { id } of done)
      expect(store.cost(id)).toMatchObject({
        examples: 100,
        bytesStored: null,
        parameters: null,
        inferenceFlops: null,
      });
    for (const { cell } of store.measurements({})) {
      const column = (name: (typeof CELL_COLUMNS)[number]): number[] => [
        ...cell.values.subarray(CELL_COLUMNS.indexOf(name) * cell.count, (CELL_COLUMNS.indexOf(name) + 1) * cell.count),
      ];
      for (const name of ['bytesStored', 'parameters', 'inferenceFlops'] as const)
        expect(column(name).every(Number.isNaN)).toBe(true);
      expect(column('examples').every((value) => value === 100)).toBe(true);
    }
    expect(store.trialsInState('failed').filter(({ failure }) => failure?.kind === 'damaged')).toEqual([]);
    store.close();
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
      'CREATE TABLE new_studies AS SELECT * FROM studies; DROP TABLE studies; ALTER TABLE new_studies ' +
      'RENAME TO studies';
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
