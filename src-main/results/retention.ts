import type { Connection } from './connection.ts';
import { numeric, text, textOrNull } from './rows.ts';
import type { Studies } from './studies.ts';
import type { Trials } from './trials.ts';

/** What goes: deleted studies, old probabilities, and files that nothing uses any more. */
export class Retention {
  readonly #db: Connection;
  readonly #trials: Trials;
  readonly #studies: Studies;

  constructor(db: Connection, trials: Trials, studies: Studies) {
    this.#db = db;
    this.#trials = trials;
    this.#studies = studies;
  }

  /**
   * Forgets a study. Its trials that never finished and that no other study holds go with it, with `results` also the finished ones
   * (unless a trial that stays needs their artefact). Answers the ids of the trials that went; their files go too where nothing else uses them.
   */
  deleteStudy(id: string, results: boolean): string[] {
    return this.#db.write(() => {
      const own = this.#studies.ownTrials(id);
      const files: string[] = [];
      const gone = this.#db.change(() => {
        this.#db.sql.run('DELETE FROM studies WHERE id = ?', id);
        const deleted: string[] = [];
        // Users of artefacts before the artefacts: several rounds, as long as something goes.
        for (let left = own, before = -1; left.length !== before;) {
          before = left.length;
          left = left.filter((trial) => {
            const stored = this.#trials.trial(trial);
            if (stored === null || (stored.state === 'done' && !results) || this.#trials.neededBy(trial).length > 0)
              return true;
            files.push(...this.#filesOf(trial));
            this.#db.sql.run('DELETE FROM trials WHERE id = ?', trial);
            deleted.push(trial);
            return false;
          });
        }
        return deleted;
      });
      this.#dropUnused(files);
      return gone;
    });
  }

  /** Drops the stored probabilities of all but the newest `keep` finished trials; metrics stay. Answers how many files went. */
  dropOldProbabilities(keep: number): number {
    return this.#db.write(() => {
      const old = this.#db.sql.all(
        `SELECT p.trial, p.split, p."values", p.labels, p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE p."values" IS NOT NULL
        AND t.row NOT IN (SELECT row FROM trials WHERE state = 'done' ORDER BY finished_at DESC LIMIT ?)`,
        keep,
      );
      this.#db.sql.transaction(() => {
        for (const row of old)
          this.#db.sql.run(
            'UPDATE probabilities SET "values" = NULL, labels = NULL, tasks = NULL WHERE trial = ? AND split = ?',
            numeric(row, 'trial'),
            text(row, 'split'),
          );
      });
      return this.#dropUnused(
        old.flatMap((row) =>
          ['values', 'labels', 'tasks'].map((column) => textOrNull(row, column)).filter((hash) => hash !== null),
        ),
      );
    });
  }

  #filesOf(trial: string): string[] {
    const rows = this.#db.sql.all(
      `SELECT p."values" AS hash FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1 UNION SELECT p.labels FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1
      UNION SELECT p.tasks FROM probabilities p JOIN trials t ON t.row = p.trial WHERE t.id = ?1 UNION SELECT a.hash FROM artefacts a JOIN trials t ON t.row = a.trial WHERE t.id = ?1`,
      trial,
    );
    return rows.map((row) => textOrNull(row, 'hash')).filter((hash) => hash !== null);
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
