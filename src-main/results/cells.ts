import { crc32 } from 'node:zlib';
import type { SQLInputValue } from 'node:sqlite';
import { z } from 'zod';
import { canonicalJson } from '../base/canonical.ts';
import { hyperParameters } from '../base/hyper-parameters.ts';
import { ROW_COSTS } from '../metrics/cost-definitions.ts';
import { CELL_COLUMNS } from '../metrics/records.ts';
import { costOf } from './costs.ts';
import { placeOf, placesOfTrials, versionsByNumber } from './cell-places.ts';
import type { CellVersion } from './identity.ts';
import { bytes, numeric, numericOrNull, text } from './rows.ts';
import type { Row, Statements } from './rows.ts';
import { markDamagedIn } from './seals.ts';
import type { MeasuredCell } from './types.ts';
import { versionNumber } from './versions.ts';

/**
 * Finished trials by cell (`cellId`: all that identifies them but seed and fold), for leaderboards, comparisons and
 * claims. The rows of `cells` hold what the trials' own tables say; the database's triggers mark those that no longer
 * do, and `refreshCells` fills them again.
 */

const names = z.array(z.string());

/**
 * Fills every cell anew that a change of its trials has made stale, and forgets those without trials. Trials that no
 * longer fit their seals are marked as damaged and left out; `sealed` were sealed just now. To be called within a
 * transaction.
 */
export function refreshCells(sql: Statements, sealed: ReadonlySet<number> = new Set()): void {
  for (;;) {
    const row = sql.get('SELECT cell FROM cells WHERE stale = 1 LIMIT 1');
    if (row === null) return;
    const cell = numeric(row, 'cell');
    markDamagedIn(sql, cell, sealed);
    const [filled] = gatherCells(sql, 't.cell = ?', cell);
    if (filled !== undefined) {
      const metrics = JSON.stringify([...filled.metrics.keys()]);
      const columns = new Uint8Array(filled.values.buffer);
      const settings = canonicalJson(filled.hyperParameters);
      const { identity, suite, configuration, backend, method } = filled;
      sql.run(
        `UPDATE cells SET stale = 0, identity = ?, suite = ?, configuration = ?, backend = ?, method = ?, hyper_parameters = ?,
          version = ?, trials = ?, ids = ?, metrics = ?, "columns" = ?, checksum = ? WHERE cell = ?`,
        identity,
        suite,
        configuration,
        backend,
        method,
        settings,
        versionNumber(sql, filled.version),
        filled.count,
        filled.trials.join(' '),
        metrics,
        columns,
        checksumOf(columns, crc32(metrics), filled.count, [
          identity,
          suite,
          configuration,
          backend,
          method,
          settings,
          canonicalJson(filled.version),
        ]),
        cell,
      );
    } else if (sql.get('SELECT 1 FROM trials WHERE cell = ? LIMIT 1', cell) === null) {
      sql.run('DELETE FROM cells WHERE cell = ?', cell);
    } else {
      sql.run(
        `UPDATE cells SET stale = 0, trials = 0, ids = '', metrics = '[]', "columns" = x'', checksum = ` +
          'NULL WHERE cell = ?',
        cell,
      );
    }
  }
}

/**
 * Of a cell's columns, the text of its metrics, the number of its trials, and what it is: cheap enough for every cell
 * of every board.
 */
function checksumOf(columns: Uint8Array, metrics: number, trials: number, what: readonly string[]): string {
  return crc32(columns, crc32(what.join('\n'), (metrics ^ trials) >>> 0)).toString(16);
}

/** Marks cells as stale that are not what was stored, so that they are filled again from their trials. */
export function distrust(sql: Statements, cells: readonly number[]): void {
  for (const cell of cells) sql.run('UPDATE cells SET stale = 1 WHERE cell = ?', cell);
}

/**
 * Cells with finished trials in the order in which they were first asked for, by their number; none of them stale.
 * Narrowed to some of them, to suites, to a backend. Those that do not fit their checksum are `damaged`, by number.
 */
