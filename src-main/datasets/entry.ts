import { z } from 'zod';

/** What the catalogue says of one dataset: its shape, its files and how they are laid out, its licence and its hash. */

const hex = (length: number) => z.string().regex(new RegExp(`^[0-9a-f]{${length}}$`));

/**
 * A file as it lies in the dataset's folder. Checksums are of the published file; null where the publisher states
 * none.
 */
const fileEntry = z.strictObject({
  name: z.string().regex(/^[^/\\]+$/),
  /** Other names under which the same file goes round. */
  alsoNamed: z.array(z.string()).default([]),
  bytes: z.number().int().positive().nullable().default(null),
  sha256: hex(64).nullable().default(null),
  md5: hex(32).nullable().default(null),
  /** SHA-256 after decompression: recognises a file that somebody unpacked or packed again. */
  contentSha256: hex(64).nullable().default(null),
});

/** Something to fetch: one of the files, or an archive that holds several. */
const download = z.strictObject({
  name: z.string().regex(/^[^/\\]+$/),
  mirrors: z.array(z.url({ protocol: /^https?$/ })).min(1),
  bytes: z.number().int().positive().nullable().default(null),
  sha256: hex(64).nullable().default(null),
  md5: hex(32).nullable().default(null),
  archive: z.enum(['none', 'tar.gz', 'zip']).default('none'),
  /** File name → path inside the archive. */
  members: z.record(z.string(), z.string()).default({}),
});

export const tableColumn = z.discriminatedUnion('kind', [
  z.strictObject({ name: z.string(), kind: z.literal('numeric') }),
  /** One column of 0 or 1 per level, in the order of `levels`. */
  z.strictObject({ name: z.string(), kind: z.literal('categorical'), levels: z.array(z.string()).min(1) }),
  /** One column with the level's place in `levels`: 0, 1, 2, … */
  z.strictObject({ name: z.string(), kind: z.literal('ordinal'), levels: z.array(z.string()).min(1) }),
  /** The class; `levels` are the values in the file, in the order of the dataset's classes. */
  z.strictObject({ name: z.string(), kind: z.literal('target'), levels: z.array(z.string()).min(2) }),
  /** The number that is to be told. */
  z.strictObject({ name: z.string(), kind: z.literal('number-target') }),
  /** Row numbers and the like: not a feature. */
  z.strictObject({ name: z.string(), kind: z.literal('ignore') }),
]);

export const tableLayout = z.strictObject({
  kind: z.literal('table'),
  train: z.string(),
  /** A published test file; null when `split` makes one. */
  test: z.string().nullable(),
  separator: z.string().min(1).max(1),
  header: z.boolean(),
  columns: z.array(tableColumn).min(2),
  /** Stratified by class, drawn from the stream `datasets/<id>/split`. */
  split: z.strictObject({ testShare: z.number().gt(0).lt(1), seed: z.number().int().min(0) }).nullable(),
  /** Columns are pixels 0 … maximum, to be scaled to [0, 1]. */
  pixelMaximum: z.number().positive().nullable().default(null),
  /** Rows with an empty or '?' value: refuse the file, leave them out, or keep them with a gap. */
  missing: z.enum(['refuse', 'drop-rows', 'keep']).default('refuse'),
});

/**
 * A column of a person's table as it is kept: numbers with NaN for no value, categories as places in `levels` with −1.
 */
const storedColumn = z.discriminatedUnion('kind', [
  z.strictObject({
    name: z.string(),
    kind: z.literal('number'),
    /** Encoded for networks: stands where there is no value. The mean of the training rows. */
    fill: z.number(),
    /** Encoded as (x − mean) / deviation where float32 would lose what tells its values apart; else as it is. */
    scale: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).nullable(),
  }),
  z.strictObject({
    name: z.string(),
    kind: z.literal('category'),
    levels: z.array(z.string()).min(1),
    /** Encoded as one column with the level's place; else as one 0/1 column a level. */
    ordered: z.boolean(),
  }),
]);

/** A table of a person's, column by column; how networks get it is derived from here. */
const columnsLayout = z.strictObject({
  kind: z.literal('columns'),
  file: z.string(),
  columns: z.array(storedColumn).min(1),
  /** Columns of the file that are not kept, and why. */
  ignored: z.array(z.strictObject({ name: z.string(), why: z.string() })),
  /** The dataset's classes, or numbers. */
  target: z.strictObject({ name: z.string(), kind: z.enum(['classes', 'numbers']) }),
  /** As of a table; null when the test rows follow the training rows in the file. */
  split: z.strictObject({ testShare: z.number().gt(0).lt(1), seed: z.number().int().min(0) }).nullable(),
});

const idxLayout = z.strictObject({
  kind: z.literal('idx'),
  trainImages: z.string(),
  trainLabels: z.string(),
  testImages: z.string(),
  testLabels: z.string(),
  /** The label of the first class in the file. */
  firstLabel: z.number().int().min(0).default(0),
  /** Images are stored column by column (EMNIST) and are turned upright. */
  transposed: z.boolean().default(false),
});

const cifarLayout = z.strictObject({
  kind: z.literal('cifar'),
  train: z.array(z.string()).min(1),
  test: z.array(z.string()).min(1),
  /**
   * Label bytes before the pixels of each record; the last one is the class (the first of CIFAR-100 is the coarse
   * one).
   */
  labelBytes: z.union([z.literal(1), z.literal(2)]),
});

const generatedLayout = z.strictObject({
  kind: z.literal('generated'),
  generator: z.string(),
  version: z.number().int().positive(),
  seed: z.number().int().min(0),
});

export const catalogueEntry = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/),
  title: z.string(),
  kind: z.enum(['image', 'table']),
  origin: z.enum(['shipped', 'published', 'generated', 'user']),
  /** Folder of a shipped set under `resources/datasets`. */
  folder: z.string().nullable().default(null),
  rows: z.strictObject({ train: z.number().int().positive(), test: z.number().int().positive() }),
  shape: z.array(z.number().int().positive()).min(1),
  /** None for a table whose target is a number. */
  classes: z.array(z.string()).refine(({ length }) => length !== 1),
  licence: z.string(),
  source: z.string(),
  citation: z.string(),
  /** Who made it and what was changed, as the licence asks. */
  attribution: z.string().default(''),
  files: z.array(fileEntry).default([]),
  downloads: z.array(download).default([]),
  layout: z.discriminatedUnion('kind', [idxLayout, cifarLayout, tableLayout, columnsLayout, generatedLayout]),
  /** Canonical hash of the four arrays; null until the data is here. */
  sha256: hex(64).nullable().default(null),
});

export type CatalogueEntry = z.infer<typeof catalogueEntry>;
export type FileEntry = z.infer<typeof fileEntry>;
export type Download = z.infer<typeof download>;
export type TableColumn = z.infer<typeof tableColumn>;
export type TableLayout = z.infer<typeof tableLayout>;
export type StoredColumn = z.infer<typeof storedColumn>;
export type ColumnsLayout = z.infer<typeof columnsLayout>;
export type IdxLayout = z.infer<typeof idxLayout>;
export type CifarLayout = z.infer<typeof cifarLayout>;
