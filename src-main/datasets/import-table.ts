import { copyFile, readFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import Papa from 'papaparse';
import { z } from 'zod';
import { stream } from '../engine/streams.ts';
import { catalogueEntry, tableLayout } from './catalogue.ts';
import type { CatalogueEntry, TableColumn, TableLayout } from './catalogue.ts';
import { utf8 } from './decode.ts';
import { encodeTable, encodedColumns, isMissing, parseCells } from './formats/table.ts';
import { install, makeStage, storageError } from './installed.ts';
import type { Candidate, Receipt } from './installed.ts';
import type { DatasetPaths } from './paths.ts';
import { reason, refusal } from './refuse.ts';
import { stratifiedSplit } from './split.ts';

/** What a column was taken for. */
export interface SniffedColumn {
  readonly name: string;
  /** `ignore`: the same in all rows, or text that hardly repeats (names, numbers of rows). */
  readonly kind: 'numeric' | 'categorical' | 'ignore';
  readonly distinct: number;
  readonly missing: number;
  /** The values of a categorical column, in the order in which they are encoded; empty otherwise. */
  readonly levels: readonly string[];
}

/** A table as it was understood, for a person to confirm before it is imported. */
export interface TablePreview {
  readonly separator: string;
  readonly header: boolean;
  readonly rows: number;
  readonly columns: readonly SniffedColumn[];
  /** The column that looks like the class. */
  readonly target: string;
  /** The first rows as they are. */
  readonly sample: readonly (readonly string[])[];
}

export const tableImportOptions = z.strictObject({
  /** By default made from the file's name. */
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]*$/, 'use lower-case letters, digits, dots and hyphens')
    .optional(),
  title: z.string().min(1).optional(),
  /** Column with the class; by default the one called class, target, label or y, else the last. */
  target: z.string().optional(),
  separator: z.string().length(1).optional(),
  header: z.boolean().optional(),
  /** Instead of what was sniffed. An ordinal column needs its levels in order. */
  columns: z
    .record(
      z.string(),
      z.union([z.enum(['numeric', 'categorical', 'ignore']), z.strictObject({ ordinal: z.array(z.string()).min(2) })]),
    )
    .default({}),
  /** A table of test rows in the same format; else a stratified share of the rows is put aside. */
  testFile: z.string().optional(),
  testShare: z.number().gt(0).lt(1).default(0.3),
  splitSeed: z.number().int().min(0).default(0),
  missing: z.enum(['refuse', 'drop-rows']).default('refuse'),
  licence: z.string().default('not stated'),
  source: z.string().optional(),
  citation: z.string().default(''),
});
export type TableImportOptions = z.input<typeof tableImportOptions>;
type Options = z.output<typeof tableImportOptions>;

const SEPARATORS = [',', ';', '\t', '|', ' '];
const TARGET_NAMES = ['class', 'target', 'label', 'y', 'outcome'];
const MOST_CLASSES = 1000;
/** A text column with more values than this, and fewer than two rows for each, is taken for names. */
const MOST_LEVELS = 50;

/**
 * How a delimited text would be understood: separator, header, the kind of every column, the target and some rows.
 *
 * @throws DatasetError when the file can't be read or is no table.
 */
export async function previewTable(file: string, options: TableImportOptions = {}): Promise<TablePreview> {
  return sniff(await readText(file), tableImportOptions.parse(options), file).preview;
}

/**
 * Installs the user's own table as a dataset. Numbers stay as they are, text columns become one 0/1 column per level, ordinal ones (declared) their
 * rank; the target's values become classes, numbers in their order, text alphabetically. Levels are those of both files together.
 *
 * @param taken ids that are in use.
 * @throws DatasetError when the table, a column or the target can't be used, or the id is taken.
 */
export async function importTable(
  paths: DatasetPaths,
  file: string,
  given: TableImportOptions,
  taken: ReadonlySet<string>,
): Promise<Receipt> {
  const parsed = tableImportOptions.safeParse(given);
  if (!parsed.success)
    throw refusal({
      where: file,
      expected: 'usable options for the import',
      found: z.prettifyError(parsed.error),
      remedy: 'Correct the options.',
    });
  const options = parsed.data;
  const id = options.id ?? slug(file);
  if (taken.has(id))
    throw refusal({
      where: file,
      expected: 'an id that is free',
      found: `"${id}", which another dataset has`,
      remedy: 'Choose another id.',
    });
  const entry = await describe(file, id, options);
  const stage = await makeStage(paths, id);
  const sources =
    options.testFile === undefined
      ? ([['train.csv', file]] as const)
      : ([
          ['train.csv', file],
          ['test.csv', options.testFile],
        ] as const);
  const candidates = new Map<string, Candidate>();
  for (const [name, from] of sources) {
    await copyFile(from, join(stage, name)).catch((error: unknown) => {
      throw storageError(error, paths.root);
    });
    candidates.set(name, { path: join(stage, name), where: from });
  }
  return install(paths, entry, stage, candidates, { how: 'import', from: file });
}

