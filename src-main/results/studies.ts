import { z } from 'zod';
import type { Connection } from './connection.ts';
import { trialIn } from './identity.ts';
import type { Measured } from './measured.ts';
import { numeric, numericOrNull, text, textOrNull } from './rows.ts';
import type { Row } from './rows.ts';
import { TRIAL_COLUMNS, trialOf } from './trial-rows.ts';
import { OPEN_STATES } from './states.ts';
import type { Trials } from './trials.ts';
import type { ImportedTrial, PlannedTrial, StoredStudy, StoredTrial, StudyIntent, TrialRole } from './types.ts';

const STUDY_TRIALS =
  `SELECT ${TRIAL_COLUMNS}, s.role, s.label, s.position, s.trial AS row FROM study_trials s JOIN ` +
  'trials t ON t.row = s.trial';

/** A trial as a study has it. */
export interface StudyTrial {
  readonly trial: StoredTrial;
  readonly role: TrialRole;
  readonly label: string;
  readonly position: number;
}

/** States in which a trial has not ended, for SQL. */
const OPEN = OPEN_STATES.map((state) => `'${state}'`).join(', ');

/** Some of many, and the row to go on from; null: these were the last. */
interface Piece<T> {
  readonly trials: readonly T[];
  readonly next: number | null;
}
export type StudyPiece = Piece<StudyTrial>;
export type TrialPiece = Piece<StoredTrial>;

/** Studies, and which trials are theirs. */
export class Studies {
  readonly #db: Connection;
  readonly #trials: Trials;
  readonly #measured: Measured;

  constructor(db: Connection, trials: Trials, measured: Measured) {
    this.#db = db;
    this.#trials = trials;
    this.#measured = measured;
  }

