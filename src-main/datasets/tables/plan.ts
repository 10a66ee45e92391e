import { stream } from '../../engine/random/streams.ts';
import type { StoredColumn } from '../entry.ts';
import { stratifiedSplit } from '../split.ts';
import type { Split } from '../split.ts';
import { refusal } from '../refuse.ts';
import { LIMITS, counted, sized } from './limits.ts';
import { quoted } from './kinds.ts';
import type { TableOptions, TableQuestion } from './options.ts';
import type { RawTable } from './read.ts';
import type { TableTarget } from './target.ts';
import type { Understood, UnderstoodTable } from './understand.ts';

/** What will be stored: which rows, which columns, and how networks get them. */
export interface TablePlan {
  /** Rows of the files that are kept, and which of them (by place among the kept) are training and test rows. */
  readonly kept: Int32Array;
  readonly split: Split;
  readonly features: readonly { readonly column: StoredColumn; readonly values: Float64Array | Int32Array }[];
  readonly encoded: { readonly columns: number; readonly bytes: number };
  readonly questions: readonly TableQuestion[];
  readonly notes: readonly string[];
}

/**
 * A number's rounding to float32 may be this much of its column's deviation; above, the column is standardised first.
 */
const LOST = 1e-3;

/**
 * @param id names the stream that draws the test rows.
 * @throws DatasetError when no column is left to learn from, or the encoded table would be too large.
 */
export function planTable(
  raw: RawTable,
  table: UnderstoodTable,
  options: TableOptions,
  id: string,
  where: string,
): TablePlan {
  const used = table.columns.filter(({ role }) => role === 'feature');
  const open = [...table.questions];
  if (used.length === 0 && open.length === 0)
    throw refusal({
      where,
      expected: 'at least one column besides the target',
      found: 'none that can be used',
      remedy: 'See why each was left out, and take one with `--numbers` or `--categories`.',
    });
  const width = used.reduce((sum, { kind }) => sum + widthOf(kind), 0);
  const rows = raw.rows.train + raw.rows.test;
  checkSize(rows, width, used, where);
  const { kept, notes } = labelled(raw, table, options, where);
  const { split, questions } = splitRows(raw, table.target, kept, options, id);
  open.push(...questions);
  const trainRows = split.train.map((place) => kept[place]);
  return {
    kept,
    split,
    features: used.map((column) => featureOf(column, trainRows)),
    encoded: { columns: width, bytes: 4 * kept.length * width },
    questions: open,
    notes,
  };
}

const widthOf = (kind: Understood['kind']): number =>
  kind.kind === 'category' && !kind.ordered ? kind.levels.length : 1;

function checkSize(rows: number, width: number, used: readonly Understood[], where: string): void {
  if (4 * rows * width <= LIMITS.encodedBytes) return;
  const [widest] = [...used].sort((a, b) => widthOf(b.kind) - widthOf(a.kind));
  throw refusal({
    where,
    expected: `at most ${sized(LIMITS.encodedBytes)} after encoding`,
    found: `${counted(rows)} rows × ${counted(width)} columns of 4 bytes = ${sized(4 * rows * width)}`,
    remedy:
      `Take a part of the rows, or leave columns out: the widest is "${widest.facts.name}" ` +
      `with ${counted(widthOf(widest.kind))} levels (\`--ignore ${quoted(widest.facts.name)}\`).`,
  });
}

const rowsOf = (count: number): string => `${counted(count)} ${count === 1 ? 'row' : 'rows'}`;

/** Rows with a target. Those without are refused, or left out and counted. */
function labelled(
  raw: RawTable,
  { target, columns, words }: UnderstoodTable,
  options: TableOptions,
  where: string,
): { kept: Int32Array; notes: string[] } {
  const all = Int32Array.from({ length: raw.rows.train + raw.rows.test }, (_, row) => row);
  if (target === null) return { kept: all, notes: [] };
  const isMissing = (row: number): boolean =>
    target.kind === 'classes' ? target.y[row] < 0 : Number.isNaN(target.y[row]);
  const kept = all.filter((row) => !isMissing(row));
  const without = all.length - kept.length;
  if (without === 0) return { kept, notes: [] };
  const { facts } = columns[target.index];
  if (options.unlabelled === 'refuse') {
    const first = [...(facts.texts ?? facts.words)].find(([text]) =>
      target.kind === 'classes' ? words.amongWords(text) : words.amongNumbers(text),
    );
    throw refusal({
      where: `${where}${first === undefined ? '' : `, row ${first[1].line}`}, column "${facts.name}"`,
      expected: 'a value of the target in every row',
      found: `${rowsOf(without)} without (${first === undefined || first[0] === '' ? 'empty' : `"${first[0]}"`})`,
      remedy:
        'Fill them in, or leave these rows out with `--drop-unlabelled`; if the word is a class, ' +
        'name the words for "no value" with `--missing`.',
    });
  }
  return { kept, notes: [`${rowsOf(without)} without a target left out.`] };
}