/** The catalogue entry that a table of the user's gets. */
async function describe(file: string, id: string, options: Options): Promise<CatalogueEntry> {
  const text = await readText(file);
  const testText = options.testFile === undefined ? null : await readText(options.testFile);
  const { preview, cells } = sniff(text, options, file);
  const testCells =
    testText === null || options.testFile === undefined
      ? []
      : parseCells(testText, preview.separator, options.testFile).slice(preview.header ? 1 : 0);
  const target = preview.columns.findIndex((column) => column.name === preview.target);
  const valuesOf = (c: number): string[] => [...cells, ...testCells].map((row) => row[c] ?? '');
  const columns = preview.columns.map((column, c): TableColumn => {
    if (c === target) return { name: column.name, kind: 'target', levels: classLevels(valuesOf(c), column.name, file) };
    const chosen = options.columns[column.name] ?? column.kind;
    if (typeof chosen !== 'string') return { name: column.name, kind: 'ordinal', levels: chosen.ordinal };
    if (chosen === 'categorical') return { name: column.name, kind: 'categorical', levels: levels(valuesOf(c)) };
    return { name: column.name, kind: chosen };
  });
  const layout: TableLayout = tableLayout.parse({
    kind: 'table',
    train: 'train.csv',
    test: testText === null ? null : 'test.csv',
    separator: preview.separator,
    header: preview.header,
    columns,
    split: testText === null ? { testShare: options.testShare, seed: options.splitSeed } : null,
    missing: options.missing,
  });
  const shape = encodedColumns(columns).length;
  if (shape === 0)
    throw refusal({
      where: file,
      expected: 'at least one column besides the target',
      found: 'none that can be used',
      remedy: "Declare the columns' kinds.",
    });
  const classes = columns.flatMap((column) => (column.kind === 'target' ? column.levels : []));
  return catalogueEntry.parse({
    id,
    title: options.title ?? basename(file, extname(file)),
    kind: 'table',
    origin: 'user',
    rows: countRows(id, layout, text, file, testText, options, classes),
    shape: [shape],
    classes,
    licence: options.licence,
    source: options.source ?? file,
    citation: options.citation,
    files: [{ name: 'train.csv' }, ...(testText === null ? [] : [{ name: 'test.csv' }])],
    layout,
  });
}

function countRows(
  id: string,
  layout: TableLayout,
  text: string,
  file: string,
  testText: string | null,
  options: Options,
  classes: readonly string[],
): { train: number; test: number } {
  const table = encodeTable(text, layout, file);
  if (testText !== null)
    return { train: table.rows, test: encodeTable(testText, layout, options.testFile ?? file).rows };
  try {
    const split = stratifiedSplit(
      table.y,
      classes.length,
      options.testShare,
      stream(options.splitSeed, `datasets/${id}/split`),
    );
    return { train: split.train.length, test: split.test.length };
  } catch (error) {
    const counts = classes.map((name, c) => ({ name, rows: table.y.filter((label) => label === c).length }));
    const small = counts.find(({ rows }) => rows < 2);
    throw refusal({
      where: file,
      expected: 'at least two rows of every class, to put some aside for testing',
      found: small === undefined ? reason(error) : `${small.rows} of class "${small.name}"`,
      remedy: 'Add rows, leave the class out, or give a test file.',
    });
  }
}