  /** Stores a study and those of its trials that are not there yet; answers the ids of the new ones. */
  createStudy(study: StoredStudy, trials: readonly PlannedTrial[]): string[] {
    return this.#db.write(() =>
      this.#db.sql.transaction(() => {
        this.#db.sql.run(
          'INSERT INTO studies (id, name, intent, request, backend, created_at, finished_at, origin) VALUES ' +
            '(?, ?, ?, ?, ?, ?, ?, ?)',
          study.id,
          study.name,
          study.intent,
          study.request,
          study.backend,
          study.createdAt,
          study.finishedAt,
          study.origin ?? null,
        );
        return this.#addTrials(study.id, trials, study.createdAt, 0);
      }),
    );
  }

  /** Stores a study without trials: one that is being planned gets them by `addToStudy`. */
  beginStudy(study: StoredStudy): void {
    this.createStudy(study, []);
  }

  /** The place after the last trial of a study. */
  nextPosition(study: string): number {
    const last = this.#db.sql.get('SELECT max(position) AS last FROM study_trials WHERE study = ?', study);
    return 1 + ((last && numericOrNull(last, 'last')) ?? -1);
  }

  /** More trials of a study, from a position on; what a trial needs comes before it, here or in an earlier call. */
  addToStudy(study: string, trials: readonly PlannedTrial[], at: number, from: number): void {
    this.#db.write(() => this.#db.sql.transaction(() => this.#addTrials(study, trials, at, from)));
  }

  /** Some of the trials that wait and that a running study wants: those after a row. */
  wantedPiece(after: number, most: number): TrialPiece {
    const rows = this.#db.sql.all(
      `SELECT ${TRIAL_COLUMNS}, t.row FROM trials t WHERE t.row > ? AND t.state IN ('queued', 'waiting') AND EXISTS
        (SELECT 1 FROM study_trials s JOIN studies y ON y.id = s.study WHERE s.trial = t.row AND y.intent = 'run') ORDER BY t.row LIMIT ?`,
      after,
      most,
    );
    return { trials: rows.map(trialOf), next: nextOf(rows, most) };
  }

  /** Within a transaction: those of the trials that are not there yet, and which study has them, from a position on. */
  #addTrials(study: string, trials: readonly PlannedTrial[], at: number, from: number): string[] {
    const added: string[] = [];
    trials.forEach((trial, index) => {
      if (this.#trials.add(trial, at)) added.push(trial.id);
      this.#db.sql.run(
        'INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)',
        study,
        this.#trials.row(trial.id),
        trial.role,
        trial.label,
        from + index,
      );
    });
    return added;
  }

  /**
   * Puts trials in the place of open ones (old id → new id) in every study that has these; `planned` holds the new ones
   * after those that they need. Old ones that nothing holds any more go, and are answered.
   */
  replaceTrials(replaced: ReadonlyMap<string, string>, planned: readonly PlannedTrial[], at: number): string[] {
    return this.#db.write(() =>
      this.#db.sql.transaction(() => {
        const byId = new Map(planned.map((trial) => [trial.id, trial]));
        for (const trial of planned) this.#trials.add(trial, at);
        for (const [old, id] of replaced) {
          const row = this.#trials.row(old);
          for (const place of this.#db.sql.all(
            'SELECT study, role, label, position FROM study_trials WHERE trial = ?',
            row,
          ))
            this.#place(byId, id, place);
          this.#db.sql.run('DELETE FROM study_trials WHERE trial = ?', row);
        }
        return this.#dropUnheld([...replaced.keys()]);
      }),
    );
  }

  /** A trial in an old one's place in a study; what it needs is the study's too. */
  #place(planned: ReadonlyMap<string, PlannedTrial>, id: string, place: Row): void {
    const [study, role, position] = [text(place, 'study'), text(place, 'role'), numeric(place, 'position')];
    const row = this.#trials.row(id);
    // An artefact that is also asked for by itself is a cell.
    if (role === 'cell')
      this.#db.sql.run("DELETE FROM study_trials WHERE study = ? AND trial = ? AND role = 'artefact'", study, row);
    this.#db.sql.run(
      'INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)',
      study,
      row,
      role,
      text(place, 'label'),
      position,
    );
    for (const maker of Object.values(planned.get(id)?.identity.artefacts ?? {}).map(trialIn))
      this.#place(planned, maker, { study, role: 'artefact', label: '', position });
  }

  /**
   * Forgets those of the trials that have measured nothing, are in no study, and make nothing that another one needs.
   */
  #dropUnheld(ids: readonly string[]): string[] {
    const gone: string[] = [];
    for (let left = [...ids], before = -1; left.length > 0 && before !== gone.length;) {
      before = gone.length;
      left = left.filter((id) => {
        const dropped = this.#db.sql.run(
          `DELETE FROM trials WHERE id = ?1 AND state IN (${OPEN})
            AND NOT EXISTS (SELECT 1 FROM study_trials s WHERE s.trial = trials.row)
            AND NOT EXISTS (SELECT 1 FROM dependencies d WHERE d.needs = trials.row)`,
          id,
        );
        if (dropped > 0) gone.push(id);
        return dropped === 0;
      });
    }
    return gone;
  }

  /** Takes up trials from elsewhere with their results, as those of a study from a position on. */
  importTrials({ id: study, createdAt }: StoredStudy, trials: readonly ImportedTrial[], from: number): void {
    this.#db.change(() => {
      trials.forEach((trial, index) => {
        const { id, result, finishedAt } = trial;
        // `finish` makes a trial done: until then it is one that nobody runs.
        const state = trial.state === 'done' ? 'cancelled' : trial.state;
        this.#trials.insert({ ...trial, state });
        this.#trials.setState(id, state, {
          startedAt: trial.startedAt,
          finishedAt,
          failure: trial.failure,
          attempts: 1,
        });
        this.#db.sql.run(
          'INSERT OR IGNORE INTO study_trials (study, trial, role, label, position) VALUES (?, ?, ?, ?, ?)',
          study,
          this.#trials.row(id),
          trial.role,
          trial.label,
          from + index,
        );
        const diverged = trial.state === 'diverged' ? trial.failure : null;
        if (result !== null)
          this.#measured.finish(
            id,
            result,
            trial.metrics,
            trial.headline,
            finishedAt ?? createdAt,
            result.cost.seconds,
            diverged,
          );
      });
    });
  }

  study(id: string): StoredStudy | null {
    const row = this.#db.sql.get('SELECT * FROM studies WHERE id = ?', id);
    return row && studyOf(row);
  }

  /** Newest first. */
  studies(): StoredStudy[] {
    return this.#db.sql.all('SELECT * FROM studies ORDER BY created_at DESC, id').map(studyOf);
  }

  setStudy(
    id: string,
    change: { name?: string; intent?: StudyIntent; finishedAt?: number | null; request?: string },
  ): void {
    this.#db.write(() => {
      if (change.request !== undefined)
        this.#db.sql.run('UPDATE studies SET request = ? WHERE id = ?', change.request, id);
      if (change.name !== undefined) this.#db.sql.run('UPDATE studies SET name = ? WHERE id = ?', change.name, id);
      if (change.intent !== undefined)
        this.#db.sql.run('UPDATE studies SET intent = ? WHERE id = ?', change.intent, id);
      if (change.finishedAt !== undefined)
        this.#db.sql.run('UPDATE studies SET finished_at = ? WHERE id = ?', change.finishedAt, id);
    });
  }

  studyTrials(study: string): StudyTrial[] {
    return this.#db.sql.all(`${STUDY_TRIALS} WHERE s.study = ? ORDER BY s.position`, study).map(studyTrialOf);
  }

  /** Some of a study's trials, in the order in which they were stored: those after a row. */
  studyPiece(study: string, after: number, most: number): StudyPiece {
    const rows = this.#db.sql.all(
      `${STUDY_TRIALS} WHERE s.study = ? AND s.trial > ? ORDER BY s.trial LIMIT ?`,
      study,
      after,
      most,
    );
    return { trials: rows.map(studyTrialOf), next: nextOf(rows, most) };
  }

  studiesOf(trial: string): { id: string; intent: StudyIntent; role: TrialRole }[] {
    return this.#db.sql
      .all(
        'SELECT s.study, s.role, y.intent FROM study_trials s JOIN trials t ON t.row = s.trial JOIN ' +
          'studies y ON y.id = s.study WHERE t.id = ?',
        trial,
      )
      .map((row) => ({
        id: text(row, 'study'),
        intent: intentOf(text(row, 'intent')),
        role: text(row, 'role') === 'cell' ? 'cell' : 'artefact',
      }));
  }
}

/**
 * One that cannot be read (a fault of the disk) is a pause: nothing of the study starts, and nothing of it is removed.
 */
const intentOf = (value: string): StudyIntent => z.enum(['plan', 'run', 'pause', 'cancel']).catch('pause').parse(value);

function nextOf(rows: readonly Row[], most: number): number | null {
  const last = rows.at(-1);
  return last === undefined || rows.length < most ? null : numeric(last, 'row');
}

function studyTrialOf(row: Row): StudyTrial {
  return {
    trial: trialOf(row),
    role: text(row, 'role') === 'cell' ? 'cell' : 'artefact',
    label: text(row, 'label'),
    position: numeric(row, 'position'),
  };
}

function studyOf(row: Row): StoredStudy {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    intent: intentOf(text(row, 'intent')),
    request: text(row, 'request'),
    backend: text(row, 'backend'),
    createdAt: numeric(row, 'created_at'),
    finishedAt: numericOrNull(row, 'finished_at'),
    origin: textOrNull(row, 'origin'),
  };
}
