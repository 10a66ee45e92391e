import { stream } from '../engine/random/streams.ts';
import type { CatalogueEntry, CifarLayout, ColumnsLayout, IdxLayout, TableLayout } from './entry.ts';
import { CIFAR_SIDE, readCifar } from './formats/cifar.ts';
import { decompressed } from './formats/gzip.ts';
import { readIdx } from './formats/idx.ts';
import { encodeTable, featureColumns } from './formats/table.ts';
import type { EncodedTable } from './formats/table.ts';
import { scaledPixels } from './pixels.ts';
import { reason, refusal, DOWNLOAD_AGAIN } from './refuse.ts';
import { stratifiedSplit } from './split.ts';
import { encodeRows, encodedNames, splitOf } from './tables/encode.ts';
import { tableRows } from './tables/rows.ts';
import { readStored } from './tables/stored.ts';
import type { Column, Dataset, DatasetSplit, TableColumns, Target } from './types.ts';

/** A dataset's arrays as its files hold them, not yet named by their hash. */
export type Decoded = Pick<Dataset, 'shape' | 'classes' | 'train' | 'test' | 'columns' | 'table'>;

/** A file of the dataset: its content and how to call it in a message. */
export interface SourceFile {
  readonly bytes: Uint8Array;
  readonly where: string;
}
export type ReadSource = (name: string) => Promise<SourceFile>;

/**
 * All rows, or those for training: then test files are not read, and test rows that lie in the same file are dropped.
 */
export type DatasetParts = 'all' | 'train';

/** The data set without its test rows where only the others are wanted. */
export function only<D extends Pick<Decoded, 'train' | 'test'>>(parts: DatasetParts, dataset: D): D {
  return parts === 'all' ? dataset : { ...dataset, test: noneOf(dataset.train) };
}

/** A split of the same kind without rows. */
function noneOf({ table }: DatasetSplit): DatasetSplit {
  const none = new Int32Array(0);
  const rows = table === undefined ? {} : { table: tableRows(table, none) };
  return { rows: 0, x: new Float32Array(0), y: none, ...rows };
}

/** A header and some slack beside the expected values; more than that is another file. */
const SLACK = 4096;

/**
 * Reads a dataset's files by its layout and checks them against the catalogue: rows, shape and labels.
 *
 * @throws DatasetError for anything that is not as expected.
 */
export async function decodeFiles(
  entry: CatalogueEntry,
  read: ReadSource,
  parts: DatasetParts = 'all',
): Promise<Decoded> {
  const { layout, classes, shape } = entry;
  if (layout.kind === 'idx') return { shape, classes, ...(await decodeIdx(entry, layout, read, parts)) };
  if (layout.kind === 'cifar') return { shape, classes, ...(await decodeCifar(entry, layout, read, parts)) };
  if (layout.kind === 'table') return only(parts, { shape, classes, ...(await decodeTable(entry, layout, read)) });
  if (layout.kind === 'columns') return only(parts, { shape, classes, ...(await decodeColumns(entry, layout, read)) });
  throw new TypeError(`"${entry.id}" is generated and has no files.`);
}

/** A table of a person's as it is kept. Throws as `decodeFiles`. */
export async function columnsOf(entry: CatalogueEntry, layout: ColumnsLayout, read: ReadSource): Promise<TableColumns> {
  const { bytes, where } = await read(layout.file);
  const table = readStored(bytes, layout, where);
  checkRows(entry, entry.rows.train + entry.rows.test, table.rows, where, 'rows', false);
  const { kind, name } = layout.target;
  return {
    columns: storedColumns(layout),
    target: targetOf(entry.classes, kind, [name]),
    values: table.columns,
    y: table.y,
    ...splitOf(layout, entry, table),
  };
}

async function decodeColumns(
  entry: CatalogueEntry,
  layout: ColumnsLayout,
  read: ReadSource,
): Promise<Pick<Decoded, 'train' | 'test' | 'columns' | 'table'>> {
  const table = await columnsOf(entry, layout, read);
  const { columns, target } = table;
  const splitOfRows = (rows: Int32Array): DatasetSplit => ({
    ...encodeRows(table, layout.columns, rows),
    table: tableRows({ values: table.values, numbers: table.y instanceof Float64Array ? table.y : null }, rows),
  });
  return {
    columns: encodedNames(layout.columns),
    table: { columns, target },
    train: splitOfRows(table.train),
    test: splitOfRows(table.test),
  };
}

async function decodeIdx(
  entry: CatalogueEntry,
  layout: IdxLayout,
  read: ReadSource,
  parts: DatasetParts,
): Promise<Pick<Decoded, 'train' | 'test'>> {
  const train = idxSplit(entry, layout, entry.rows.train, [layout.trainImages, layout.trainLabels], read);
  if (parts === 'train') return { train: await train, test: noneOf(await train) };
  const test = idxSplit(entry, layout, entry.rows.test, [layout.testImages, layout.testLabels], read);
  // Where both are wrong the training files are named, whichever are read faster.
  test.catch(() => undefined);
  return { train: await train, test: await test };
}

