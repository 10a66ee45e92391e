import type { Connection } from './connection.ts';
import { numeric, numericOrNull, text, textOrNull } from './rows.ts';
import type { Row, Statements } from './rows.ts';
import { trialStateOf } from './states.ts';
import type { OpenWork, StoredState, StoredStudy, TrialRole } from './types.ts';

/**
 * How many of a study's trials are in each state, cell by cell. These numbers are wanted whenever a trial ends, and a
 * study may have hundreds of thousands: so they are kept beside the database, in memory, by triggers that see every
 * change of it. `upto`: trials of the study with a row up to this one are counted.
 */
const sql = `
CREATE TEMP TABLE tallies (
  study TEXT NOT NULL, role TEXT NOT NULL, state TEXT NOT NULL, cell INTEGER, created_at REAL NOT NULL, n INTEGER NOT NULL,
  PRIMARY KEY (study, role, state, cell, created_at)
);
CREATE TEMP TABLE tallied (study TEXT PRIMARY KEY, upto INTEGER NOT NULL);
CREATE TEMP TRIGGER study_tallied AFTER INSERT ON main.studies BEGIN
  INSERT INTO tallied (study, upto) VALUES (NEW.id, 9007199254740991) ON CONFLICT DO UPDATE SET upto = excluded.upto;
END;
CREATE TEMP TRIGGER study_not_tallied AFTER DELETE ON main.studies BEGIN
  DELETE FROM tallies WHERE study = OLD.id;
  DELETE FROM tallied WHERE study = OLD.id;
END;
CREATE TEMP TRIGGER trial_of_study AFTER INSERT ON main.study_trials BEGIN
  INSERT INTO tallies SELECT NEW.study, NEW.role, t.state, t.cell, t.created_at, 1 FROM trials t, tallied y
    WHERE t.row = NEW.trial AND y.study = NEW.study AND NEW.trial <= y.upto
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TEMP TRIGGER trial_not_of_study AFTER DELETE ON main.study_trials BEGIN
  INSERT INTO tallies SELECT OLD.study, OLD.role, t.state, t.cell, t.created_at, -1 FROM trials t, tallied y
    WHERE t.row = OLD.trial AND y.study = OLD.study AND OLD.trial <= y.upto
    ON CONFLICT DO UPDATE SET n = n - 1;
END;
CREATE TEMP TRIGGER trial_in_state AFTER UPDATE OF state ON main.trials WHEN NEW.state <> OLD.state BEGIN
  INSERT INTO tallies SELECT s.study, s.role, OLD.state, OLD.cell, OLD.created_at, -1 FROM study_trials s, tallied y
    WHERE s.trial = OLD.row AND y.study = s.study AND s.trial <= y.upto
    ON CONFLICT DO UPDATE SET n = n - 1;
  INSERT INTO tallies SELECT s.study, s.role, NEW.state, NEW.cell, NEW.created_at, 1 FROM study_trials s, tallied y
    WHERE s.trial = NEW.row AND y.study = s.study AND s.trial <= y.upto
    ON CONFLICT DO UPDATE SET n = n + 1;
END;
CREATE TEMP TRIGGER trial_gone BEFORE DELETE ON main.trials BEGIN
  INSERT INTO tallies SELECT s.study, s.role, OLD.state, OLD.cell, OLD.created_at, -1 FROM study_trials s, tallied y
    WHERE s.trial = OLD.row AND y.study = s.study AND s.trial <= y.upto
    ON CONFLICT DO UPDATE SET n = n - 1;
END;
`;

const OPEN = "('queued', 'waiting', 'paused')";
const ALL = Number.MAX_SAFE_INTEGER;

/** What is known of studies as wholes: how many trials are in which state, and what is still to do. */
export class Tallies {
  readonly #sql: Statements;

  constructor(db: Connection) {
    this.#sql = db.sql;
    this.#sql.database.exec(sql);
  }

