import type { Column, TableRows } from '../base/table.ts';

export type { Column, TableRows };

/** A split of a dataset: features row-major Float32, labels as class indices. */
export interface DatasetSplit {
  readonly rows: number;
  /** [rows × (product of `shape`)], pixels scaled to [0, 1]; table columns as they are, encoded (see the schema). */
  readonly x: Float32Array;
  /** Class of each row; 0 where the target of a table is a number. */
  readonly y: Int32Array;
  /** The same rows of a table as they are. */
  readonly table?: TableRows;
}

/** Named arrays with a fixed train/test split. */
export interface Dataset {
  readonly id: string;
  readonly title: string;
  /** Shape of one example: [28, 28, 1] (height, width, channels) or [columns]. */
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  readonly train: DatasetSplit;
  readonly test: DatasetSplit;
  /** SHA-256 over the canonical bytes of all four arrays, hexadecimal: part of every trial's identity. */
  readonly sha256: string;
  /** Table columns after encoding; absent for images. */
  readonly columns?: readonly string[];
  /** What the columns of a table are, and what is to be told; absent for images. */
  readonly table?: { readonly columns: readonly Column[]; readonly target: Target };
}

/** What a table's rows are to be told by. */
export type Target =
  | { readonly kind: 'classes'; readonly names: readonly string[] }
  | { readonly kind: 'numbers'; readonly names: readonly string[] };

/** A table as what it is, before anything is encoded for networks. */
export interface TableColumns {
  readonly columns: readonly Column[];
  readonly target: Target;
  /** By column: numbers (NaN = missing), or places in its levels (−1 = missing or unseen). */
  readonly values: readonly (Float64Array | Int32Array)[];
  /** Classes by place in the target's names, or numbers. */
  readonly y: Int32Array | Float64Array;
  /** Rows for training and for testing. */
  readonly train: Int32Array;
  readonly test: Int32Array;
}

export type DatasetState = 'shipped' | 'installed' | 'generated' | 'absent';

/** What is known about a dataset without opening it. */
export interface DatasetInfo {
  readonly id: string;
  readonly title: string;
  readonly kind: 'image' | 'table';
  readonly state: DatasetState;
  readonly rows: { readonly train: number; readonly test: number };
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  /** What a table's columns are, and what is to be told; null for images and what is drawn. */
  readonly table: Dataset['table'] | null;
  readonly licence: string;
  readonly source: string;
  readonly citation: string;
  readonly bytes: number;
  /** Known before opening for shipped and installed sets. */
  readonly sha256: string | null;
}

/** Refused data: what was expected, what was found, where, and what to do. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
  /** What is wrong: the data, or what was asked for. */
  readonly of: 'data' | 'request';

  constructor(message: string, { of = 'data', ...options }: ErrorOptions & { of?: 'data' | 'request' } = {}) {
    super(message, options);
    this.of = of;
  }
}