function sniff(
  text: string,
  options: Options,
  where: string,
): { preview: TablePreview; cells: readonly (readonly string[])[] } {
  const separator = options.separator ?? sniffSeparator(text, where);
  const all = parseCells(text, separator, where);
  const width = all[0]?.length ?? 0;
  if (all.length < 2 || width < 2) {
    throw refusal({
      where,
      expected: 'a table with at least two rows and two columns',
      found: `${all.length} × ${width}`,
      remedy: 'Check the file, or name its separator.',
    });
  }
  const header = options.header ?? sniffHeader(all);
  const names = header ? (all[0] ?? []) : Array.from({ length: width }, (_, c) => `column ${c + 1}`);
  const twice = names.find((name, c) => names.indexOf(name) !== c);
  if (twice !== undefined)
    throw refusal({
      where: `${where}, header`,
      expected: 'a different name for every column',
      found: `"${twice}" twice`,
      remedy: 'Rename one, or import without a header.',
    });
  const cells = header ? all.slice(1) : all;
  const target =
    options.target ?? names.find((name) => TARGET_NAMES.includes(name.toLowerCase())) ?? names[width - 1] ?? '';
  const unknown = [target, ...Object.keys(options.columns)].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw refusal({
      where,
      expected: `a column out of ${names.map((name) => `"${name}"`).join(', ')}`,
      found: `"${unknown}"`,
      remedy: 'Name one of the columns.',
    });
  const columns = names.map((name, c) =>
    sniffColumn(
      name,
      cells.map((row) => row[c] ?? ''),
    ),
  );
  return { cells, preview: { separator, header, rows: cells.length, columns, target, sample: cells.slice(0, 20) } };
}

/** The separator that cuts the first rows most evenly, into the most columns. */
function sniffSeparator(text: string, where: string): string {
  let best = { separator: '', columns: 1 };
  for (const separator of SEPARATORS) {
    const { data } = Papa.parse<string[]>(text, { delimiter: separator, preview: 50, skipEmptyLines: 'greedy' });
    const columns = data[0]?.length ?? 0;
    // With blanks between numbers and commas inside them, the separator that cuts all rows alike is the right one.
    if (columns > best.columns && data.every((row) => row.length === columns)) best = { separator, columns };
  }
  if (best.separator === '')
    throw refusal({
      where,
      expected: 'rows cut evenly by a comma, semicolon, tab, bar or blank',
      found: 'none of these',
      remedy: 'Check that the file is a table and not truncated, or name its separator.',
    });
  return best.separator;
}

/** A header is a first row without a number above a column of numbers, or, in an all-text table, one whose values never come again below. */
function sniffHeader(rows: readonly (readonly string[])[]): boolean {
  const first = rows[0] ?? [];
  const below = rows.slice(1);
  if (first.some((value) => isNumber(value) || value === '')) return false;
  if (first.some((_, c) => below.every((row) => isNumber(row[c] ?? '') || isMissing(row[c] ?? '')))) return true;
  return first.every((value, c) => below.every((row) => row[c] !== value));
}

function sniffColumn(name: string, values: readonly string[]): SniffedColumn {
  const present = values.filter((value) => !isMissing(value));
  const distinct = new Set(present).size;
  const missing = values.length - present.length;
  const numeric = present.length > 0 && present.every(isNumber);
  if (distinct <= 1 || (!numeric && distinct > MOST_LEVELS && distinct > present.length / 2))
    return { name, kind: 'ignore', distinct, missing, levels: [] };
  return numeric
    ? { name, kind: 'numeric', distinct, missing, levels: [] }
    : { name, kind: 'categorical', distinct, missing, levels: levels(values) };
}

function isNumber(value: string): boolean {
  return value !== '' && Number.isFinite(Number(value));
}

/** Distinct values without missing ones: numbers in their order, text by its code units. */
function levels(values: readonly string[]): string[] {
  const distinct = [...new Set(values.filter((value) => !isMissing(value)))];
  return distinct.every(isNumber)
    ? distinct.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    : distinct.sort();
}

function classLevels(values: readonly string[], target: string, where: string): string[] {
  const classes = levels(values);
  const looksContinuous = classes.length > 20 && classes.every(isNumber) && classes.length > values.length / 4;
  if (classes.length < 2 || classes.length > MOST_CLASSES || looksContinuous) {
    throw refusal({
      where,
      expected: `2 … ${MOST_CLASSES} classes in the target column "${target}"`,
      found: `${classes.length} different values${looksContinuous ? ', a continuous number' : ''}`,
      remedy: 'Choose another target column; Touchstone compares classification methods.',
    });
  }
  return classes;
}

async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw refusal({ where: file, expected: 'a readable table', found: reason(error), remedy: 'Check the path.' });
  });
  return utf8(bytes, file);
}

/** `My Table (2).csv` → `my-table-2`. */
function slug(file: string): string {
  const name = basename(file, extname(file))
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return name === '' ? 'table' : name;
}
