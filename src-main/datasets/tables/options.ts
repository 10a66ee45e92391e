import { z } from 'zod';

/** What a person says about a table, and what is said back. Nothing here needs Node: the interface uses it too. */

const column = z.string().min(1);

export const tableOptions = z.strictObject({
  title: z.string().min(1).max(200).optional(),
  /** The column to predict: its name, or "column 3" (the number alone will do). */
  target: column.optional(),
  /** Classes, or numbers (kept for suites to come). By default what the target looks like. */
  task: z.enum(['classes', 'numbers']).optional(),
  ignore: z.array(column).default([]),
  categories: z.array(column).default([]),
  /** Columns to take as numbers and to use, where something else was proposed. */
  numbers: z.array(column).default([]),
  /** Columns whose levels have an order, first to last. */
  order: z.array(z.strictObject({ column, levels: z.array(z.string()).min(2) })).default([]),
  /** Words for "no value", in place of the usual ones. An empty cell has no value in any case. */
  missing: z.array(z.string()).optional(),
  /** One character; "blanks" for any number of blanks or tabs. */
  separator: z.union([z.string().length(1), z.literal('blanks')]).optional(),
  decimal: z.enum(['.', ',']).optional(),
  header: z.boolean().optional(),
  /** Names of all columns, for a file without a header. */
  names: z.array(column).min(1).optional(),
  encoding: z.enum(['utf-8', 'windows-1252', 'utf-16le']).optional(),
  /** A file of test rows in the same form, or the share of the rows that is put aside. */
  test: z
    .union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ share: z.number().gt(0).lt(1) })])
    .default({ share: 0.3 }),
  splitSeed: z.number().int().min(0).default(0),
  /**
   * Labels that differ by blanks, case, invisible characters or spelling of a number only: as different ones, or as
   * one.
   */
  labels: z.enum(['keep', 'merge']).optional(),
  /** Rows whose target is missing. */
  unlabelled: z.enum(['refuse', 'leave-out']).default('refuse'),
  licence: z.string().default('not stated'),
  source: z.string().optional(),
  citation: z.string().default(''),
});
export type TableOptionsInput = z.input<typeof tableOptions>;
export type TableOptions = z.output<typeof tableOptions>;

export const previewColumn = z.object({
  name: z.string(),
  kind: z.enum(['number', 'category', 'text']),
  role: z.enum(['feature', 'target', 'ignored']),
  /** Why it is ignored or the target; null where that needs no reason. */
  why: z.string().nullable(),
  missing: z.number(),
  /** Words that stand for "no value" here, as they are in the file. */
  missingWords: z.array(z.string()),
  range: z.object({ minimum: z.number(), maximum: z.number() }).nullable(),
  /** The first of its levels, in their order; null for numbers and text. */
  levels: z.object({ count: z.number(), first: z.array(z.string()), ordered: z.boolean() }).nullable(),
  /** What else was done to its values. */
  notes: z.array(z.string()),
});

/** Something that only a person knows; nothing is imported until it is answered. */
export const tableQuestion = z.object({
  about: z.enum(['header', 'decimal', 'target', 'labels', 'column']),
  column: z.string().nullable(),
  message: z.string(),
  /** How it is answered on the command line; the interface has its own ways. */
  say: z.string(),
});

export const tablePreview = z.object({
  format: z.enum(['text', 'arff', 'parquet']),
  separator: z.string().nullable(),
  decimal: z.enum(['.', ',']),
  header: z.boolean(),
  rows: z.object({ train: z.number(), test: z.number() }),
  task: z.enum(['classes', 'numbers']).nullable(),
  target: z.string().nullable(),
  columns: z.array(previewColumn),
  questions: z.array(tableQuestion),
  notes: z.array(z.string()),
  /** Columns after encoding for networks, and the bytes of all rows then. */
  encoded: z.object({ columns: z.number(), bytes: z.number() }),
  /** The first rows as they are. */
  sample: z.array(z.array(z.string())),
});
export type TablePreview = z.output<typeof tablePreview>;
export type PreviewColumn = z.output<typeof previewColumn>;
export type TableQuestion = z.output<typeof tableQuestion>;
