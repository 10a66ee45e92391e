import type { Connection } from './connection.ts';
import { deletionOf } from './deletion.ts';
import type { Deletion } from './deletion.ts';
import { DELETED_TRIALS } from './good-copies.ts';
import { numeric, text, textOrNull } from './rows.ts';
import { ANSWER_FILES, STORED_FILES } from './stored-files.ts';

/** Before the id of a study, in the name of a setting: its deletion was begun. */
const BEING_DELETED = 'being deleted: ';
/** Trials that go in one step. */
const PIECE = 100;
/** Deletes a trial that nobody needs and that no other study holds; with ?3 also a finished one. */
const GOES = `DELETE FROM trials WHERE row = ?1 AND (?3 = 1 OR state NOT IN ('done', 'diverged'))
  AND NOT EXISTS (SELECT 1 FROM study_trials WHERE trial = ?1 AND study <> ?2)
  AND NOT EXISTS (SELECT 1 FROM dependencies WHERE needs = ?1)`;
const FILES = `SELECT DISTINCT hash FROM ${STORED_FILES} WHERE trial = ?1`;

const FORGET_ANSWERS = [
  'UPDATE probabilities SET "values" = NULL, labels = NULL, tasks = NULL WHERE trial = ?',
  'UPDATE predictions SET "values" = NULL, targets = NULL, deviations = NULL, tasks = NULL WHERE trial = ?',
] as const;

/** What goes: deleted studies, old answers, and files that nothing uses any more. */
export class Retention {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Forgets a study, in steps. Its trials that measured nothing and that no other study holds go with it, with
   * `results` also the finished ones (unless a trial that stays needs their artefact). Answers the ids of the trials
   * that went; their files go too where nothing else uses them. Until its last step the study is there, and is one of
   * `studiesBeingDeleted`.
   */
  *deleteStudy(id: string, results: boolean): Generator<void, string[]> {
    const { blobs, sql } = this.#db;
    this.#db.write(() =>
      sql.run('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)', `${BEING_DELETED}${id}`, String(results)),
    );
    const stored = blobs.watch();
    try {
      const { trials, files } = yield* deletionOf(this.#db, id, results);
      const gone: string[] = [];
      const unused = new Set(files);
      for (let from = 0; from < trials.length; from += PIECE) {
        this.#db.change(() => {
          const before = gone.length;
          for (const trial of trials.slice(from, from + PIECE)) {
            // Meanwhile another study may have taken it up, or it may have finished.
            if (sql.run(GOES, trial.row, id, results ? 1 : 0) > 0) gone.push(trial.id);
            else for (const hash of this.#filesOf(trial.row)) unused.delete(hash);
          }
          // A database that holds less than its copies is not taken for the real one: what goes on purpose is counted.
          sql.run(
            `INSERT INTO settings (name, value) VALUES (?1, ?2)
              ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + CAST(?2 AS INTEGER) AS TEXT)`,
            DELETED_TRIALS,
            String(gone.length - before),
          );
        });
        yield;
      }
      for (;;) {
        const left = this.#db.write(() =>
          sql.run(
            'DELETE FROM study_trials WHERE study = ?1 AND trial IN (SELECT trial FROM study_trials WHERE ' +
              `study = ?1 LIMIT ${PIECE})`,
            id,
          ),
        );
        if (left === 0) break;
        yield;
      }
      this.#db.change(() => {
        sql.run('DELETE FROM studies WHERE id = ?', id);
        sql.run('DELETE FROM settings WHERE name = ?', `${BEING_DELETED}${id}`);
      });
      for (const hash of unused) {
        if (!stored.hashes.has(hash)) blobs.drop(hash);
        yield;
      }
      return gone;
    } finally {
      stored.end();
    }
  }

  /** Studies whose deletion was begun and not ended, and whether their results go too. */
  studiesBeingDeleted(): { readonly id: string; readonly results: boolean }[] {
    return this.#db.sql
      .all('SELECT s.id, o.value FROM settings o JOIN studies s ON o.name = ? || s.id', BEING_DELETED)
      .map((row) => ({ id: text(row, 'id'), results: text(row, 'value') === 'true' }));
  }

  /** What `deleteStudy` would take with it, in steps. */
  deletion(id: string, results: boolean): Generator<void, Deletion> {
    return deletionOf(this.#db, id, results);
  }

  /**
   * Drops the stored answers of all but the newest `keep` finished trials; metrics stay. Answers how many files
   * went.
   */
  dropOldAnswers(keep: number): number {
    return this.#db.write(() => {
      const old = this.#db.sql.all(
        `SELECT trial, hash FROM ${ANSWER_FILES} WHERE trial IN (SELECT row FROM trials)
          AND trial NOT IN (SELECT row FROM trials WHERE state = 'done' ORDER BY finished_at DESC LIMIT ?)`,
        keep,
      );
      this.#db.change(() => {
        for (const trial of new Set(old.map((row) => numeric(row, 'trial'))))
          this.#db.amend(trial, () => {
            for (const forget of FORGET_ANSWERS) this.#db.sql.run(forget, trial);
          });
      });
      return this.#dropUnused(old.map((row) => text(row, 'hash')));
    });
  }

  #filesOf(trial: number): string[] {
    return this.#db.sql.all(FILES, trial).flatMap((row) => textOrNull(row, 'hash') ?? []);
  }

  #dropUnused(hashes: readonly string[]): number {
    let dropped = 0;
    for (const hash of new Set(hashes)) {
      const used = this.#db.sql.get(`SELECT 1 AS used FROM ${STORED_FILES} WHERE hash = ?1 LIMIT 1`, hash);
      if (used !== null) continue;
      this.#db.blobs.drop(hash);
      dropped += 1;
    }
    return dropped;
  }
}