async function idxSplit(
  entry: CatalogueEntry,
  layout: IdxLayout,
  rows: number,
  [imageFile, labelFile]: readonly [string, string],
  read: ReadSource,
): Promise<DatasetSplit> {
  const [images, labels] = await Promise.all([read(imageFile), read(labelFile)]);
  const [height = 0, width = 0] = entry.shape;
  const largest = SLACK + Math.max(entry.rows.train, entry.rows.test) * height * width;
  const [imageBytes, labelBytes] = await Promise.all([
    decompressed(images.bytes, images.where, largest),
    decompressed(labels.bytes, labels.where, largest),
  ]);
  const { dimensions, values } = readIdx(imageBytes, 3, images.where);
  if (dimensions[1] !== height || dimensions[2] !== width) {
    throw refusal({
      where: images.where,
      expected: `images of ${height} × ${width} pixels`,
      found: `${dimensions[1]} × ${dimensions[2]}`,
      remedy: 'Check that this is a file of this dataset.',
    });
  }
  checkRows(entry, rows, dimensions[0] ?? 0, images.where, 'images');
  const classes = readIdx(labelBytes, 1, labels.where);
  checkRows(entry, rows, classes.dimensions[0] ?? 0, labels.where, 'labels');
  const y = labelled(entry, classes.values, layout.firstLabel, labels.where);
  return { rows, x: scaledPixels(layout.transposed ? transposed(values, rows, height, width) : values), y };
}

function transposed(values: Uint8Array, rows: number, height: number, width: number): Uint8Array {
  const out = new Uint8Array(values.length);
  const size = height * width;
  for (let row = 0; row < rows; row += 1) {
    for (let i = 0; i < height; i += 1) {
      for (let j = 0; j < width; j += 1) out[row * size + i * width + j] = values[row * size + j * height + i];
    }
  }
  return out;
}

async function decodeCifar(
  entry: CatalogueEntry,
  layout: CifarLayout,
  read: ReadSource,
  parts: DatasetParts,
): Promise<Pick<Decoded, 'train' | 'test'>> {
  const train = await cifarSplit(entry, layout, layout.train, entry.rows.train, read);
  if (parts === 'train') return { train, test: noneOf(train) };
  return { train, test: await cifarSplit(entry, layout, layout.test, entry.rows.test, read) };
}

async function cifarSplit(
  entry: CatalogueEntry,
  layout: CifarLayout,
  names: readonly string[],
  rows: number,
  read: ReadSource,
): Promise<DatasetSplit> {
  const size = CIFAR_SIDE * CIFAR_SIDE * 3;
  const perFile = rows / names.length;
  const x = new Float32Array(rows * size);
  const y = new Int32Array(rows);
  let row = 0;
  for (const name of names) {
    const { bytes, where } = await read(name);
    const content = await decompressed(
      bytes,
      where,
      SLACK + Math.max(entry.rows.train, entry.rows.test) * (size + layout.labelBytes),
    );
    const records = readCifar(content, layout.labelBytes, where);
    checkRows(entry, perFile, records.rows, where, 'records', names.length === 1);
    const labels = records.labels.filter((_, i) => i % layout.labelBytes === layout.labelBytes - 1);
    y.set(labelled(entry, labels, 0, where), row);
    scaledPixels(records.pixels, x.subarray(row * size, (row + records.rows) * size));
    row += records.rows;
  }
  return { rows, x, y };
}

function checkRows(
  entry: CatalogueEntry,
  expected: number,
  found: number,
  where: string,
  what: string,
  mayBeSwapped = true,
): void {
  if (found === expected) return;
  const other = expected === entry.rows.train ? entry.rows.test : entry.rows.train;
  const swapped = mayBeSwapped && found === other;
  throw refusal({
    where,
    expected: `${expected} ${what}`,
    found: swapped
      ? `${found}, as many as the ${expected === entry.rows.train ? 'test' : 'training'} file of ${entry.title} has`
      : `${found}`,
    remedy: swapped
      ? 'The training and test files seem to be swapped: give each one its published name.'
      : DOWNLOAD_AGAIN,
  });
}

/** Class indices from label bytes. */
function labelled(entry: CatalogueEntry, labels: Uint8Array, firstLabel: number, where: string): Int32Array {
  const last = firstLabel + entry.classes.length - 1;
  const wrong = labels.findIndex((label) => label < firstLabel || label > last);
  if (wrong >= 0) {
    throw refusal({
      where: `${where}, record ${wrong + 1}`,
      expected: `a label of ${firstLabel} … ${last}`,
      found: String(labels[wrong]),
      remedy: `Check that this is a label file of ${entry.title}; if it is, it is damaged. ${DOWNLOAD_AGAIN}`,
    });
  }
  return Int32Array.from(labels, (label) => label - firstLabel);
}

