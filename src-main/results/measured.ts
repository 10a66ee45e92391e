import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { Artefact } from '../methods/contract.ts';
import { measuredSchemas, trusting } from '../metrics/measured-schema.ts';
import type { Cost, Curve, Environment, Primitives } from '../metrics/primitives.ts';
import { metricVersions } from '../metrics/registry.ts';
import { StoredAnswers } from './answers.ts';
import { artefactFile, packArtefact, unpackArtefact } from './artefact-files.ts';
import type { ArtefactFile } from './artefact-files.ts';
import { DamagedBlob } from './blobs.ts';
import { canonicalJson } from '../base/canonical.ts';
import type { Connection } from './connection.ts';
import { costOf, insertCost } from './costs.ts';
import { encodeNumbers, measuredNumber, numeric, text, textOrNull } from './rows.ts';
import { DAMAGED_ROWS, isIntact, markDamaged } from './seals.ts';
import { STORED_FILES } from './stored-files.ts';
import { STATE_FACTS, TRIAL_STATES } from './states.ts';
import type { Trials } from './trials.ts';
import type { MetricValue, StoredFailure, StoredResult } from './types.ts';

const schemas = measuredSchemas(trusting(measuredNumber));
const notesText = z.array(z.string());
const kindText = artefactFile.shape.kind;
const versionsText = z.record(z.string(), z.number());

/** States in which a trial has left what it measured, for SQL. */
const MEASURED = TRIAL_STATES.filter((state) => STATE_FACTS[state].measured)
  .map((state) => `'${state}'`)
  .join(', ');

/** As it is stored, with its size on the disk. */
export interface StoredArtefactFile extends Omit<ArtefactFile, 'about'> {
  readonly about: string | null;
  readonly bytes: number;
}

/** What finished trials measured. */
export class Measured {
  readonly #db: Connection;
  readonly #trials: Trials;
  readonly #answers: StoredAnswers;

  constructor(db: Connection, trials: Trials) {
    this.#db = db;
    this.#trials = trials;
    this.#answers = new StoredAnswers(db);
  }

