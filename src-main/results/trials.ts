import type { SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import { canonicalJson } from '../base/canonical.ts';
import { hyperParameters } from '../base/hyper-parameters.ts';
import type { Connection } from './connection.ts';
import { configurationKey, dataHash } from './identity.ts';
import type { TrialIdentity } from './identity.ts';
import { cellOf } from './versions.ts';
import { encodeNumbers, measuredNumber, numeric, numericOrNull, text, textOrNull } from './rows.ts';
import type { Row } from './rows.ts';
import { trialStateOf } from './states.ts';
import type { LogLine, PlannedTrial, StoredFailure, StoredProgress, StoredState, StoredTrial } from './types.ts';

const hashesText = z.array(z.string());
const progressText = z.object({
  done: z.number(),
  total: z.number(),
  rate: z.number().nullable(),
  eta: z.number().nullable(),
  metrics: z.record(z.string(), measuredNumber),
});
const failureText = z.object({ kind: z.string(), message: z.string(), details: z.string(), attempts: z.number() });

export const TRIAL_COLUMNS = `t.id, t.suite, t.suite_version, t.protocol_hash, t.data_hash, t.method, t.method_version, t.configuration, t.hyper_parameters, t.seed,
  t.backend, t.numerics, t.state, t.attempts, t.created_at, t.started_at, t.finished_at, t.progress, t.failure, t.headline, t.seconds,
  t.data_hashes, t.source_hash, t.origin, t.checked, t.driver, t.fold, t.former_id, t.cell`;

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

  /** Artefacts that a trial opens: name → trial id. */
  needs(id: string): Record<string, string> {
    const rows = this.#db.sql.all(
      'SELECT d.name, n.id FROM dependencies d JOIN trials t ON t.row = d.trial JOIN trials n ON n.row ' +
        '= d.needs WHERE t.id = ? ORDER BY d.name',
      id,
    );
    return Object.fromEntries(rows.map((row) => [text(row, 'name'), text(row, 'id')]));
  }

  /** Ids of the trials that open this one's artefact. */
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
    const needs = Object.entries(trial.needs).map(([name, needed]) => ({ name, row: this.row(needed) }));
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
    for (const { name, row: needed } of needs)
      this.#db.sql.run('INSERT INTO dependencies (trial, name, needs) VALUES (?, ?, ?)', row, name, needed);
    return true;
  }

  /** Its short key inside the database. Throws where there is no such trial. */
  row(id: string): number {
    const row = this.#db.sql.get('SELECT row FROM trials WHERE id = ?', id);
    if (row === null) throw new Error(`There is no trial ${id}.`);
    return numeric(row, 'row');
  }
}

/**
 * A trial as it is stored. One whose row cannot be read (a fault of the disk: no part of the program writes such) is
 * shown as failed, with what of it can be read, so that one bad row fails no list.
 */
export function trialOf(row: Row): StoredTrial {
  try {
    return readTrial(row);
  } catch (error) {
    return unreadableTrial(row, error instanceof Error ? error.message : String(error));
  }
}

function unreadableTrial(row: Row, why: string): StoredTrial {
  const words = (column: string): string => (typeof row[column] === 'string' ? row[column] : '');
  const count = (column: string): number => (typeof row[column] === 'number' ? row[column] : 0);
  return {
    id: words('id'),
    suite: words('suite'),
    suiteVersion: count('suite_version'),
    protocolHash: words('protocol_hash'),
    dataHash: words('data_hash'),
    method: words('method'),
    methodVersion: count('method_version'),
    driver: count('driver'),
    configuration: words('configuration'),
    hyperParameters: {},
    seed: count('seed'),
    fold: null,
    backend: words('backend'),
    numerics: words('numerics'),
    state: 'failed',
    attempts: 1,
    createdAt: count('created_at'),
    startedAt: null,
    finishedAt: null,
    progress: null,
    failure: {
      kind: 'damaged',
      message:
        `What the database holds of this trial cannot be read (${why}). A new study with the same ` +
        'settings runs it again.',
      details: '',
      attempts: 1,
    },
    headline: null,
    seconds: null,
    dataHashes: null,
    sourceHash: null,
    origin: null,
    checked: false,
    formerId: null,
    cell: null,
  };
}

function readTrial(row: Row): StoredTrial {
  const progress = textOrNull(row, 'progress');
  const failure = textOrNull(row, 'failure');
  const dataHashes = textOrNull(row, 'data_hashes');
  return {
    id: text(row, 'id'),
    suite: text(row, 'suite'),
    suiteVersion: numeric(row, 'suite_version'),
    protocolHash: text(row, 'protocol_hash'),
    dataHash: text(row, 'data_hash'),
    method: text(row, 'method'),
    methodVersion: numeric(row, 'method_version'),
    configuration: text(row, 'configuration'),
    hyperParameters: hyperParameters.parse(JSON.parse(text(row, 'hyper_parameters'))),
    seed: numeric(row, 'seed'),
    backend: text(row, 'backend'),
    numerics: text(row, 'numerics'),
    state: trialStateOf(text(row, 'state')),
    attempts: numeric(row, 'attempts'),
    createdAt: numeric(row, 'created_at'),
    startedAt: numericOrNull(row, 'started_at'),
    finishedAt: numericOrNull(row, 'finished_at'),
    progress: progress === null ? null : progressText.parse(JSON.parse(progress)),
    failure: failure === null ? null : failureText.parse(JSON.parse(failure)),
    headline: numericOrNull(row, 'headline'),
    seconds: numericOrNull(row, 'seconds'),
    dataHashes: dataHashes === null ? null : hashesText.parse(JSON.parse(dataHashes)),
    sourceHash: textOrNull(row, 'source_hash'),
    origin: textOrNull(row, 'origin'),
    checked: numeric(row, 'checked') === 1,
    driver: numeric(row, 'driver'),
    fold: numericOrNull(row, 'fold'),
    formerId: textOrNull(row, 'former_id'),
    cell: numericOrNull(row, 'cell'),
  };
}

/** What a stored trial was asked as; `artefacts` are the ids of the trials that it needs, by name. */
export function identityOf(trial: StoredTrial, artefacts: Readonly<Record<string, string>>): TrialIdentity {
  const { suite, suiteVersion, protocolHash, method, methodVersion, sourceHash, driver } = trial;
  const { hyperParameters, seed, fold, backend, numerics } = trial;
  return {
    suite,
    suiteVersion,
    protocolHash,
    data: trial.dataHashes ?? [trial.dataHash],
    method,
    methodVersion,
    sourceHash,
    driver,
    hyperParameters,
    seed,
    fold,
    backend,
    numerics,
    artefacts,
  };
}
