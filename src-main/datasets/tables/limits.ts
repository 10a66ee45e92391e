/** What one table may be. All are looked at before the memory is taken, and a refusal says the number. */
export const LIMITS = {
  columns: 50_000,
  /** Rows × columns: 8 bytes a number, 12 with its text, and as much again while it is stored. */
  cells: 50_000_000,
  /** Of the encoded form, float32. */
  encodedBytes: 2 ** 29,
  /** Of a file once it is unpacked. */
  fileBytes: 8 * 2 ** 30,
  /** Characters of one row. */
  rowLength: 4 * 2 ** 20,
  /** Of the importing process. */
  memoryBytes: 3 * 2 ** 30,
  /** Levels of a category column, and classes. */
  levels: 1000,
} as const;

/** `1,500,000` and `2.1 GB`, as a person reads them. */
export const counted = (value: number): string => value.toLocaleString('en-US');
export const sized = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;

/** What is expected of a file that is imported. */
export const TABLE = 'a table (CSV, TSV, ARFF, Parquet)';
