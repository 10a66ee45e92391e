import { shortText } from '../../base/shortened.ts';
import { setImmediate as tick } from 'node:timers/promises';
import type { FileHandle } from 'node:fs/promises';
import { openRegular } from '../regular-file.ts';
import { refusal } from '../refuse.ts';
import { arffHeader, isArff } from './arff.ts';
import type { Attribute } from './arff.ts';
import type { Decimal } from './cells.ts';
import { ColumnBuilder } from './column.ts';
import type { ColumnFacts } from './column.ts';
import { dialectOf, shownSeparator } from './dialect.ts';
import type { Dialect } from './dialect.ts';
import { LIMITS, TABLE, counted, sized } from './limits.ts';
import type { TableOptions, TablePreview, TableQuestion } from './options.ts';
import { isParquet, openParquet } from './parquet.ts';
import { recordsOf } from './records.ts';
import { isPacked, sampleOf, textOf } from './text.ts';
import type { TextSample } from './text.ts';

/**
 * A table's columns as they were read, before anything is decided about them. Test rows come after the training rows.
 */
export interface RawTable {
  readonly format: TablePreview['format'];
  readonly separator: string | null;
  readonly decimal: Decimal;
  readonly header: boolean;
  readonly columns: readonly ColumnFacts[];
  /** What an ARFF file declares about its columns; null for other formats. */
  readonly declared: readonly Attribute[] | null;
  readonly rows: { readonly train: number; readonly test: number };
  readonly sample: readonly (readonly string[])[];
  readonly questions: readonly TableQuestion[];
  readonly notes: readonly string[];
}

const SAMPLE_ROWS = 20;

/**
 * Reads a table and, where there is one, its file of test rows.
 *
 * @throws DatasetError when a file is no table, a row has another width than the others, or there is more than can be
 * kept.
 */
export async function readTable(file: string, options: TableOptions): Promise<RawTable> {
  const handle = await openRegular(file, TABLE);
  try {
    const source = await sourceOf(handle, file, options);
    const into = new Filling(source, options.missing);
    await fill(into, handle, file, source, false);
    const train = into.rows;
    if ('file' in options.test) await fillTest(into, source, options.test.file, options);
    if (into.rows < 2)
      throw refusal({
        where: file,
        expected: 'at least two rows',
        found: String(into.rows),
        remedy: 'Check that this is the right file.',
      });
    return {
      format: source.format,
      separator: source.dialect?.separator ?? null,
      decimal: source.dialect?.decimal ?? '.',
      header: source.dialect?.header ?? true,
      columns: into.builders.map((builder) => builder.facts()),
      declared: source.declared,
      rows: { train, test: into.rows - train },
      sample: into.sample,
      questions: source.dialect?.questions ?? [],
      notes: source.dialect?.notes ?? [],
    };
  } finally {
    await handle.close();
  }
}

interface Source {
  readonly format: TablePreview['format'];
  readonly names: readonly string[];
  readonly declared: readonly Attribute[] | null;
  readonly dialect: Dialect | null;
  readonly sample: TextSample | null;
}

async function sourceOf(handle: FileHandle, where: string, options: TableOptions): Promise<Source> {
  if (await isParquet(handle)) {
    const { names, rows } = await openParquet(handle, where);
    checkCells(rows, names.length, where);
    return { format: 'parquet', names: distinct(names), declared: null, dialect: null, sample: null };
  }
  const sample = await sampleOf(handle, where, options.encoding);
  if (isArff(sample.text)) {
    const { attributes, lines, quote } = arffHeader(sample, where);
    const names = distinct(attributes.map(({ name }) => name));
    const dialect: Dialect = {
      ...{ separator: ',', quote, decimal: '.', header: true, skip: lines, names },
      ...{ questions: [], notes: [] },
    };
    return { format: 'arff', names, declared: attributes, dialect, sample };
  }
  const dialect = dialectOf(sample, options, where);
  if (!(await isPacked(handle))) {
    const rows = (await handle.stat()).size / Math.max(1, sample.bytes / sample.text.split('\n').length);
    if (!sample.whole) checkCells(Math.round(rows), dialect.names.length, where, 'about ');
  }
  return { format: 'text', names: dialect.names, declared: null, dialect, sample };
}

function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((wanted, c) => {
    let name = wanted === '' ? `column ${c + 1}` : wanted;
    for (let n = 2; taken.has(name); n += 1) name = `${wanted} (${n})`;
    taken.add(name);
    return name;
  });
}

