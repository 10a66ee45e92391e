import { ENDS_WITHOUT_RESULT } from '../metrics/records.ts';
import type { EndedTrial } from '../metrics/records.ts';
import { distrust, emptyCell, gatherCells, narrowed, refreshCells, storedCells } from './cells.ts';
import type { Connection } from './connection.ts';
import { numeric, numericOrNull, text } from './rows.ts';
import type { BoardCell, MeasuredCell } from './types.ts';

/** How many of a cell's trials ended without a result. */
interface Ended {
  readonly failed: number;
  readonly diverged: number;
  readonly notPossible: number;
}
/** Numbers of cells that stay in memory between two boards: those of some hundred thousand trials. */
const MOST_KEPT_NUMBERS = 4_000_000;
const NONE: Ended = { failed: 0, diverged: 0, notPossible: 0 };

/** What many trials measured, taken together: cells for leaderboards, durations and rates for estimates. */
export class Measurements {
  readonly #db: Connection;
  /**
   * The cells that were read last, for whoever asks for the same while nothing has changed: a view asks several times
   * for its parts.
   */
  #kept: {
    readonly asked: string;
    readonly version: string;
    readonly cells: ReadonlyMap<number, MeasuredCell>;
  } | null = null;

  constructor(db: Connection) {
    this.#db = db;
  }

  /**
   * Cells with the final metrics and costs of their trials, for leaderboards and comparisons. With a study: its own
   * trials, also cells in which nothing is finished; without: every finished trial. Narrowed to suites and a backend.
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
      return this.#withLost(cells, wanted);
    }
    let asked = this.#askedCells(query.study);
    const stored = current
      ? this.#stored({ cells: asked.filter(({ done }) => done > 0).map(({ cell }) => cell) })
      : null;
    // What was found damaged is not done any more.
    if (stored?.repaired === true) asked = this.#askedCells(query.study);
    const finished = stored
      ? this.#finishedOf(query.study, asked, stored.cells)
      : new Map(
          gatherCells(
            this.#db.sql,
            "t.row IN (SELECT trial FROM study_trials WHERE study = ? AND role = 'cell')",
            query.study,
          ).map((cell) => [cell.number, cell]),
        );
    return asked.flatMap(({ cell: number, label, total, done, ended }) => {
      const cell = finished.get(number) ?? emptyCell(this.#db.sql, number);
      const unfinished = total - done - ended.failed - ended.diverged - ended.notPossible;
      return wanted(cell) ? [{ cell, label, total, ...ended, unfinished }] : [];
    });
  }

  /** A cell by its identity, without what was measured; null where there is none. */
  cell(identity: string): MeasuredCell | null {
    const row = this.#db.sql.get('SELECT cell FROM cells WHERE identity = ?', identity);
    return row && emptyCell(this.#db.sql, numeric(row, 'cell'));
  }

  /** Stored cells; those that are damaged are filled again from their trials first. */
  #stored(only: Parameters<typeof storedCells>[1]): { cells: ReadonlyMap<number, MeasuredCell>; repaired: boolean } {
    const asked = JSON.stringify(only);
    const kept = this.#kept;
    if (kept !== null && kept.asked === asked && kept.version === this.#version())
      return { cells: kept.cells, repaired: false };
    const { cells, damaged } = storedCells(this.#db.sql, only);
    if (damaged.length === 0) {
      this.#keep(asked, cells);
      return { cells, repaired: false };
    }
    this.#db.change(() => distrust(this.#db.sql, damaged));
    return { cells: storedCells(this.#db.sql, only).cells, repaired: true };
  }

  #keep(asked: string, cells: ReadonlyMap<number, MeasuredCell>): void {
    let numbers = 0;
    for (const { values } of cells.values()) numbers += values.length;
    this.#kept = numbers <= MOST_KEPT_NUMBERS ? { asked, version: this.#version(), cells } : null;
  }

  /** Another text whenever this connection or any other one has changed the database. */
  #version(): string {
    const row = this.#db.sql.get('SELECT data_version, total_changes() AS changes FROM pragma_data_version');
    return row === null ? '' : `${numeric(row, 'data_version')}/${numeric(row, 'changes')}`;
  }

  /**
   * Finished cells with their lost trials, and the cells that hold nothing else: a mean over what survived must say so,
   * whichever study it came from. Few trials diverge, and an index finds them.
   */
  #withLost(
    cells: readonly MeasuredCell[],
    wanted: (cell: { suite: string; backend: string }) => boolean,
  ): BoardCell[] {
    const lost = new Map<number, Ended>();
    for (const row of this.#db.sql.all(
      `SELECT cell, sum(state = 'diverged') AS diverged, sum(state = 'not-possible') AS not_possible
      FROM trials WHERE state IN ('diverged', 'not-possible') GROUP BY cell`,
    ))
      lost.set(numeric(row, 'cell'), {
        failed: 0,
        diverged: numeric(row, 'diverged'),
        notPossible: numeric(row, 'not_possible'),
      });
    const board = (cell: MeasuredCell, { failed, diverged, notPossible }: Ended): BoardCell => {
      const total = cell.count + diverged + notPossible;
      return { cell, label: '', total, failed, diverged, notPossible, unfinished: 0 };
    };
    if (lost.size === 0) return cells.map((cell) => board(cell, NONE));
    const finished = cells.map((cell) => {
      const ended = lost.get(cell.number) ?? NONE;
      lost.delete(cell.number);
      return board(cell, ended);
    });
    const only = [...lost].map(([cell, ended]) => board(emptyCell(this.#db.sql, cell), ended));
    return [...finished, ...only.filter(({ cell }) => wanted(cell))];
  }

  /** The cells of a study in its order, by their numbers, with what has become of its trials. */
  #askedCells(study: string): { cell: number; label: string; total: number; done: number; ended: Ended }[] {
    return this.#db.sql
      .all(
        `SELECT t.cell, min(s.position) AS position, max(s.label) AS label, count(*) AS total,
        sum(t.state = 'done') AS done, sum(t.state IN ('failed', 'cancelled')) AS failed,
        sum(t.state = 'diverged') AS diverged, sum(t.state = 'not-possible') AS not_possible
      FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ? AND s.role = 'cell'
      GROUP BY t.cell ORDER BY position`,
        study,
      )
      .map((row) => ({
        cell: numeric(row, 'cell'),
        label: text(row, 'label'),
        total: numeric(row, 'total'),
        done: numeric(row, 'done'),
        ended: {
          failed: numeric(row, 'failed'),
          diverged: numeric(row, 'diverged'),
          notPossible: numeric(row, 'not_possible'),
        },
      }));
  }

  /**
   * The finished trials of a study's cells by the cell's number; where other studies have trials of the same cell, only
   * this one's.
   */
  #finishedOf(
    study: string,
    asked: readonly { cell: number; done: number }[],
    stored: ReadonlyMap<number, MeasuredCell>,
  ): Map<number, MeasuredCell> {
    return new Map(
      asked.flatMap(({ cell: number, done }) => {
        const cell = stored.get(number);
        if (cell === undefined) return [];
        if (cell.count === done) return [[number, cell]];
        const own = this.#db.sql.all(
          "SELECT t.row FROM trials t WHERE t.cell = ? AND t.state = 'done' AND EXISTS (SELECT 1 FROM " +
            "study_trials s WHERE s.study = ? AND s.trial = t.row AND s.role = 'cell')",
          number,
          study,
        );
        return [[number, narrowed(cell, new Set(own.map((row) => numeric(row, 'row'))))]];
      }),
    );
  }

  /**
   * The trials without a result of each cell, by its number and ascending by seed: a study's own, or of everything
   * those that diverged or needed what such a one was to make.
   */
  endedTrials(study: string | undefined): ReadonlyMap<number, readonly EndedTrial[]> {
    const rows =
      study === undefined
        ? this.#db.sql.all(
            "SELECT cell, id, seed, fold, state FROM trials WHERE state IN ('diverged', 'not-possible') " +
              'ORDER BY seed, fold',
          )
        : this.#db.sql.all(
            `SELECT t.cell, t.id, t.seed, t.fold, t.state FROM study_trials s JOIN trials t ON t.row = s.trial WHERE s.study = ?
            AND s.role = 'cell' AND t.state IN (SELECT value FROM json_each(?)) ORDER BY t.seed, t.fold`,
            study,
            JSON.stringify(ENDS_WITHOUT_RESULT),
          );
    const ended = new Map<number, EndedTrial[]>();
    for (const row of rows) {
      const state = ENDS_WITHOUT_RESULT.find((one) => one === text(row, 'state'));
      if (state === undefined) continue;
      const one = { seed: numeric(row, 'seed'), fold: numericOrNull(row, 'fold'), trial: text(row, 'id'), state };
      const known = ended.get(numeric(row, 'cell'));
      if (known === undefined) ended.set(numeric(row, 'cell'), [one]);
      else known.push(one);
    }
    return ended;
  }

  /** Finished trials by suite, method and configuration of each version, with mean headline and seconds. */
  summaries(): {
    suite: string;
    method: string;
    methodVersion: number;
    protocolHash: string;
    n: number;
    headline: number | null;
    seconds: number | null;
  }[] {
    return this.#db.sql
      .all(
        'SELECT suite, method, method_version, protocol_hash, count(*) AS n, avg(headline) AS headline, ' +
          "avg(CASE WHEN origin IS NULL THEN seconds END) AS seconds FROM trials WHERE state = 'done' " +
          'GROUP BY suite, method, method_version, protocol_hash, configuration',
      )
      .map((row) => ({
        suite: text(row, 'suite'),
        method: text(row, 'method'),
        methodVersion: numeric(row, 'method_version'),
        protocolHash: text(row, 'protocol_hash'),
        n: numeric(row, 'n'),
        headline: numericOrNull(row, 'headline'),
        seconds: numericOrNull(row, 'seconds'),
      }));
  }

  /** Mean seconds of trials finished here by suite, configuration and backend, for estimates. */
  durations(): { suite: string; method: string; configuration: string; backend: string; seconds: number; n: number }[] {
    return this.#db.sql
      .all(
        'SELECT suite, method, configuration, backend, avg(seconds) AS seconds, count(*) AS n FROM trials ' +
          "WHERE state = 'done' AND seconds IS NOT NULL AND origin IS NULL GROUP BY suite, method, " +
          'configuration, backend',
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

  /**
   * Examples per second of work, over a study's finished trials and the workers beside one another; null before the
   * first.
   */
  examplesPerSecond(study: string): number | null {
    const row = this.#db.sql.get(
      'SELECT sum(c.examples) / sum(c.seconds / c.workers) AS rate FROM study_trials s JOIN costs c ON ' +
        'c.trial = s.trial WHERE s.study = ?',
      study,
    );
    return row && numericOrNull(row, 'rate');
  }
}
