import { z } from 'zod';
import { storageError } from './errors.ts';
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';

export type Row = Record<string, SQLOutputValue>;

/**
 * Reads of one column, strict: a wrong type is a bug of a query, and says which column. Rows of `tuples` have places
 * for names.
 */
export function text(row: Row, column: string | number): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} holds ${String(value)}, not text`);
  return value;
}

export function numeric(row: Row, column: string | number): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} holds ${String(value)}, not a number`);
  return value;
}

export function numericOrNull(row: Row, column: string): number | null {
  return row[column] === null ? null : numeric(row, column);
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] === null ? null : text(row, column);
}

export function bytes(row: Row, column: string | number): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw new TypeError(`column ${column} holds ${String(value)}, not bytes`);
  return value;
}

/** Prepared statements by their text, and transactions. */
export class Statements {
  readonly database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  #depth = 0;

  constructor(database: DatabaseSync) {
    this.database = database;
  }

  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#told(() => Number(this.#statement(sql).run(...values).changes));
  }

  get(sql: string, ...values: SQLInputValue[]): Row | null {
    return this.#told(() => this.#statement(sql).get(...values) ?? null);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#told(() => this.#statement(sql).all(...values));
  }

  /** `all` for thousands of rows with many columns: their values by place, which spares the names. */
  tuples(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#told(() => {
      const statement = this.database.prepare(sql);
      statement.setReturnArrays(true);
      return statement.all(...values);
    });
  }

  get inTransaction(): boolean {
    return this.#depth > 0;
  }

  /** All or nothing; nests. */
  transaction<T>(work: () => T): T {
    if (this.#depth > 0) return work();
    this.database.exec('BEGIN IMMEDIATE');
    this.#depth = 1;
    try {
      const answer = work();
      this.database.exec('COMMIT');
      return answer;
    } catch (error) {
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    } finally {
      this.#depth = 0;
    }
  }

  /** What is wrong with the database or the disk, as a StorageError: a read, too, may meet a damaged page. */
  #told<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw storageError(error, this.database.location() ?? 'in memory');
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = this.database.prepare(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/** JSON that keeps NaN and ±Infinity, as the strings of those names; measured values may be such. */
export function encodeNumbers(value: unknown): string {
  return JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'number' && !Number.isFinite(field) ? String(field) : field,
  );
}

/** A number as `encodeNumbers` wrote it. */
export const measuredNumber = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)]);
