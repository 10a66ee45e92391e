import type { Dataset, DatasetSplit } from '../../../datasets/types.ts';
import { stream } from '../../../engine/random/streams.ts';
import { takeRows } from '../../shared/rows.ts';
import { greyImages, VIEWS } from './views.ts';
import type { View } from './views.ts';

/** Rows of a data set as a task, or a source, sees them. */
export interface RowsDefinition {
  readonly dataset: string;
  readonly view?: View;
  /** Those of these classes alone, which are then told apart as 0, 1, …; of all classes unless told. */
  readonly classes?: readonly number[];
  /** Which training rows in an order drawn from the data set alone: tasks of one data set take rows apart. */
  readonly train: Span;
}
export type Span = readonly [from: number, to: number];

/** A task: rows for training and validation, and test rows of which some are scored and others are for adaptation. */
export interface TaskDefinition extends RowsDefinition {
  readonly name: string;
  readonly validation: Span;
  readonly scored: Span;
  /** Test rows whose inputs methods may ask for; those that are scored unless told. */
  readonly adaptation?: Span;
}

/** The same rows for every seed and method: members and merges share validation and test rows that none trained on. */
function order(dataset: Dataset, part: 'train' | 'test'): Int32Array {
  return stream(0, `suites/experts/${dataset.id}/${part}`).permutation(dataset[part].rows);
}

/**
 * Rows of one part of a data set, prepared. A span counts the rows of the classes that are taken; a data set that is
 * too small for it (a development variant) gives what it has, so that spans are cut by the same share.
 */
export function chosenRows(
  dataset: Dataset,
  part: 'train' | 'test',
  { view, classes }: RowsDefinition,
  span: Span,
  wanted: number,
): DatasetSplit {
  const all = dataset[part];
  const wantedClasses = classes === undefined ? null : new Map(classes.map((label, index) => [label, index]));
  const taken = order(dataset, part).filter((row) => wantedClasses === null || wantedClasses.has(all.y[row]));
  const share = Math.min(1, taken.length / wanted);
  const rows = taken.subarray(Math.floor(span[0] * share), Math.floor(span[1] * share));
  const width = dataset.shape.reduce((product, size) => product * size, 1);
  const images =
    view === undefined && dataset.shape.length < 3 ? null : greyImages(takeRows(all.x, width, rows), dataset.shape);
  return {
    rows: rows.length,
    x:
      images === null
        ? Float32Array.from(takeRows(all.x, width, rows))
        : view === undefined
          ? images
          : VIEWS[view](images),
    y: rows.map((row) => wantedClasses?.get(all.y[row]) ?? all.y[row]),
  };
}

/** All rows of splits of one width, one split after the other; labels of the second follow those of the first. */
export function joinedRows(parts: readonly { readonly split: DatasetSplit; readonly classes: number }[]): DatasetSplit {
  const rows = parts.reduce((sum, { split }) => sum + split.rows, 0);
  const x = new Float32Array(parts.reduce((sum, { split }) => sum + split.x.length, 0));
  const y = new Int32Array(rows);
  let [at, row, before] = [0, 0, 0];
  for (const { split, classes } of parts) {
    x.set(split.x, at);
    y.set(
      split.y.map((label) => label + before),
      row,
    );
    at += split.x.length;
    row += split.rows;
    before += classes;
  }
  return { rows, x, y };
}

/** The first rows of each class, so many of each. Throws an Error where a class has fewer. */
export function firstOfEachClass(split: DatasetSplit, classes: number, count: number): DatasetSplit {
  const found = new Int32Array(classes);
  const rows = Int32Array.from({ length: split.rows }, (_, row) => row).filter((row) => {
    found[split.y[row]] += 1;
    return found[split.y[row]] <= count;
  });
  found.forEach((have, label) => {
    if (have < count) throw new Error(`Class ${label} has ${have} rows; ${count} are wanted for its head.`);
  });
  const width = split.x.length / split.rows;
  return { rows: rows.length, x: takeRows(split.x, width, rows), y: rows.map((row) => split.y[row]) };
}
