import type { SQLInputValue } from 'node:sqlite';
import { canonicalJson } from '../base/canonical.ts';
import type { Connection } from './connection.ts';
import { artefactIn, artefactReference, configurationKey, dataHash, trialIn } from './identity.ts';
import { cellOf } from './versions.ts';
import { encodeNumbers, numeric, text, textOrNull } from './rows.ts';
import { TRIAL_COLUMNS, trialOf } from './trial-rows.ts';
import type { LogLine, PlannedTrial, StoredFailure, StoredProgress, StoredState, StoredTrial } from './types.ts';

/** Computed here under the same conditions as another trial, whatever the method. */
const BESIDE = `suite = ? AND seed = ? AND fold IS ? AND backend = ? AND protocol_hash = ? AND data_hash = ? AND numerics = ?
  AND state = 'done' AND origin IS NULL`;
const placeOf = (trial: StoredTrial): SQLInputValue[] => {
  const { suite, seed, fold, backend, protocolHash, dataHash: data, numerics } = trial;
  return [suite, seed, fold, backend, protocolHash, data, numerics];
};

/** What is asked for, in which state it is, and its log. */
export class Trials {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  trial(id: string): StoredTrial | null {
    const row = this.#db.sql.get(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.id = ?`, id);
    return row && trialOf(row);
  }

  /** The trial that had this id before ids were computed anew. */
  trialOfFormerId(id: string): StoredTrial | null {
    const row = this.#db.sql.get(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.former_id = ?`, id);
    return row && trialOf(row);
  }

  /** Trials whose id, or the one of before, starts so: short ids are how a person names them. */
  trialsByPrefix(prefix: string, limit = 50): StoredTrial[] {
    return this.#db.sql
      .all(
        `SELECT ${TRIAL_COLUMNS} FROM trials t WHERE (t.id >= ?1 AND t.id < ?2) OR (t.former_id >= ?1 AND t.former_id < ?2)
          LIMIT ?3`,
        prefix,
        `${prefix}g`,
        limit,
      )
      .map(trialOf);
  }

  /** Whether any trial of a suite is stored. */
  hasSuite(suite: string): boolean {
    return this.#db.sql.get('SELECT 1 FROM trials WHERE suite = ? LIMIT 1', suite) !== null;
  }

  trialsInState(...states: StoredState[]): StoredTrial[] {
    return states.flatMap((state) =>
      this.#db.sql.all(`SELECT ${TRIAL_COLUMNS} FROM trials t WHERE t.state = ? ORDER BY t.row`, state).map(trialOf),
    );
  }

