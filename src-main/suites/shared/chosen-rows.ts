import { joinedRows } from '../../datasets/tables/rows.ts';
import type { Dataset, DatasetSplit } from '../../datasets/types.ts';
import { foldsOf, rowsByClass } from '../../engine/random/folds.ts';
import type { SuiteDescription } from '../contract.ts';
import { variantOf } from '../variant-ids.ts';
import { HELD_OUT_SHARE } from '../variants.ts';
import { splitRows } from './rows.ts';

/**
 * Which rows of a data set a trial sees, chosen before its suite opens: by folds, and for the development variant. What
 * is chosen depends on the data set alone, never on a seed, so that every method sees the same rows.
 */

/** The rows that a trial is about: those of its fold, and without the test rows where it is for development. */
export function chosenData(
  dataset: Dataset,
  { id, facts }: Pick<SuiteDescription, 'id' | 'facts'>,
  fold: number | null,
): Dataset {
  const place = fold === null ? null : { fold, folds: facts.folds };
  const chosen = place === null ? dataset : foldData(dataset, place);
  // Experts were trained on the training rows as they are; their validation rows are held out already.
  return variantOf(id) === 'dev' && facts.kind !== 'experts' ? heldOutData(chosen, place) : chosen;
}

/** A fold out of so many. */
export interface FoldPlace {
  readonly fold: number;
  readonly folds: number;
}

/**
 * The data set with one fold as its test rows and the others for training. All rows are dealt out, whichever part of
 * the data set they were in.
 */
export function foldData(dataset: Dataset, { fold, folds }: FoldPlace): Dataset {
  return split(
    dataset,
    pooled(dataset),
    foldsOf(pooled(dataset).y, folds, `suites/folds/${dataset.id}/${folds}`),
    fold,
  );
}

/**
 * The data set of the development variant: some of the training rows stand where the test rows were, which are not
 * here. Without folds that is a tenth of the rows of each class; with folds an inner fold of the outer fold's training
 * part. Throws an Error where a class has a single row.
 */
export function heldOutData(dataset: Dataset, outer: FoldPlace | null): Dataset {
  const { train } = dataset;
  if (outer !== null) {
    const name = `suites/inner-folds/${dataset.id}/${outer.folds}/${outer.fold}`;
    return split(dataset, train, foldsOf(train.y, outer.folds, name), outer.fold);
  }
  const held = new Int32Array(train.rows);
  for (const rows of rowsByClass(train.y, `suites/held-out/${dataset.id}`)) {
    if (rows.length < 2)
      throw new Error(
        `A class of ${dataset.id} has a single training row, so that none can be held out for development: use the ` +
          'published suite, or data with at least two rows of each class.',
      );
    const count = Math.max(1, Math.round(HELD_OUT_SHARE * rows.length));
    for (const row of rows.subarray(0, count)) held[row] = 1;
  }
  return split(dataset, train, held, 1);
}

/** The rows marked with `part` become the test rows, all others the training rows; both in the order of the file. */
function split(dataset: Dataset, rows: DatasetSplit, parts: Int32Array, part: number): Dataset {
  const width = dataset.shape.reduce((product, size) => product * size, 1);
  const all = parts.map((_, row) => row);
  return {
    ...dataset,
    train: splitRows(
      rows,
      all.filter((row) => parts[row] !== part),
      width,
    ),
    test: splitRows(
      rows,
      all.filter((row) => parts[row] === part),
      width,
    ),
  };
}

function pooled({ train, test }: Dataset): DatasetSplit {
  const x = new Float32Array(train.x.length + test.x.length);
  x.set(train.x);
  x.set(test.x, train.x.length);
  const y = new Int32Array(train.rows + test.rows);
  y.set(train.y);
  y.set(test.y, train.rows);
  const table = train.table && test.table && joinedRows(train.table, test.table);
  return { rows: y.length, x, y, ...(table === undefined ? {} : { table }) };
}
