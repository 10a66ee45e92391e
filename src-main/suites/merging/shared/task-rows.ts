import type { Dataset, DatasetSplit } from '../../../datasets/types.ts';
import { stream } from '../../../engine/random/streams.ts';
import { firstOfEach } from '../../../methods/merging/shared/shots.ts';
import { takeRows } from '../../shared/rows.ts';
import { inDomains } from './domains.ts';
import type { Domain } from './domains.ts';
import { greyImages, VIEWS } from './views.ts';
import type { View } from './views.ts';

/** Rows of a data set as a task, or a source, sees them. */
export interface RowsDefinition {
  readonly dataset: string;
  readonly view?: View;
  /** Light is dark and dark is light. */
  readonly inverted?: true;
  /** Those of these classes alone, which are then told apart as 0, 1, …; of all classes unless told. */
  readonly classes?: readonly number[];
  /** Those of these classes alone, which keep their numbers. */
  readonly only?: readonly number[];
  /** Domains to which the rows are dealt in turn, after the view. */
  readonly domains?: readonly Domain[];
  /** Which training rows in an order drawn from the data set alone: tasks of one data set take rows apart. */
  readonly train: Span;
}
export type Span = readonly [from: number, to: number];

/** Training rows from a place on, and behind them those for validation. */
export function spansFrom(place: number, sizes: { readonly train: number; readonly validation: number }) {
  const end = place + sizes.train;
  return { train: [place, end], validation: [end, end + sizes.validation] } as const satisfies Record<string, Span>;
}

/** A task: rows for training and validation, and test rows of which some are scored and others are for adaptation. */
export interface TaskDefinition extends RowsDefinition {
  readonly name: string;
  readonly validation: Span;
  readonly scored: Span;
  /** Test rows whose inputs methods may ask for; those that are scored unless told. */
  readonly adaptation?: Span;
  /** Its accuracy also goes by this name, as `accuracy.<name>`. */
  readonly measuredAs?: string;
}

/** Further test rows, judged with the head of a task: the task under a shift, a domain left out. */
export interface FurtherRows extends Omit<RowsDefinition, 'train'> {
  readonly task: number;
  readonly measuredAs: string;
  readonly scored: Span;
}

/** The same rows for every seed and method: members and merges share validation and test rows that none trained on. */
function order(dataset: Dataset, part: 'train' | 'test'): Int32Array {
  return stream(0, `suites/experts/${dataset.id}/${part}`).permutation(dataset[part].rows);
}

/** Which rows of which kind are taken, as the network takes them. */
export interface Choice {
  readonly part: 'train' | 'test';
  readonly span: Span;
  /** The furthest row of the same kind that the suite takes. */
  readonly reach: number;
  /** Numbers of an example; images of another size are cut to 28 × 28 grey values. */
  readonly width: number;
}

/**
 * Rows of a data set, prepared. A span counts rows of the classes that are taken. Where there are fewer than the suite
 * reaches for (a development variant), every span is cut by the same share.
 */
export function chosenRows(
  dataset: Dataset,
  { view, inverted, classes, only, domains }: Omit<RowsDefinition, 'train'>,
  { part, span, reach, width }: Choice,
): DatasetSplit {
  const all = dataset[part];
  const places = classes === undefined ? null : new Map(classes.map((label, index) => [label, index]));
  const isTaken = (label: number): boolean =>
    (places === null || places.has(label)) && (only === undefined || only.includes(label));
  const taken = order(dataset, part).filter((row) => isTaken(all.y[row]));
  const share = Math.min(1, taken.length / reach);
  const rows = taken.subarray(Math.floor(span[0] * share), Math.floor(span[1] * share));
  const own = dataset.shape.reduce((product, size) => product * size, 1);
  const x = takeRows(all.x, own, rows);
  const images = own === width ? Float32Array.from(x) : greyImages(x, dataset.shape);
  const seen = view === undefined ? images : VIEWS[view](images);
  const plain = {
    rows: rows.length,
    x: inverted === true ? seen.map((value) => 1 - value) : seen,
    y: rows.map((row) => places?.get(all.y[row]) ?? all.y[row]),
  };
  return domains === undefined
    ? plain
    : inDomains(plain, domains, stream(0, `suites/experts/${dataset.id}/${part}/${span[0]}/domains`));
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

/**
 * The first rows of each class, so many of each, or all where there are fewer (a development variant of a small suite).
 * Throws an Error where a class has none.
 */
export function firstOfEachClass(split: DatasetSplit, classes: number, count: number): DatasetSplit {
  const rows = firstOfEach(split.y, count);
  const y = rows.map((row) => split.y[row]);
  for (let label = 0; label < classes; label += 1)
    if (!y.includes(label)) throw new Error(`Class ${label} has no labelled row to make its head of.`);
  return { rows: rows.length, x: takeRows(split.x, split.x.length / split.rows, rows), y };
}