/** Refuses what would not fit, before memory is taken for it. */
function checkCells(rows: number, columns: number, where: string, about = ''): void {
  if (rows * columns <= LIMITS.cells) return;
  throw refusal({
    where,
    expected: `at most ${counted(LIMITS.cells)} values`,
    found: `${about}${counted(rows)} rows × ${counted(columns)} columns = ${counted(rows * columns)}`,
    remedy: 'Take a part of the rows, or leave columns out of the file.',
  });
}

/** The columns while rows come in. */
class Filling {
  readonly builders: readonly ColumnBuilder[];
  readonly sample: string[][] = [];
  rows = 0;

  constructor(source: Source, missing: readonly string[] | undefined) {
    const noValue = new Set(missing?.map((word) => word.trim()));
    this.builders = source.names.map((name) => new ColumnBuilder(name, source.dialect?.decimal ?? '.', noValue));
  }
  add(cells: readonly (string | null)[], line: number, test: boolean): void {
    if (this.sample.length < SAMPLE_ROWS) this.sample.push(cells.map((cell) => cell ?? ''));
    this.builders.forEach((builder, c) => builder.add(cells[c], line, test));
    this.rows += 1;
  }
  /** Looked at between pieces: what was estimated may be wrong, and a packed file can't be estimated. */
  check(where: string): void {
    checkCells(this.rows, this.builders.length, where, 'more than ');
    const used = process.memoryUsage.rss();
    if (used <= LIMITS.memoryBytes) return;
    throw refusal({
      where,
      expected: `a table that can be read with ${sized(LIMITS.memoryBytes)} of memory`,
      found: `${sized(used)} in use after ${counted(this.rows)} rows`,
      remedy: 'Take a part of the rows, or leave columns out of the file.',
    });
  }
}

async function fill(into: Filling, handle: FileHandle, where: string, source: Source, test: boolean): Promise<void> {
  if (source.dialect === null || source.sample === null) {
    const table = await openParquet(handle, where);
    let row = 0;
    for await (const group of table.groups()) {
      for (let i = 0; i < (group[0]?.length ?? 0); i += 1) {
        into.add(
          group.map((column) => column[i]),
          (row += 1),
          test,
        );
      }
      into.check(where);
    }
    return;
  }
  const { dialect, sample } = source;
  const width = dialect.names.length;
  for await (const { cells, lines } of recordsOf(
    textOf(handle, where, sample.encoding),
    dialect,
    dialect.skip,
    where,
  )) {
    for (const [i, row] of cells.entries()) {
      if (source.format === 'arff' && row[0].startsWith('%')) continue;
      if (row.length !== width) throw ragged(where, lines[i], row, dialect);
      into.add(row, lines[i], test);
    }
    into.check(where);
    // Somebody may want to end this process, or see that it lives.
    await tick();
  }
}

function ragged(where: string, line: number, row: readonly string[], { names, separator }: Dialect): Error {
  const shown = row.join(separator === 'blanks' ? ' ' : separator);
  return refusal({
    where: `${where}, row ${line}`,
    expected: `${names.length} values separated by ${shownSeparator(separator)}`,
    found: `${row.length} ("${shortText(shown, 80)}")`,
    remedy:
      row.length > names.length
        ? 'Put quotes around a value that holds the separator, or name another one (`--separator`).'
        : 'The file may be truncated, or the separator another one (`--separator`).',
  });
}

/** The test rows, which must have the same columns. */
async function fillTest(into: Filling, source: Source, file: string, options: TableOptions): Promise<void> {
  const handle = await openRegular(file, TABLE);
  try {
    const other = await sourceOf(handle, file, {
      ...options,
      ...(source.dialect === null
        ? {}
        : { separator: source.dialect.separator, decimal: source.dialect.decimal, header: source.dialect.header }),
      ...(source.dialect?.header === false ? { names: [...source.names] } : {}),
    });
    if (other.format !== source.format)
      throw refusal({
        where: file,
        expected: `the format of the training rows (${source.format})`,
        found: other.format,
        remedy: 'Bring both files into one format.',
      });
    const wrong = source.names.findIndex((name, c) => other.names[c] !== name);
    if (wrong >= 0 || other.names.length !== source.names.length)
      throw refusal({
        where: `${file}, header`,
        expected:
          `the columns of the training rows (${source.names.length}: ` +
          `"${source.names[Math.max(0, wrong)]}" as column ${Math.max(0, wrong) + 1})`,
        found: wrong < 0 ? `${other.names.length} columns` : `"${other.names[wrong] ?? 'no column'}"`,
        remedy: 'Check that both files have the same columns in the same order, and both a header or none.',
      });
    await fill(into, handle, file, other, true);
  } finally {
    await handle.close();
  }
}
