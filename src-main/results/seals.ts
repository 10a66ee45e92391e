import type { SQLOutputValue } from 'node:sqlite';
import { canonicalJson, sha256 } from '../base/canonical.ts';
import { numeric, text, textOrNull } from './rows.ts';
import type { Row, Statements } from './rows.ts';

/**
 * A finished trial is sealed: `trials.checksum` is the SHA-256 of what it is and of all that it measured, in canonical
 * form, whatever the layout of the tables. A row that a fault of the disk has changed no longer fits its seal. Null:
 * stored before there were seals.
 */

const DESCRIPTION = [
  'id',
  'suite',
  'suite_version',
  'protocol_hash',
  'data_hash',
  'data_hashes',
  'source_hash',
  'method',
  'method_version',
  'configuration',
  'hyper_parameters',
  'driver',
  'seed',
  'fold',
  'backend',
  'numerics',
  'headline',
  'seconds',
];

/** Seals the finished trial in a row, after all its measurements are in. To be called within a transaction. */
export function seal(sql: Statements, trial: number): void {
  sql.run('UPDATE trials SET checksum = ? WHERE row = ?', contentChecksum(sql, trial), trial);
}

/** Whether the trial in a row is as it was sealed, or never was. */
export function isIntact(sql: Statements, trial: number): boolean {
  const row = sql.get('SELECT checksum FROM trials WHERE row = ?', trial);
  const sealed = row && textOrNull(row, 'checksum');
  if (sealed === null) return true;
  try {
    return contentChecksum(sql, trial) === sealed;
  } catch {
    // A value of another type, or text that is no JSON any more.
    return false;
  }
}

/** Takes a damaged trial out of everything that is computed from results, with the reason; retrying runs it again. */
export function markDamaged(sql: Statements, trial: number, message: string): void {
  const failure = { kind: 'damaged', message, details: '', attempts: 1 };
  sql.run(
    "UPDATE trials SET state = 'failed', failure = ?, checksum = NULL WHERE row = ? AND state IN ('done', 'diverged')",
    JSON.stringify(failure),
    trial,
  );
}

/** Marks those finished trials of a cell that no longer fit their seals; `known` were sealed just now. */
export function markDamagedIn(sql: Statements, cell: number, known: ReadonlySet<number>): void {
  for (const row of sql.all("SELECT row FROM trials WHERE cell = ? AND state = 'done'", cell)) {
    const trial = numeric(row, 'row');
    if (!known.has(trial) && !isIntact(sql, trial)) markDamaged(sql, trial, DAMAGED_ROWS);
  }
}

export const DAMAGED_ROWS =
  'What this trial measured is damaged in the database: it is not what was stored. Retry runs the trial again.';

function contentChecksum(sql: Statements, trial: number): string {
  const one = (query: string): Row => sql.get(query, trial) ?? {};
  const primitives = one('SELECT matrices, curves, scalars, notes FROM primitives WHERE trial = ?');
  const description = one(`SELECT ${DESCRIPTION.join(', ')} FROM trials WHERE row = ?`);
  return sha256(
    canonicalJson({
      trial: plain(description),
      metrics: sql
        .all('SELECT metric, split, step, value FROM metrics WHERE trial = ? ORDER BY metric, split, step', trial)
        .map(plain),
      primitives: Object.fromEntries(Object.keys(primitives).map((name) => [name, parsed(text(primitives, name))])),
      ...answers(sql, trial),
      // Of before artefacts had a name and a kind: sealed as then.
      artefact: plain(one('SELECT hash, note, bytes FROM artefacts WHERE trial = ? AND about IS NULL')),
      ...artefactsOf(sql, trial),
      cost: plain(one('SELECT * FROM costs WHERE trial = ?')),
      environment: plain(one('SELECT environment FROM environments WHERE trial = ?')),
    }),
  );
}

/** Nothing where a trial left none, so that what was sealed before they were several still fits. */
function artefactsOf(sql: Statements, trial: number): { readonly artefacts?: readonly unknown[] } {
  const rows = sql.all(
    'SELECT name, kind, about, hash, note, bytes FROM artefacts WHERE trial = ? AND about IS NOT NULL ORDER BY name',
    trial,
  );
  return rows.length === 0 ? {} : { artefacts: rows.map(plain) };
}

/** Kinds of answers that came later are in the seals of those trials only that have them: older seals still fit. */
function answers(sql: Statements, trial: number): Record<string, unknown> {
  const predictions = sql
    .all(
      `SELECT split, width, samples, "values", targets, deviations, tasks, names FROM predictions
        WHERE trial = ? ORDER BY split`,
      trial,
    )
    .map(plain);
  const probabilities = sql
    .all(
      `SELECT split, classes, samples, "values", labels, tasks, class_names, scores FROM probabilities
        WHERE trial = ? ORDER BY split`,
      trial,
    )
    .map(plain)
    .map(({ scores, ...one }) => (scores === 0 ? one : { ...one, scores }));
  return { probabilities, ...(predictions.length === 0 ? {} : { predictions }) };
}

/** A row as JSON can carry it. The short key of the trial is the table's business. */
function plain(row: Row): Record<string, string | number | null> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => name !== 'trial')
      .map(([name, value]) => [name, carried(value)]),
  );
}

function carried(value: SQLOutputValue): string | number | null {
  if (value === null || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  return String(value);
}

function parsed(content: string): unknown {
  const value: unknown = JSON.parse(content);
  return value;
}
