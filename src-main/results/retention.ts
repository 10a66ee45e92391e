import type { Connection } from './connection.ts';
import { deletionOf } from './deletion.ts';
import type { Deletion } from './deletion.ts';
import { DELETED_TRIALS } from './good-copies.ts';
import { numeric, text, textOrNull } from './rows.ts';

/** What goes: deleted studies, old probabilities, and files that nothing uses any more. */
export class Retention {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Forgets a study. Its trials that measured nothing and that no other study holds go with it, with `results` also the finished ones
   * (unless a trial that stays needs their artefact). Answers the ids of the trials that went; their files go too where nothing else uses them.
   */
  deleteStudy(id: string, results: boolean): string[] {
    return this.#db.write(() => {
      const { trials, files } = deletionOf(this.#db, id, results);
      this.#db.change(() => {
        this.#db.sql.run('DELETE FROM studies WHERE id = ?', id);
        for (const { row } of trials) this.#db.sql.run('DELETE FROM trials WHERE row = ?', row);
        // A database that holds less than its copies is not taken for the real one: what goes on purpose is counted.
        this.#db.sql.run(
          `INSERT INTO settings (name, value) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + CAST(?2 AS INTEGER) AS TEXT)`,
          DELETED_TRIALS,
          String(trials.length),
        );
      });
      this.#dropUnused(files);
      return trials.map((trial) => trial.id);
    });
  }

  /**
   * Forgets some of the trials that only a study being planned holds, those that need others first; answers how many went. None left: the
   * study itself goes. In pieces, because there may be hundreds of thousands.
   */
  dropPlanned(study: string, most: number): number {
    return this.#db.write(() =>
      this.#db.sql.transaction(() => {
        const gone = this.#db.sql.run(
          `DELETE FROM trials WHERE row IN (SELECT s.trial FROM study_trials s JOIN trials t ON t.row = s.trial
          WHERE s.study = ?1 AND t.state IN ('queued', 'waiting')
          AND NOT EXISTS (SELECT 1 FROM study_trials o WHERE o.trial = s.trial AND o.study <> s.study)
          ORDER BY s.position DESC LIMIT ?2)`,
          study,
          most,
        );
        if (gone === 0) this.#db.sql.run("DELETE FROM studies WHERE id = ? AND intent = 'plan'", study);
        return gone;
      }),
    );
  }

  /** What `deleteStudy` would take with it. */
  deletion(id: string, results: boolean): Deletion {
    return deletionOf(this.#db, id, results);
  }

  /** Drops the stored probabilities of all but the newest `keep` finished trials; metrics stay. Answers how many files went. */
  dropOldProbabilities(keep: number): number {
    return this.#db.write(() => {
      const old = this.#db.sql.all(
        `SELECT p.trial, p.split, p."values", p.labels, p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE p."values" IS NOT NULL
        AND t.row NOT IN (SELECT row FROM trials WHERE state = 'done' ORDER BY finished_at DESC LIMIT ?)`,
        keep,
      );
      this.#db.change(() => {
        for (const row of old)
          this.#db.amend(numeric(row, 'trial'), () =>
            this.#db.sql.run(
              'UPDATE probabilities SET "values" = NULL, labels = NULL, tasks = NULL WHERE trial = ? AND split = ?',
              numeric(row, 'trial'),
              text(row, 'split'),
            ),
          );
      });
      return this.#dropUnused(
        old.flatMap((row) =>
          ['values', 'labels', 'tasks'].map((column) => textOrNull(row, column)).filter((hash) => hash !== null),
        ),
      );
    });
  }

  #dropUnused(hashes: readonly string[]): number {
    let dropped = 0;
    for (const hash of new Set(hashes)) {
      const used = this.#db.sql.get(
        'SELECT 1 AS used FROM probabilities WHERE "values" = ?1 OR labels = ?1 OR tasks = ?1 UNION SELECT 1 FROM artefacts WHERE hash = ?1 LIMIT 1',
        hash,
      );
      if (used !== null) continue;
      this.#db.blobs.drop(hash);
      dropped += 1;
    }
    return dropped;
  }
}