export function storedCells(
  sql: Statements,
  only: {
    readonly cells?: readonly number[] | undefined;
    readonly suites?: readonly string[] | undefined;
    readonly backend?: string | undefined;
  },
): { cells: Map<number, MeasuredCell>; damaged: number[] } {
  const conditions = ['trials > 0'];
  const values: SQLInputValue[] = [];
  for (const [column, wanted] of [
    ['cell', only.cells],
    ['suite', only.suites],
    ['backend', only.backend === undefined ? undefined : [only.backend]],
  ] as const) {
    if (wanted === undefined) continue;
    conditions.push(`${column} IN (SELECT value FROM json_each(?))`);
    values.push(JSON.stringify(wanted));
  }
  // The same few texts in every row: each is parsed once, and what is equal is the same string, which makes grouping by
  // it cheap.
  const known = memo((source) => source);
  const layouts = memo((source) => ({ columns: layout(names.parse(JSON.parse(source))), checksum: crc32(source) }));
  const configurations = new Map<string, Pick<MeasuredCell, 'configuration' | 'method' | 'hyperParameters'>>();
  const configured = (row: Row): Pick<MeasuredCell, 'configuration' | 'method' | 'hyperParameters'> => {
    const made = {
      configuration: text(row, 2),
      method: known(text(row, 3)),
      hyperParameters: hyperParameters.parse(JSON.parse(text(row, 4))),
    };
    configurations.set(made.configuration, made);
    return made;
  };
  const versionOf = versionsByNumber(sql);
  const cells = new Map<number, MeasuredCell>();
  const damaged: number[] = [];
  const where = conditions.join(' AND ');
  // A board of a hundred thousand trials shows the ids of few: they are read, all at once, when the first one is asked
  // for.
  let ids: ReadonlyMap<number, string> | null = null;
  const idsOf = (cell: number): string =>
    (ids ??= new Map(
      sql
        .tuples(`SELECT cell, ids FROM cells WHERE ${where}`, ...values)
        .map((row): [number, string] => [numeric(row, 0), text(row, 1)]),
    )).get(cell) ?? '';
  for (const row of sql.tuples(
    `SELECT cell, suite, configuration, method, hyper_parameters, backend, version, metrics, "columns", trials, checksum,
      identity FROM cells WHERE ${where} ORDER BY cell`,
    ...values,
  )) {
    const cell = numeric(row, 0);
    try {
      // A configuration's name holds the hash of its hyper-parameters.
      const { configuration, method, hyperParameters } = configurations.get(text(row, 2)) ?? configured(row);
      const metrics = layouts(text(row, 7));
      const columns = bytes(row, 8);
      const count = numeric(row, 9);
      // None: filled before checksums were kept.
      const { version, content } = versionOf(numeric(row, 6));
      const what = [text(row, 11), text(row, 1), text(row, 2), text(row, 5), text(row, 3), text(row, 4), content];
      if (row[10] !== null && row[10] !== checksumOf(columns, metrics.checksum, count, what)) {
        damaged.push(cell);
        continue;
      }
      cells.set(
        cell,
        new StoredCell(
          cell,
          text(row, 11),
          version,
          known(text(row, 1)),
          configuration,
          known(text(row, 5)),
          method,
          hyperParameters,
          count,
          () => idsOf(cell),
          metrics.columns,
          float64(columns),
        ),
      );
    } catch {
      // A value of another type, or text that is no JSON any more.
      damaged.push(cell);
    }
  }
  return { cells, damaged };
}

/** A row of `cells`; the ids of its trials are not read before somebody wants them. */
class StoredCell implements MeasuredCell {
  readonly number: number;
  readonly identity: string;
  readonly version: CellVersion;
  readonly suite: string;
  readonly configuration: string;
  readonly backend: string;
  readonly protocolHash: string;
  readonly method: string;
  readonly hyperParameters: MeasuredCell['hyperParameters'];
  readonly count: number;
  readonly metrics: MeasuredCell['metrics'];
  readonly values: Float64Array;
  readonly #ids: () => string;

  constructor(
    number: number,
    identity: string,
    version: CellVersion,
    suite: string,
    configuration: string,
    backend: string,
    method: string,
    hyperParameters: MeasuredCell['hyperParameters'],
    count: number,
    ids: () => string,
    metrics: MeasuredCell['metrics'],
    values: Float64Array,
  ) {
    this.number = number;
    this.identity = identity;
    this.version = version;
    this.suite = suite;
    this.configuration = configuration;
    this.backend = backend;
    this.protocolHash = version.protocolHash;
    this.method = method;
    this.hyperParameters = hyperParameters;
    this.count = count;
    this.#ids = ids;
    this.metrics = metrics;
    this.values = values;
  }

  get trials(): readonly string[] {
    const ids = this.#ids().split(' ');
    if (ids.length !== this.count) throw new RangeError('the trials of a cell changed while a board was made of it');
    return ids;
  }
}

/**
 * Cells made from the trials' own tables: for what is not in `cells` (yet, or in a database that cannot be written).
 * `where` speaks of trials as `t`.
 */