async function decodeTable(
  entry: CatalogueEntry,
  layout: TableLayout,
  read: ReadSource,
): Promise<Pick<Decoded, 'train' | 'test' | 'columns' | 'table'>> {
  const train = await encoded(entry, layout, await read(layout.train));
  const isTable = entry.kind === 'table';
  const columns = isTable ? { columns: train.columns, table: describedTable(entry) ?? undefined } : {};
  if (layout.test !== null) {
    const testFile = await read(layout.test);
    const test = await encoded(entry, layout, testFile);
    checkRows(entry, entry.rows.train, train.rows, layout.train, 'rows');
    checkRows(entry, entry.rows.test, test.rows, testFile.where, 'rows');
    return {
      ...columns,
      ...filled(rowsOf(train, allRows(train), isTable), rowsOf(test, allRows(test), isTable), train.columns.length),
    };
  }
  checkRows(entry, entry.rows.train + entry.rows.test, train.rows, layout.train, 'rows', false);
  if (layout.split === null)
    throw refusal({
      where: entry.id,
      expected: 'a test file or a split in the layout',
      found: 'neither',
      remedy: "Add `split` to the dataset's manifest entry.",
    });
  // Rows with a number to be told are of one class here: their split is plainly random.
  const split = stratifiedSplit(
    train.y,
    Math.max(1, entry.classes.length),
    layout.split.testShare,
    stream(layout.split.seed, `datasets/${entry.id}/split`),
  );
  return {
    ...columns,
    ...filled(rowsOf(train, split.train, isTable), rowsOf(train, split.test, isTable), train.columns.length),
  };
}

const allRows = ({ rows }: EncodedTable): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

/** What the columns of a table are, and what is to be told of a row; null for a layout that is no table. */
export function describedTable({ classes, layout }: CatalogueEntry): Dataset['table'] | null {
  if (layout.kind === 'columns')
    return { columns: storedColumns(layout), target: targetOf(classes, layout.target.kind, [layout.target.name]) };
  if (layout.kind !== 'table') return null;
  const numbers = layout.columns.filter(({ kind }) => kind === 'number-target').map(({ name }) => name);
  const kind = numbers.length > 0 ? 'numbers' : 'classes';
  return { columns: featureColumns(layout.columns), target: targetOf(classes, kind, numbers) };
}

const targetOf = (classes: readonly string[], kind: Target['kind'], names: readonly string[]): Target => ({
  kind,
  names: kind === 'classes' ? classes : names,
});

const storedColumns = ({ columns }: ColumnsLayout): Column[] =>
  columns.map((column) =>
    column.kind === 'number'
      ? { name: column.name, kind: 'number' }
      : { name: column.name, kind: 'category', levels: column.levels, ordered: column.ordered },
  );

/** Both splits with the training rows' mean where a number is missing. */
function filled(train: DatasetSplit, test: DatasetSplit, width: number): Pick<Decoded, 'train' | 'test'> {
  for (let column = 0; column < width; column += 1) {
    let [sum, count] = [0, 0];
    for (let at = column; at < train.x.length; at += width)
      if (!Number.isNaN(train.x[at])) [sum, count] = [sum + train.x[at], count + 1];
    for (const { x } of [train, test])
      for (let at = column; at < x.length; at += width) if (Number.isNaN(x[at])) x[at] = count === 0 ? 0 : sum / count;
  }
  return { train, test };
}

async function encoded(
  entry: CatalogueEntry,
  layout: TableLayout,
  { bytes, where }: SourceFile,
): Promise<EncodedTable> {
  const content = await decompressed(bytes, where, 1 << 30);
  const table = encodeTable(utf8(content, where), layout, where);
  const wanted = entry.shape.reduce((product, size) => product * size, 1);
  if (table.columns.length !== wanted) {
    throw refusal({
      where,
      expected: `${wanted} encoded columns`,
      found: String(table.columns.length),
      remedy: 'The layout in the manifest does not fit the shape.',
    });
  }
  return table;
}

/** @throws DatasetError for bytes that are no UTF-8. */
export function utf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw refusal({
      where,
      expected: 'text in UTF-8',
      found: `other bytes (${reason(error)})`,
      remedy: 'Save the table as CSV in UTF-8 and try again.',
    });
  }
}

function rowsOf(table: EncodedTable, rows: Int32Array, isTable: boolean): DatasetSplit {
  const width = table.columns.length;
  const x = new Float32Array(rows.length * width);
  const y = new Int32Array(rows.length);
  rows.forEach((row, i) => {
    x.set(table.x.subarray(row * width, (row + 1) * width), i * width);
    y[i] = table.y[row] ?? 0;
  });
  return { rows: rows.length, x, y, ...(isTable ? { table: tableRows(table.table, rows) } : {}) };
}
