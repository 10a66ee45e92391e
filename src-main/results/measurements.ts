import { distrust, emptyCell, gatherCells, narrowed, placeKey, refreshCells, storedCells } from './cells.ts';
import type { Connection } from './connection.ts';
import { numeric, numericOrNull, text } from './rows.ts';
import type { BoardCell, MeasuredCell } from './types.ts';

const FAILED_STATES = "'failed', 'cancelled', 'diverged', 'not-possible'";

/** What many trials measured, taken together: cells for leaderboards, durations and rates for estimates. */
export class Measurements {
  readonly #db: Connection;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Cells with the final metrics and costs of their trials, for leaderboards and comparisons. With a study: its own trials, also cells
   * in which nothing is finished; without: every finished trial. Narrowed to suites and a backend.
   */
  measurements(query: {
    study?: string | undefined;
    suites?: readonly string[] | undefined;
    backend?: string | undefined;
  }): BoardCell[] {
    const current = this.#db.readOnly === null;
    // Usually nothing is stale: what finishes is stored with its cell.
    if (current && this.#db.sql.get('SELECT 1 FROM cells WHERE stale = 1 LIMIT 1') !== null)
      this.#db.write(() => this.#db.sql.transaction(() => refreshCells(this.#db.sql)));
    const suites = query.suites === undefined ? null : new Set(query.suites);
    const wanted = (cell: { suite: string; backend: string }): boolean =>
      (suites === null || suites.has(cell.suite)) && (query.backend === undefined || cell.backend === query.backend);
    if (query.study === undefined) {
      const cells = current
        ? [...this.#stored(query).cells.values()]
        : gatherCells(this.#db.sql, 'true').filter(wanted);
      return cells.map((cell) => ({ cell, label: '', total: cell.count, failed: 0, unfinished: 0 }));
    }
    let asked = this.#askedCells(query.study, current);
    const stored = current
      ? this.#stored({ cells: asked.filter(({ done }) => done > 0).map(({ place }) => Number(place)) })
      : null;
    // What was found damaged is not done any more.
    if (stored?.repaired === true) asked = this.#askedCells(query.study, current);
    const finished = stored
      ? this.#finishedOf(query.study, asked, stored.cells)
      : new Map(
          gatherCells(
            this.#db.sql,
            "t.row IN (SELECT trial FROM study_trials WHERE study = ? AND role = 'cell')",
            query.study,
          ).map((cell) => [placeKey(cell), cell]),
        );
    return asked.flatMap(({ place, first, label, total, failed, done }) => {
      const cell = finished.get(place) ?? emptyCell(this.#db.sql, first);
      return wanted(cell) ? [{ cell, label, total, failed, unfinished: total - failed - done }] : [];
    });
  }

  /** Stored cells; those that are damaged are filled again from their trials first. */
  #stored(only: Parameters<typeof storedCells>[1]): { cells: Map<number, MeasuredCell>; repaired: boolean } {
    const { cells, damaged } = storedCells(this.#db.sql, only);
    if (damaged.length === 0) return { cells, repaired: false };
    this.#db.change(() => distrust(this.#db.sql, damaged));
    return { cells: storedCells(this.#db.sql, only).cells, repaired: true };
  }

  /** The cells of a study in its order, each with its first trial's row and how many of its trials are done and failed; `place` is the cell's number where `cells` has it. */
  #askedCells(
    study: string,
    numbered: boolean,
  ): { place: string; first: number; label: string; total: number; done: number; failed: number }[] {
    const place = numbered
      ? 'CAST(t.cell AS TEXT)'
      : 't.suite || char(10) || t.configuration || char(10) || t.backend || char(10) || t.protocol_hash';
    return this.#db.sql
      .all(
        `SELECT ${place} AS place, min(t.row) AS first, min(s.position) AS position, max(s.label) AS label, count(*) AS total, sum(t.state = 'done') AS done, sum(t.state IN (${FAILED_STATES})) AS failed
      FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND s.role = 'cell' GROUP BY ${numbered ? 't.cell' : '1'} ORDER BY position`,
        study,
      )
      .map((row) => ({
        place: text(row, 'place'),
        first: numeric(row, 'first'),
        label: text(row, 'label'),
        total: numeric(row, 'total'),
        done: numeric(row, 'done'),
        failed: numeric(row, 'failed'),
      }));
  }

  /** The finished trials of a study's cells by the cell's number; where other studies have trials of the same cell, only this one's. */
  #finishedOf(
    study: string,
    asked: readonly { place: string; done: number }[],
    stored: ReadonlyMap<number, MeasuredCell>,
  ): Map<string, MeasuredCell> {
    return new Map(
      asked.flatMap(({ place, done }) => {
        const cell = stored.get(Number(place));
        if (cell === undefined) return [];
        if (cell.count === done) return [[place, cell]];
        const own = this.#db.sql.all(
          "SELECT t.row FROM trials t WHERE t.cell = ? AND t.state = 'done' AND EXISTS (SELECT 1 FROM study_trials s WHERE s.study = ? AND s.trial = t.row AND s.role = 'cell')",
          Number(place),
          study,
        );
        return [[place, narrowed(cell, new Set(own.map((row) => numeric(row, 'row'))))]];
      }),
    );
  }

  /** Mean seconds of trials finished here by suite, configuration and backend, for estimates. */
  durations(): { suite: string; method: string; configuration: string; backend: string; seconds: number; n: number }[] {
    return this.#db.sql
      .all(
        "SELECT suite, method, configuration, backend, avg(seconds) AS seconds, count(*) AS n FROM trials WHERE state = 'done' AND seconds IS NOT NULL AND origin IS NULL GROUP BY suite, method, configuration, backend",
      )
      .map((row) => ({
        suite: text(row, 'suite'),
        method: text(row, 'method'),
        configuration: text(row, 'configuration'),
        backend: text(row, 'backend'),
        seconds: numeric(row, 'seconds'),
        n: numeric(row, 'n'),
      }));
  }

  /** Examples per second of work, over a study's finished trials and the workers beside one another; null before the first. */
  examplesPerSecond(study: string): number | null {
    const row = this.#db.sql.get(
      'SELECT sum(c.examples) / sum(c.seconds / c.workers) AS rate FROM study_trials s JOIN costs c ON c.trial = s.trial WHERE s.study = ?',
      study,
    );
    return row && numericOrNull(row, 'rate');
  }
}
