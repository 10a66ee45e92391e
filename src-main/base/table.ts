/** A column of a table as it is kept. */
export type Column =
  | { readonly name: string; readonly kind: 'number' }
  /** `ordered`: its levels ascend. */
  | { readonly name: string; readonly kind: 'category'; readonly levels: readonly string[]; readonly ordered: boolean };

/** Rows of a table as they are, column by column, before anything is encoded for networks. */
export interface TableRows {
  /** By column: numbers (NaN = missing), or places in its levels (−1 = missing or unseen). */
  readonly values: readonly (Float64Array | Int32Array)[];
  /** What is to be told of each row, where the target is a number. */
  readonly numbers: Float64Array | null;
}
