import type { DatabaseSync } from 'node:sqlite';
import { StorageError } from './errors.ts';
import type { Migration } from './migrations/index.ts';
import { numeric, Statements, text } from './rows.ts';

/**
 * Brings a database's schema up to the newest of `migrations`. `beforeFirst` is told the versions when something of
 * value is about to change: a place to make a backup. Throws StorageError (newer; or unreadable, and then nothing was
 * changed).
 */
export function migrate(
  database: DatabaseSync,
  path: string,
  migrations: readonly Migration[],
  beforeFirst: (from: number, to: number) => void,
): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  const newest = migrations.at(-1)?.version ?? 0;
  if (version > newest) {
    throw new StorageError(
      'newer',
      `The results database ${path} was made by a newer Touchstone (schema ${version}, this one knows ${newest}).`,
      'Update Touchstone, or choose another folder with TOUCHSTONE_DATA.',
    );
  }
  const missing = migrations.filter((migration) => migration.version > version);
  if (missing.length === 0) return;
  if (version > 0) beforeFirst(version, newest);
  for (const migration of missing) {
    try {
      apply(database, migration);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StorageError(
        'unreadable',
        `The results database ${path} could not be upgraded to schema ${migration.version} ` +
          `(${migration.name}): ${reason}.`,
        'Nothing was changed. Report this with the message.',
        error,
      );
    }
  }
}

/** One migration: all of it or nothing, and never a row less in any table that was there before. */
function apply(database: DatabaseSync, { version, sql, after: more, filledAnew = [] }: Migration): void {
  // Dropping a table that others refer to would take their rows along. Inside a transaction this setting does nothing.
  database.exec('PRAGMA foreign_keys = OFF');
  try {
    database.exec('BEGIN IMMEDIATE');
    try {
      const before = rowCounts(database);
      const orphans = orphanCount(database);
      database.exec(sql);
      more?.(new Statements(database));
      const after = rowCounts(database);
      for (const [table, count] of before) {
        const now = after.get(table);
        if (now !== count && !filledAnew.includes(table))
          throw new Error(`the table ${table} had ${count} rows and would have ${now ?? 'gone'}`);
      }
      // Rows that were orphans before (a damaged database) are no reason to refuse.
      const torn = orphanCount(database) - orphans;
      if (torn > 0) throw new Error(`${torn} rows would refer to rows that are not there`);
      database.exec(`PRAGMA user_version = ${version}`);
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  } finally {
    database.exec('PRAGMA foreign_keys = ON');
  }
}

function rowCounts(database: DatabaseSync): Map<string, number> {
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
    .all();
  return new Map(
    tables.map((row) => {
      const name = text(row, 'name');
      const count = database.prepare(`SELECT count(*) AS n FROM "${name.replaceAll('"', '""')}"`).get();
      return [name, count === undefined ? 0 : numeric(count, 'n')];
    }),
  );
}

function orphanCount(database: DatabaseSync): number {
  const row = database.prepare('SELECT count(*) AS n FROM pragma_foreign_key_check').get();
  return row === undefined ? 0 : numeric(row, 'n');
}