  /**
   * Counts so many more trials of studies that are not counted yet; false when all are. What is asked of a study counts
   * the rest of it at once.
   */
  count(most: number): boolean {
    const next = this.#sql.get(
      'SELECT s.id, y.upto FROM studies s LEFT JOIN tallied y ON y.study = s.id WHERE y.upto IS NULL OR ' +
        `y.upto < ${ALL} LIMIT 1`,
    );
    if (next === null) return false;
    this.#count(text(next, 'id'), numericOrNull(next, 'upto') ?? 0, most);
    return true;
  }

  /** How many of a study's trials are in each state, by role. */
  states(study: string): { role: TrialRole; state: StoredState; count: number }[] {
    this.#countAll(study);
    return this.#sql
      .all('SELECT role, state, sum(n) AS n FROM tallies WHERE study = ? GROUP BY role, state HAVING sum(n) > 0', study)
      .map((row) => ({
        role: text(row, 'role') === 'cell' ? 'cell' : 'artefact',
        state: trialStateOf(text(row, 'state')),
        count: numeric(row, 'n'),
      }));
  }

  /** When the trials of a study were first asked for. */
  askedTimes(study: string): number[] {
    this.#countAll(study);
    return this.#sql
      .all('SELECT DISTINCT created_at FROM tallies WHERE study = ?', study)
      .map((row) => numeric(row, 'created_at'));
  }

  /** Whether anything of a study is still to do. */
  isOpen(study: string): boolean {
    this.#countAll(study);
    return (
      this.#sql.get(
        "SELECT 1 FROM tallies WHERE study = ? AND state IN ('queued', 'waiting', 'running', 'paused') " +
          'AND n > 0 LIMIT 1',
        study,
      ) !== null
    );
  }

  /**
   * What of a study is still to do, and what of others is served before it on the same backend: of running studies what
   * was asked for earlier, and what runs now.
   */
  work({ id, backend, createdAt }: StoredStudy): { own: OpenWork[]; ahead: OpenWork[] } {
    this.#countAll(id);
    for (const row of this.#sql.all("SELECT id FROM studies WHERE intent = 'run' AND backend = ?", backend))
      this.#countAll(text(row, 'id'));
    const running = this.#sql.all(
      `SELECT t.id AS running, t.suite, t.method, t.configuration, t.backend, 1 AS n,
        EXISTS (SELECT 1 FROM study_trials s WHERE s.trial = t.row AND s.study = ?1) AS own
        FROM trials t WHERE t.state = 'running'
        AND EXISTS (SELECT 1 FROM study_trials s JOIN studies y ON y.id = s.study WHERE s.trial = t.row AND (s.study = ?1 OR y.intent = 'run'))`,
      id,
    );
    const own = this.#sql.all(
      `SELECT NULL AS running, c.suite, c.method, c.configuration, c.backend, sum(a.n) AS n FROM tallies a JOIN cells c ON c.cell = a.cell
        WHERE a.study = ? AND a.state IN ${OPEN} GROUP BY a.cell HAVING sum(a.n) > 0`,
      id,
    );
    // Two studies that both want what was first asked for at one time want the same trials: they count once, and not
    // where this study has them.
    const ahead = this.#sql.all(
      `SELECT NULL AS running, c.suite, c.method, c.configuration, c.backend, sum(o.n) AS n FROM (
          SELECT cell, created_at, state, max(n) - coalesce((SELECT sum(m.n) FROM tallies m
              WHERE m.study = ?1 AND m.state = b.state AND m.cell = b.cell AND m.created_at = b.created_at), 0) AS n
            FROM (SELECT a.study, a.cell, a.created_at, a.state, sum(a.n) AS n FROM tallies a JOIN studies y ON y.id = a.study
              WHERE y.intent = 'run' AND a.study <> ?1 AND a.state IN ('queued', 'waiting') AND a.created_at < ?2
              GROUP BY a.study, a.cell, a.created_at, a.state) b
            GROUP BY cell, created_at, state) o
        JOIN cells c ON c.cell = o.cell WHERE c.backend = ?3 AND o.n > 0 GROUP BY o.cell`,
      id,
      createdAt,
      backend,
    );
    return {
      own: [...running.filter((row) => numeric(row, 'own') === 1), ...own].map(workOf),
      ahead: [...running.filter((row) => numeric(row, 'own') === 0 && text(row, 'backend') === backend), ...ahead].map(
        workOf,
      ),
    };
  }

  #countAll(study: string): void {
    const row = this.#sql.get('SELECT upto FROM tallied WHERE study = ?', study);
    const upto = row === null ? 0 : numeric(row, 'upto');
    if (upto < ALL) this.#count(study, upto, ALL);
  }

  #count(study: string, from: number, most: number): void {
    const last =
      most === ALL
        ? null
        : this.#sql.get(
            'SELECT trial FROM study_trials WHERE study = ? AND trial > ? ORDER BY trial LIMIT 1 OFFSET ?',
            study,
            from,
            most,
          );
    const upto = last === null ? ALL : numeric(last, 'trial');
    this.#sql.run(
      `INSERT INTO tallies SELECT s.study, s.role, t.state, t.cell, t.created_at, count(*) FROM study_trials s JOIN trials t ON t.row = s.trial
        WHERE s.study = ? AND s.trial > ? AND s.trial <= ? GROUP BY s.role, t.state, t.cell, t.created_at
        ON CONFLICT DO UPDATE SET n = n + excluded.n`,
      study,
      from,
      upto,
    );
    this.#sql.run(
      'INSERT INTO tallied (study, upto) VALUES (?, ?) ON CONFLICT DO UPDATE SET upto = excluded.upto',
      study,
      upto,
    );
  }
}

const workOf = (row: Row): OpenWork => ({
  running: textOrNull(row, 'running'),
  suite: text(row, 'suite'),
  method: text(row, 'method'),
  configuration: text(row, 'configuration'),
  backend: text(row, 'backend'),
  count: numeric(row, 'n'),
});