export function gatherCells(sql: Statements, where: string, ...values: SQLInputValue[]): MeasuredCell[] {
  const groups = new Map<number, { cell: number; rows: Row[] }>();
  for (const row of sql.all(
    `SELECT t.row, t.id, t.seed, t.fold, t.cell FROM trials t WHERE ${where} AND t.state = 'done' ORDER BY t.row`,
    ...values,
  )) {
    const cell = numeric(row, 'cell');
    const known = groups.get(cell);
    if (known === undefined) groups.set(cell, { cell, rows: [row] });
    else known.rows.push(row);
  }
  const measured = new Map<number, Map<string, number>>();
  for (const row of sql.all(
    `SELECT m.trial, m.metric, m.value FROM trials t JOIN metrics m ON m.trial = t.row WHERE ${where} ` +
      "AND t.state = 'done' AND m.step = -1 AND m.split = 'test' AND m.value IS NOT NULL",
    ...values,
  )) {
    const trial = numeric(row, 'trial');
    let known = measured.get(trial);
    if (known === undefined) measured.set(trial, (known = new Map<string, number>()));
    known.set(text(row, 'metric'), numeric(row, 'value'));
  }
  const costs = new Map(
    sql
      .all(`SELECT c.* FROM trials t JOIN costs c ON c.trial = t.row WHERE ${where} AND t.state = 'done'`, ...values)
      .map((row) => [numeric(row, 'trial'), costOf(row)]),
  );
  const placed = placesOfTrials(sql);
  return [...groups.values()].map(({ cell, rows }) => {
    const sorted = rows
      .map((row) => ({
        id: text(row, 'id'),
        row: numeric(row, 'row'),
        seed: numeric(row, 'seed'),
        fold: numericOrNull(row, 'fold') ?? Number.NaN,
      }))
      .sort((a, b) => a.seed - b.seed || a.fold - b.fold || 0 || a.row - b.row);
    const metrics = layout([...new Set(sorted.flatMap(({ row }) => [...(measured.get(row)?.keys() ?? [])]))]);
    const values = new Float64Array((CELL_COLUMNS.length + metrics.size) * sorted.length).fill(Number.NaN);
    sorted.forEach(({ row, seed, fold }, i) => {
      const set = (column: number, value: number): void => {
        values[column * sorted.length + i] = value;
      };
      set(CELL_COLUMNS.indexOf('order'), row);
      set(CELL_COLUMNS.indexOf('seed'), seed);
      set(CELL_COLUMNS.indexOf('fold'), fold);
      const cost = costs.get(row);
      if (cost !== undefined) for (const name of ROW_COSTS) set(CELL_COLUMNS.indexOf(name), cost[name] ?? Number.NaN);
      for (const [metric, value] of measured.get(row) ?? []) set(metrics.get(metric) ?? Number.NaN, value);
    });
    return {
      ...placed(cell, Math.min(...sorted.map(({ row }) => row))),
      count: sorted.length,
      trials: sorted.map(({ id }) => id),
      metrics,
      values,
    };
  });
}

/**
 * A cell by its number, as if nothing in it were finished. Throws StorageError where neither its row nor its trials can
 * be read.
 */
export function emptyCell(sql: Statements, cell: number): MeasuredCell {
  return { ...placeOf(sql, cell), count: 0, trials: [], metrics: new Map(), values: new Float64Array(0) };
}

/** The trials of a cell whose row is wanted. */
export function narrowed(cell: MeasuredCell, wanted: ReadonlySet<number>): MeasuredCell {
  const { count: n, trials } = cell;
  const order = CELL_COLUMNS.indexOf('order') * n;
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => wanted.has(cell.values[order + i] ?? -1));
  const columns = Array.from({ length: CELL_COLUMNS.length + cell.metrics.size }, (_, c) =>
    kept.map((i) => cell.values[c * n + i] ?? Number.NaN),
  );
  return {
    ...cell,
    count: kept.length,
    trials: kept.map((i) => trials[i] ?? ''),
    values: Float64Array.from(columns.flat()),
  };
}

/** Where each metric lies, after the columns that every cell has. */
function layout(metrics: readonly string[]): Map<string, number> {
  return new Map(metrics.map((metric, m) => [metric, CELL_COLUMNS.length + m]));
}

function float64(stored: Uint8Array): Float64Array {
  const whole = stored.byteOffset % 8 === 0 ? stored : stored.slice();
  return new Float64Array(whole.buffer, whole.byteOffset, whole.byteLength / 8);
}

function memo<T>(make: (source: string) => T): (source: string) => T {
  const made = new Map<string, T>();
  let last: { readonly source: string; readonly value: T } | null = null;
  return (source) => {
    // Rows come in runs of the same text: comparing is faster than looking up.
    if (last !== null && last.source === source) return last.value;
    const known = made.get(source);
    last = { source, value: known ?? make(source) };
    if (known === undefined) made.set(source, last.value);
    return last.value;
  };
}
