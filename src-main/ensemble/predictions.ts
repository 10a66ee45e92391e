import type { Predictions } from '../methods/ensembling/shared/strategies/strategy.ts';
import { openRegular } from '../datasets/regular-file.ts';
import { refusal } from '../datasets/refuse.ts';
import { isParquet } from '../datasets/tables/parquet.ts';
import type { PredictionKind } from './kinds.ts';
import { isNpy, isZip, readNpy, readNpz } from './npy.ts';
import type { NumberArray } from './npy.ts';
import { readCsv, readParquet } from './table-numbers.ts';

const LARGEST = 2 ** 30;
/** How far the sum of a row may be from 1: half-precision numbers of many classes are no nearer. */
const SUM_WITHIN = 1e-2;

/**
 * The numbers of a file: .npy, .npz (`file.npz:name` for one of several arrays), Parquet or CSV, told apart by their
 * content.
 *
 * @throws DatasetError that names file and place.
 */
export async function readNumbers(given: string): Promise<NumberArray> {
  const named = /^(.+\.npz):([^:/\\]+)$/.exec(given);
  const [file, name] = named === null ? [given, null] : [named[1] ?? given, named[2] ?? null];
  const handle = await openRegular(file, 'a file of predictions');
  try {
    const { size } = await handle.stat();
    if (size > LARGEST)
      throw refusal({
        where: file,
        expected: 'at most 1 GiB',
        found: `${size} bytes`,
        remedy: 'Write fewer rows, or float32 in place of float64.',
      });
    if (await isParquet(handle)) return await readParquet(handle, file);
    const bytes = await handle.readFile();
    if (isNpy(bytes)) return readNpy(bytes, file);
    if (isZip(bytes)) return readNpz(bytes, name, file);
    return readCsv(bytes, file);
  } finally {
    await handle.close();
  }
}

/** `file.npz:name` without the name. */
export const fileOf = (name: string): string => name.replace(/(\.npz):[^:/\\]+$/, '$1');

/**
 * Numbers as predictions: distributions whose rows sum to 1, made so exactly; or one number a row. Without a kind it is
 * told by the values: one column is numbers, several that are at most 0 are log-probabilities.
 *
 * @throws DatasetError that names file, row and column.
 */
export function predictionsOf(
  { shape, values }: NumberArray,
  asked: PredictionKind | null,
  where: string,
): Predictions {
  const [rows = 0, width = 1] = shape;
  if (rows === 0 || width === 0)
    throw refusal({ where, expected: 'at least one row', found: 'none', remedy: 'Check the file.' });
  const place = (at: number): string => `${where}, row ${Math.floor(at / width) + 1}, column ${(at % width) + 1}`;
  const unsure = values.findIndex((value) => Number.isNaN(value));
  if (unsure >= 0)
    throw refusal({
      where: place(unsure),
      expected: 'a number',
      found: 'NaN',
      remedy: 'A model that says nothing of a row cannot be combined.',
    });
  const kind =
    asked ?? (width === 1 ? 'numbers' : values.every((value) => value <= 0) ? 'log-probabilities' : 'probabilities');
  if (kind === 'numbers') {
    const endless = values.findIndex((value) => !Number.isFinite(value));
    if (width > 1 || endless >= 0)
      throw refusal({
        where: endless >= 0 ? place(endless) : where,
        expected: 'one finite number a row',
        found: endless >= 0 ? String(values[endless]) : `${width} columns`,
        remedy: 'Say --kind probabilities where columns are classes.',
      });
    return { kind, rows, width, values };
  }
  const said = kind === 'log-probabilities' ? values.map(Math.exp) : values;
  const outside = said.findIndex((value) => !(value >= 0 && value <= 1 + SUM_WITHIN));
  if (outside >= 0)
    throw refusal({
      where: place(outside),
      expected: kind === 'probabilities' ? 'a probability from 0 to 1' : 'a log-probability of at most 0',
      found: String(values[outside]),
      remedy: `Logits must go through a softmax first${width === 1 ? '; say --kind numbers where the column is no class.' : '.'}`,
    });
  // A single column is the probability of the second of two classes.
  const spread = width === 1 ? pairs(said) : said;
  const wide = Math.max(2, width);
  const sums = new Float64Array(rows);
  for (const [at, value] of spread.entries()) sums[Math.floor(at / wide)] += value;
  const wrong = sums.findIndex((sum) => Math.abs(sum - 1) > SUM_WITHIN);
  if (wrong >= 0)
    throw refusal({
      where: `${where}, row ${wrong + 1}`,
      expected: 'probabilities whose sum is 1',
      found: `a sum of ${sums[wrong].toPrecision(6)}`,
      remedy: 'Logits must go through a softmax first.',
    });
  return {
    kind: 'probabilities',
    rows,
    width: wide,
    values: spread.map((value, at) => value / sums[Math.floor(at / wide)]),
  };
}

const pairs = (second: Float64Array): Float64Array =>
  Float64Array.from({ length: 2 * second.length }, (_, at) => {
    const p = second[at >> 1];
    return at % 2 === 0 ? 1 - p : p;
  });

/**
 * What is true of each row: a class from 0 on, or a number.
 *
 * @throws DatasetError that names file and row.
 */
export function targetOf({ shape, values }: NumberArray, of: Predictions, where: string): Float64Array {
  const [rows = 0, width = 1] = shape;
  if (width !== 1)
    throw refusal({ where, expected: 'one label a row', found: `${width} columns`, remedy: 'Leave out the others.' });
  if (rows !== of.rows)
    throw refusal({
      where,
      expected: `${of.rows} labels, one for each row of the predictions`,
      found: String(rows),
      remedy: 'Labels and predictions must be of the same rows.',
    });
  const bad = values.findIndex((value) =>
    of.kind === 'numbers' ? !Number.isFinite(value) : !(Number.isInteger(value) && value >= 0 && value < of.width),
  );
  if (bad >= 0)
    throw refusal({
      where: `${where}, row ${bad + 1}`,
      expected: of.kind === 'numbers' ? 'a finite number' : `a class from 0 to ${of.width - 1}`,
      found: String(values[bad]),
      remedy: 'Classes are counted from 0, in the order of the columns.',
    });
  return values;
}

/** Checks that all are about the same rows and classes; names the first that is not. */
export function checkAlike(models: readonly { readonly name: string; readonly predictions: Predictions }[]): void {
  const [first] = models;
  for (const { name, predictions } of models) {
    const { kind, rows, width } = predictions;
    const of = first.predictions;
    if (kind === of.kind && rows === of.rows && width === of.width) continue;
    throw refusal({
      where: name,
      expected: `${of.rows} rows × ${of.width} of ${of.kind}, as in ${first.name}`,
      found: `${rows} rows × ${width} of ${kind}`,
      remedy: 'Only predictions of the same rows and classes can be combined.',
    });
  }
}