  /**
   * Stores everything a trial measured and marks it done, or diverged for the given reason, at once or not at all.
   * `seconds`: the trial's own, for estimates; its cost may hold its artefacts' too.
   */
  finish(
    id: string,
    result: StoredResult,
    metrics: readonly MetricValue[],
    headline: number | null,
    finishedAt: number,
    seconds = result.cost.seconds,
    diverged: StoredFailure | null = null,
  ): void {
    // Files first: a file without a row is garbage, a row without its file would be a lie.
    const putAnswers = this.#answers.write(result.primitives);
    const artefacts = Object.entries(result.artefacts).map(([name, artefact]) => {
      const { chunks, about } = packArtefact(artefact);
      return {
        name,
        kind: artefact.kind,
        about,
        note: artefact.note,
        ...this.#db.guard(() => this.#db.blobs.put(chunks)),
      };
    });
    this.#db.change(() => {
      const row = this.#trials.row(id);
      for (const table of ['metrics', 'primitives', 'artefacts', 'costs', 'environments'])
        this.#db.sql.run(`DELETE FROM ${table} WHERE trial = ?`, row);
      this.#putMetrics(
        row,
        metrics.filter(({ value }) => !Number.isNaN(value)),
      );
      const { matrices, curves, scalars } = result.primitives;
      this.#db.sql.run(
        'INSERT INTO primitives (trial, matrices, curves, scalars, notes) VALUES (?, ?, ?, ?, ?)',
        row,
        encodeNumbers(matrices),
        encodeNumbers(curves),
        encodeNumbers(scalars),
        JSON.stringify(result.notes),
      );
      putAnswers(row);
      for (const { name, kind, about, hash, note, bytes } of artefacts)
        this.#db.sql.run(
          'INSERT INTO artefacts (trial, name, kind, about, hash, note, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)',
          row,
          name,
          kind,
          about,
          hash,
          note,
          bytes,
        );
      insertCost(this.#db.sql, row, result.cost);
      this.#db.sql.run(
        'INSERT INTO environments (trial, environment) VALUES (?, ?)',
        row,
        JSON.stringify(result.environment),
      );
      this.#db.sql.run(
        'UPDATE trials SET state = ?, finished_at = ?, progress = NULL, failure = ?, headline = ?, ' +
          'seconds = ?, definitions = ? WHERE row = ?',
        diverged === null ? 'done' : 'diverged',
        finishedAt,
        diverged && JSON.stringify(diverged),
        headline !== null && Number.isNaN(headline) ? null : headline,
        seconds,
        this.#definitions(),
        row,
      );
      this.#db.seal(row);
    });
  }

  /** Writes final metrics of a finished trial again, after what they are measured against has changed. */
  addMetrics(id: string, metrics: readonly MetricValue[]): void {
    this.#db.change(() => {
      const row = this.#trials.row(id);
      this.#db.amend(row, () => this.#putMetrics(row, metrics));
    });
  }

  /**
   * Final metrics of a finished trial by this program's definitions: new values, and those that cannot be computed any
   * more. Others stay.
   */
  renewMetrics(id: string, values: readonly MetricValue[], gone: readonly string[], headline: number | null): void {
    this.#db.change(() => {
      const row = this.#trials.row(id);
      this.#db.amend(row, () => {
        for (const metric of gone)
          this.#db.sql.run('DELETE FROM metrics WHERE trial = ? AND metric = ? AND step = -1', row, metric);
        this.#putMetrics(row, values);
        this.#db.sql.run(
          'UPDATE trials SET definitions = ?, headline = ? WHERE row = ?',
          this.#definitions(),
          headline,
          row,
        );
      });
    });
  }

  #putMetrics(row: number, metrics: readonly MetricValue[]): void {
    for (const { id: metric, value, split = 'test', step = -1 } of metrics)
      this.#db.sql.run(
        'INSERT OR REPLACE INTO metrics (trial, metric, split, step, value) VALUES (?, ?, ?, ?, ?)',
        row,
        metric,
        split,
        step,
        value,
      );
  }

  /**
   * What of a finished trial is damaged, its rows or its files, as a sentence; null where it is as it was stored. Where
   * the folder can be written, a damaged trial has failed from then on: nothing is computed from it, and it can be run
   * again.
   */
  examine(id: string): string | null {
    const found = this.#db.sql.get(`SELECT row FROM trials WHERE id = ? AND state IN (${MEASURED})`, id);
    if (found === null) return null;
    const row = numeric(found, 'row');
    const message = isIntact(this.#db.sql, row) ? this.#damagedFile(row) : DAMAGED_ROWS;
    if (message !== null && this.#db.readOnly === null) this.#db.change(() => markDamaged(this.#db.sql, row, message));
    return message;
  }

  #damagedFile(row: number): string | null {
    const hashes = this.#db.sql.all(`SELECT DISTINCT hash FROM ${STORED_FILES} WHERE trial = ?`, row);
    try {
      for (const each of hashes) this.#getArray(textOrNull(each, 'hash'));
      return null;
    } catch (error) {
      if (error instanceof DamagedBlob) return error.message;
      throw error;
    }
  }

  /** Some of the finished trials whose final metrics were computed by other definitions than this program's. */
  outdatedTrials(limit: number): string[] {
    const versions = canonicalJson(metricVersions());
    return this.#db.sql
      .all(
        "SELECT id FROM trials WHERE state = 'done' AND definitions IS NOT (SELECT number FROM " +
          'definitions WHERE versions = ?) LIMIT ?',
        versions,
        limit,
      )
      .map((row) => text(row, 'id'));
  }

  /**
   * The version of each metric's definition when a trial's were computed; null: nobody noted it, each was the first.
   */
  definitionsOf(id: string): Record<string, number> | null {
    const row = this.#db.sql.get(
      'SELECT d.versions FROM trials t JOIN definitions d ON d.number = t.definitions WHERE t.id = ?',
      id,
    );
    return row && versionsText.parse(JSON.parse(text(row, 'versions')));
  }

  /** The number of this program's definitions. */
  #definitions(): number {
    const versions = canonicalJson(metricVersions());
    this.#db.sql.run('INSERT OR IGNORE INTO definitions (versions) VALUES (?)', versions);
    const row = this.#db.sql.get('SELECT number FROM definitions WHERE versions = ?', versions);
    if (row === null) throw new Error('the definitions of the metrics could not be noted');
    return numeric(row, 'number');
  }

  metrics(id: string): MetricValue[] {
    return this.#db.sql
      .all(
        'SELECT m.metric, m.split, m.step, m.value FROM metrics m JOIN trials t ON t.row = m.trial WHERE ' +
          't.id = ? ORDER BY m.metric, m.step',
        id,
      )
      .map((row) => ({
        id: text(row, 'metric'),
        split: text(row, 'split'),
        step: numeric(row, 'step'),
        value: numeric(row, 'value'),
      }));
  }

  /**
   * Everything measured, or null when the trial is not done, or damaged (see `examine`). Dropped answers are left
   * out.
   */
  primitives(id: string, options: { answers?: boolean } = {}): (Primitives & { notes: string[] }) | null {
    const row = this.#db.sql.get(
      `SELECT p.* FROM primitives p JOIN trials t ON t.row = p.trial WHERE t.id = ? AND t.state IN (${MEASURED})`,
      id,
    );
    if (row === null) return null;
    const trial = numeric(row, 'trial');
    if (!isIntact(this.#db.sql, trial)) {
      this.examine(id);
      return null;
    }
    try {
      const curves: Curve[] = schemas.curves.parse(JSON.parse(text(row, 'curves')));
      return {
        matrices: schemas.matrices.parse(JSON.parse(text(row, 'matrices'))),
        curves,
        scalars: schemas.scalars.parse(JSON.parse(text(row, 'scalars'))),
        notes: notesText.parse(JSON.parse(text(row, 'notes'))),
        ...(options.answers === false ? { probabilities: {} } : this.#answers.of(trial)),
      };
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error;
      this.examine(id);
      return null;
    }
  }

  /** Whether a trial answered single samples of a split, kept or dropped since. */
  hadAnswers(id: string, split: string): boolean {
    return (
      this.#db.sql.get(
        `SELECT 1 FROM trials t WHERE t.id = ?1 AND (
          EXISTS (SELECT 1 FROM probabilities p WHERE p.trial = t.row AND p.split = ?2)
          OR EXISTS (SELECT 1 FROM predictions p WHERE p.trial = t.row AND p.split = ?2))`,
        id,
        split,
      ) !== null
    );
  }

  cost(id: string): Cost | null {
    const row = this.#db.sql.get('SELECT c.* FROM costs c JOIN trials t ON t.row = c.trial WHERE t.id = ?', id);
    return row && costOf(row);
  }

  environment(id: string): Environment | null {
    const row = this.#db.sql.get(
      'SELECT e.environment FROM environments e JOIN trials t ON t.row = e.trial WHERE t.id = ?',
      id,
    );
    return row && schemas.environment.parse(JSON.parse(text(row, 'environment')));
  }

  /**
   * The files of a trial's artefacts, by name. `about` is null where an older program stored one, which kept no network
   * beside its numbers.
   */
  artefactFiles(id: string): Readonly<Record<string, StoredArtefactFile>> {
    const rows = this.#db.sql.all(
      `SELECT a.name, a.kind, a.about, a.hash, a.note, a.bytes FROM artefacts a JOIN trials t ON t.row = a.trial
        WHERE t.id = ? ORDER BY a.name`,
      id,
    );
    return Object.fromEntries(
      rows.map((row) => [
        text(row, 'name'),
        {
          kind: kindText.parse(text(row, 'kind')),
          about: textOrNull(row, 'about'),
          hash: text(row, 'hash'),
          note: text(row, 'note'),
          bytes: numeric(row, 'bytes'),
        },
      ]),
    );
  }

  /** Whether other trials can open what this one made under that name. */
  hasArtefact(id: string, name: string): boolean {
    const file = this.artefactFiles(id)[name];
    return file !== undefined && existsSync(this.#db.blobs.path(file.hash));
  }

  /** Null where there is none, or its file was dropped. Throws DamagedBlob. */
  artefact(id: string, name: string): Artefact | null {
    const file = this.artefactFiles(id)[name];
    const bytes = file === undefined ? null : this.#db.blobs.get(file.hash);
    return file === undefined || bytes === null ? null : unpackArtefact({ ...file, about: file.about ?? '{}' }, bytes);
  }

  #getArray(hash: string | null): ArrayBuffer | null {
    return hash === null ? null : (this.#db.blobs.get(hash)?.buffer ?? null);
  }
}
