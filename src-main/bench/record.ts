import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { writeFileAtomic } from '../base/files.ts';
import { median, medianInterval } from './interval.ts';

const number = z.number();

/**
 * One measured row. `ratio` = ours / peer, smaller is better; `low` and `high` bound its median with 95 % confidence.
 */
export const rowSchema = z.object({
  name: z.string(),
  ours: number,
  /** Null where there is nobody to compare with: then `limit` is the bar. */
  peer: number.nullable(),
  peerName: z.string().nullable(),
  ratio: number.nullable(),
  low: number.nullable(),
  high: number.nullable(),
  unit: z.string(),
  /** Every pair as it was measured, in order. */
  runs: z.array(z.object({ ours: number, peer: number.optional() })),
  limit: number.optional(),
  /** When the row was measured, and the load average just before: rows of one file may be of different days. */
  date: z.string().optional(),
  loadAverage: number.optional(),
  /** Whatever else was measured beside it: other contestants, rates, accuracies, versions. */
  details: z.record(z.string(), z.json()).optional(),
});
export type Row = z.infer<typeof rowSchema>;

export const recordSchema = z.object({ machine: z.record(z.string(), z.json()), rows: z.array(rowSchema) });
export type BenchRecord = z.infer<typeof recordSchema>;

export interface Pair {
  readonly ours: number;
  readonly peer: number;
}

/** The row of pairs that were measured side by side. Throws without a pair. */
export function pairedRow(
  name: string,
  unit: string,
  peerName: string,
  runs: readonly Pair[],
  details?: Row['details'],
): Row {
  const ratios = runs.map(({ ours, peer }) => ours / peer);
  const { low, high } = medianInterval(ratios);
  return {
    name,
    ours: median(runs.map(({ ours }) => ours)),
    peer: median(runs.map(({ peer }) => peer)),
    peerName,
    ratio: median(ratios),
    low,
    high,
    unit,
    runs: runs.map(({ ours, peer }) => ({ ours, peer })),
    ...(details === undefined ? {} : { details }),
  };
}

/** The row of something that has a bar and no peer. */
export function soloRow(
  name: string,
  unit: string,
  ours: number,
  runs: readonly number[],
  limit?: number,
  details?: Row['details'],
): Row {
  return {
    name,
    ours,
    peer: null,
    peerName: null,
    ratio: null,
    low: null,
    high: null,
    unit,
    runs: runs.map((value) => ({ ours: value })),
    ...(limit === undefined ? {} : { limit }),
    ...(details === undefined ? {} : { details }),
  };
}

/** `measured` in place of the rows of the same name, the others as they were; new rows come last. */
export function mergeRows(former: readonly Row[], measured: readonly Row[]): Row[] {
  const fresh = new Map(measured.map((row) => [row.name, row]));
  const kept = former.map((row) => {
    const replacement = fresh.get(row.name);
    fresh.delete(row.name);
    return replacement ?? row;
  });
  return [...kept, ...fresh.values()];
}

/** The record in `file`, or an empty one. Throws with the file's name when it is not of this form. */
export function readBenchRecord(file: string): BenchRecord {
  if (!existsSync(file)) return { machine: {}, rows: [] };
  const parsed = recordSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success)
    throw new Error(
      `${file} is not a record of the benchmark: ${z.prettifyError(parsed.error)}. Move it away, or ` +
        'name another with --out.',
    );
  // Records from before rows had a date of their own: the machine's is theirs.
  const { date } = parsed.data.machine;
  return {
    ...parsed.data,
    rows: parsed.data.rows.map((row) => (row.date === undefined && typeof date === 'string' ? { ...row, date } : row)),
  };
}

/**
 * The rows in `file` beside which rows of `machine` may stand. Throws where another machine measured them: a record is
 * of one machine, and its times and those of another are not comparable.
 */
export function rowsBeside(file: string, machine: BenchRecord['machine']): readonly Row[] {
  const former = readBenchRecord(file);
  const other = ['cpu', 'cores'].some((key) => former.machine[key] !== machine[key]);
  if (former.rows.length > 0 && other)
    throw new Error(
      `${file} holds rows of another machine (${nameOf(former.machine)}; this one: ${nameOf(machine)}). ` +
        'Name another record with --out, or move that one away.',
    );
  return former.rows;
}

const nameOf = ({ cpu, cores }: BenchRecord['machine']): string =>
  `${typeof cpu === 'string' ? cpu : 'unknown processor'}, ${typeof cores === 'number' ? cores : '?'} cores`;

/** At once, so that an interrupted run leaves the former record whole. */
export function writeBenchRecord(file: string, record: BenchRecord): void {
  writeFileAtomic(file, [Buffer.from(`${JSON.stringify(recordSchema.parse(record), null, 1)}\n`)]);
}

/** The rows as a table for a terminal. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    `${figure(row.ours)} ${row.unit}`,
    row.peer === null
      ? row.limit === undefined
        ? ''
        : `bar ${figure(row.limit)} ${row.unit}`
      : `${figure(row.peer)} ${row.unit}`,
    row.peerName ?? '',
    row.ratio === null ? '' : row.ratio.toFixed(3),
    row.low === null || row.high === null ? '' : `[${row.low.toFixed(3)}, ${row.high.toFixed(3)}]`,
    String(row.runs.length),
    row.date?.slice(0, 10) ?? '',
  ]);
  const table = [['row', 'ours', 'peer', 'who', 'ratio', '95 %', 'runs', 'date'], ...cells];
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  return table
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

const figure = (value: number): string =>
  Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(3);