function splitRows(
  raw: RawTable,
  target: TableTarget | null,
  kept: Int32Array,
  { test, splitSeed }: TableOptions,
  id: string,
): { split: Split; questions: TableQuestion[] } {
  const places = Int32Array.from(kept, (_, place) => place);
  if ('file' in test) {
    const train = places.filter((place) => kept[place] < raw.rows.train);
    return { split: { train, test: places.subarray(train.length) }, questions: [] };
  }
  if (target === null) return { split: { train: places, test: new Int32Array() }, questions: [] };
  const draws = stream(splitSeed, `datasets/${id}/split`);
  if (target.kind === 'numbers') {
    const chosen = draws.sample(
      kept.length,
      Math.min(kept.length - 1, Math.max(1, Math.round(kept.length * test.share))),
    );
    const isTest = new Set(chosen);
    return {
      split: { train: places.filter((place) => !isTest.has(place)), test: places.filter((place) => isTest.has(place)) },
      questions: [],
    };
  }
  const labels = kept.map((row) => target.y[row]);
  const counts = target.classes.map((name) => ({ name, rows: 0 }));
  for (const label of labels) counts[label].rows += 1;
  const small = counts.find(({ rows }) => rows < 2);
  if (small !== undefined) {
    const message =
      `Class "${small.name}" has ${small.rows === 1 ? 'one row' : 'no rows'}: a class needs at least two, ` +
      'one of them to test with. Which other target, or which file of test rows?';
    return {
      split: { train: places, test: new Int32Array() },
      questions: [{ about: 'target', column: null, message, say: '`--target` or `--test`' }],
    };
  }
  return { split: stratifiedSplit(labels, target.classes.length, test.share, draws), questions: [] };
}

function featureOf({ facts, kind, values }: Understood, trainRows: Int32Array): TablePlan['features'][number] {
  const { name } = facts;
  if (kind.kind === 'category') {
    const places = new Map(kind.levels.map((level, place) => [level, place]));
    const byCode = new Int32Array(facts.texts?.size ?? 0).fill(-1);
    for (const [text, { code }] of facts.texts ?? []) byCode[code] = places.get(text) ?? -1;
    return {
      column: { name, kind: 'category', levels: [...kind.levels], ordered: kind.ordered },
      values: Int32Array.from(facts.codes ?? [], (code) => byCode[code]),
    };
  }
  const { mean, deviation } = moments(values, trainRows);
  let lost = 0;
  for (const value of values) {
    const error = Math.abs(value - Math.fround(value));
    if (error > lost) lost = error;
  }
  const scale = deviation > 0 && lost > LOST * deviation ? { mean, deviation } : null;
  return { column: { name, kind: 'number', fill: mean, scale }, values };
}

/** Mean and standard deviation of the numbers in some rows; zeros where there are none. */
function moments(values: Float64Array, rows: Int32Array): { mean: number; deviation: number } {
  const present = rows.reduce((sum, row) => sum + (Number.isNaN(values[row]) ? 0 : 1), 0);
  if (present === 0) return { mean: 0, deviation: 0 };
  // Differences to one of them are exact where sums of large numbers are not.
  const origin = values[rows.find((row) => !Number.isNaN(values[row])) ?? 0];
  let mean = 0;
  for (const row of rows) if (!Number.isNaN(values[row])) mean += (values[row] - origin) / present;
  let variance = 0;
  for (const row of rows) if (!Number.isNaN(values[row])) variance += (values[row] - origin - mean) ** 2 / present;
  return { mean: origin + mean, deviation: Math.sqrt(variance) };
}