  setState(
    id: string,
    state: StoredState,
    more: {
      startedAt?: number | null;
      finishedAt?: number | null;
      attempts?: number;
      progress?: StoredProgress | null;
      failure?: StoredFailure | null;
    } = {},
  ): void {
    this.#db.write(() =>
      this.#db.sql.transaction(() => {
        this.#db.sql.run('UPDATE trials SET state = ? WHERE id = ?', state, id);
        if (more.startedAt !== undefined)
          this.#db.sql.run('UPDATE trials SET started_at = ? WHERE id = ?', more.startedAt, id);
        if (more.finishedAt !== undefined)
          this.#db.sql.run('UPDATE trials SET finished_at = ? WHERE id = ?', more.finishedAt, id);
        if (more.attempts !== undefined)
          this.#db.sql.run('UPDATE trials SET attempts = ? WHERE id = ?', more.attempts, id);
        if (more.progress !== undefined)
          this.#db.sql.run(
            'UPDATE trials SET progress = ? WHERE id = ?',
            more.progress && encodeNumbers(more.progress),
            id,
          );
        if (more.failure !== undefined)
          this.#db.sql.run(
            'UPDATE trials SET failure = ? WHERE id = ?',
            more.failure && JSON.stringify(more.failure),
            id,
          );
      }),
    );
  }

  /**
   * A finished trial of a method on the protocol, data, seed and backend of another one, with the same numerics and
   * computed here; the newest when there are several.
   */
  findDone(method: string, beside: StoredTrial): string | null {
    const row = this.#db.sql.get(
      `SELECT id FROM trials WHERE ${BESIDE} AND method = ? ORDER BY row DESC LIMIT 1`,
      ...placeOf(beside),
      method,
    );
    return row && text(row, 'id');
  }

  /** Finished trials of any method beside a trial, as `findDone` takes it. */
  siblings(of: StoredTrial): string[] {
    return this.#db.sql.all(`SELECT id FROM trials WHERE ${BESIDE}`, ...placeOf(of)).map((row) => text(row, 'id'));
  }

  /** Where the trials of a configuration were imported from: JSON; null where they were computed here. */
  originOf(suite: string, configuration: string): string | null {
    const row = this.#db.sql.get(
      'SELECT origin FROM trials WHERE suite = ? AND configuration = ? LIMIT 1',
      suite,
      configuration,
    );
    return row && textOrNull(row, 'origin');
  }

  /** What a trial opens of others: name → `artefactReference`. */
  needs(id: string): Record<string, string> {
    const rows = this.#db.sql.all(
      'SELECT d.name, n.id, d.artefact FROM dependencies d JOIN trials t ON t.row = d.trial JOIN trials n ON n.row ' +
        '= d.needs WHERE t.id = ? ORDER BY d.name',
      id,
    );
    return Object.fromEntries(
      rows.map((row) => [text(row, 'name'), artefactReference(text(row, 'id'), text(row, 'artefact'))]),
    );
  }

  /** Ids of the trials whose artefacts a trial opens, each once. */
  makersOf(id: string): string[] {
    return [...new Set(Object.values(this.needs(id)).map(trialIn))];
  }

  /** Ids of the trials that open an artefact of this one. */
  neededBy(id: string): string[] {
    return this.#db.sql
      .all(
        'SELECT DISTINCT t.id FROM dependencies d JOIN trials n ON n.row = d.needs JOIN trials t ON t.row ' +
          '= d.trial WHERE n.id = ?',
        id,
      )
      .map((row) => text(row, 'id'));
  }

  log(id: string | null, line: LogLine): void {
    this.#db.write(() =>
      this.#db.sql.run(
        'INSERT INTO logs (trial, at, level, message) VALUES ((SELECT row FROM trials WHERE id = ?), ?, ?, ?)',
        id,
        line.at,
        line.level,
        line.message,
      ),
    );
  }

  logs(id: string): LogLine[] {
    return this.#db.sql
      .all(
        'SELECT l.at, l.level, l.message FROM logs l JOIN trials t ON t.row = l.trial WHERE t.id = ? ' +
          'ORDER BY l.at, l.row',
        id,
      )
      .map((row) => ({ at: numeric(row, 'at'), level: text(row, 'level'), message: text(row, 'message') }));
  }

  /** Adds a trial unless it is there; for report imports and reference runs. */
  addTrial(trial: PlannedTrial, createdAt: number): boolean {
    return this.#db.write(() => this.#db.sql.transaction(() => this.add(trial, createdAt)));
  }

  /** `addTrial` within a transaction. */
  add({ id, identity }: PlannedTrial, createdAt: number): boolean {
    return this.insert({
      id,
      ...identity,
      dataHash: dataHash(identity.data),
      configuration: configurationKey(identity.method, identity.hyperParameters),
      state: 'queued',
      createdAt,
      dataHashes: identity.data,
      needs: identity.artefacts,
      origin: null,
      checked: true,
    });
  }

  /**
   * Adds a trial in any state unless it is there, with what it needs; within a transaction. What it needs is there
   * already.
   */
  insert(trial: {
    id: string;
    suite: string;
    suiteVersion: number;
    protocolHash: string;
    dataHash: string;
    method: string;
    methodVersion: number;
    driver: number;
    configuration: string;
    hyperParameters: StoredTrial['hyperParameters'];
    seed: number;
    fold: number | null;
    backend: string;
    numerics: string;
    state: StoredState;
    createdAt: number;
    dataHashes: readonly string[] | null;
    sourceHash: string | null;
    needs: Readonly<Record<string, string>>;
    origin: string | null;
    checked: boolean;
  }): boolean {
    if (this.#db.sql.get('SELECT 1 FROM trials WHERE id = ?', trial.id) !== null) return false;
    const needs = Object.entries(trial.needs).map(([name, needed]) => ({
      name,
      row: this.row(trialIn(needed)),
      artefact: artefactIn(needed),
    }));
    this.#db.sql.run(
      `INSERT INTO trials (id, suite, suite_version, protocol_hash, data_hash, method, method_version, configuration,
        hyper_parameters, seed, backend, numerics, state, created_at, data_hashes, source_hash, origin, checked, driver, fold,
        cell) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      trial.id,
      trial.suite,
      trial.suiteVersion,
      trial.protocolHash,
      trial.dataHash,
      trial.method,
      trial.methodVersion,
      trial.configuration,
      canonicalJson(trial.hyperParameters),
      trial.seed,
      trial.backend,
      trial.numerics,
      trial.state,
      trial.createdAt,
      trial.dataHashes && JSON.stringify(trial.dataHashes),
      trial.sourceHash,
      trial.origin,
      trial.checked ? 1 : 0,
      trial.driver,
      trial.fold,
      cellOf(this.#db.sql, trial, needs),
    );
    const row = this.row(trial.id);
    for (const { name, row: needed, artefact } of needs)
      this.#db.sql.run(
        'INSERT INTO dependencies (trial, name, needs, artefact) VALUES (?, ?, ?, ?)',
        row,
        name,
        needed,
        artefact,
      );
    return true;
  }

  /** Its short key inside the database. Throws where there is no such trial. */
  row(id: string): number {
    const row = this.#db.sql.get('SELECT row FROM trials WHERE id = ?', id);
    if (row === null) throw new Error(`There is no trial ${id}.`);
    return numeric(row, 'row');
  }
}
