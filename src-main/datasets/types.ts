/** A split of a dataset: features row-major Float32, labels as class indices. */
export interface DatasetSplit {
  readonly rows: number;
  /** [rows × (product of `shape`)], pixels scaled to [0, 1]; table columns as they are, encoded (see the schema). */
  readonly x: Float32Array;
  readonly y: Int32Array;
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
}
