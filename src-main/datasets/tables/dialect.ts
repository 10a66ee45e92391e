import { joinedAtMost, shortened } from '../../base/shortened.ts';
import { refusal } from '../refuse.ts';
import { decimalEvidence, missingWords, plainNumber, unusualNumber } from './cells.ts';
import type { Decimal } from './cells.ts';
import { LIMITS, counted } from './limits.ts';
import type { TableOptions, TableQuestion } from './options.ts';
import { cut } from './records.ts';
import type { Cutting } from './records.ts';
import type { TextSample } from './text.ts';

/** How a delimited text is written, from its beginning and from what the person says. */
export interface Dialect extends Cutting {
  readonly decimal: Decimal;
  readonly header: boolean;
  /** Lines before the table: `sep=;`, comments, and the header. */
  readonly skip: number;
  readonly names: readonly string[];
  readonly questions: readonly TableQuestion[];
  readonly notes: readonly string[];
}

const SEPARATORS = [',', ';', '\t', '|', ' '] as const;
/** Signs that stand for a separator where they are found again and again inside the cells of another one. */
const SUSPICIOUS = [',', ';', '\t', '|'];

export function shownSeparator(separator: string): string {
  if (separator === '\t') return 'a tab';
  if (separator === ' ') return 'a blank';
  return separator === 'blanks' ? 'blanks' : `"${separator}"`;
}

/**
 * Decides on separator, decimal sign, header and names. What can't be known becomes a question, never a guess.
 *
 * @throws DatasetError when the text is no table, or has more columns than can be kept.
 */
export function dialectOf(sample: TextSample, options: TableOptions, where: string): Dialect {
  const preamble = preambleOf(sample.text);
  const text = sample.text.slice(preamble.length);
  const separator = options.separator ?? preamble.separator ?? separatorOf(text, sample.whole, where);
  const cutting: Cutting = { separator, quote: '"' };
  const rows = rowsOf(text, cutting, sample.whole);
  const width = modalWidth(rows);
  if (rows.length < 2 || width < 2)
    throw refusal({
      where,
      expected: 'a table with at least two rows and two columns',
      found: `${rows.length} × ${rows.length === 0 ? 0 : width}, cut at ${shownSeparator(separator)}`,
      remedy: 'Check the file, or name its separator: `--separator ";"`.',
    });
  if (width > LIMITS.columns)
    throw refusal({
      where,
      expected: `at most ${counted(LIMITS.columns)} columns`,
      found: counted(width),
      remedy: 'Leave some out, or turn the table so that examples are rows.',
    });
  const questions: TableQuestion[] = [];
  const isMissing = missingWords(options.missing).amongNumbers;
  const decimal = options.decimal ?? decimalOf(rows.slice(1), width, separator, isMissing, questions);
  const first = rows[0];
  const header =
    options.header ?? (options.names !== undefined ? false : headerOf(rows, width, decimal, isMissing, questions));
  const { names, notes } = namesOf(header ? first : null, width, options, where);
  return {
    ...cutting,
    decimal,
    header,
    skip: preamble.lines + (header ? linesOfHeader(text, cutting) : 0),
    names,
    questions,
    notes: [...preamble.notes, ...notes],
  };
}

interface Preamble {
  readonly length: number;
  readonly lines: number;
  readonly separator: string | null;
  readonly notes: readonly string[];
}

/** `sep=;`, as spreadsheets write it, and comments (# or %) in the first lines. */
function preambleOf(text: string): Preamble {
  let length = 0;
  let lines = 0;
  let comments = 0;
  let separator: string | null = null;
  for (;;) {
    const end = text.indexOf('\n', length);
    const line = text.slice(length, end < 0 ? text.length : end);
    const named = /^"?sep=(.)"?$/i.exec(line);
    if (named !== null && lines === 0) separator = named[1];
    else if (/^[#%]/.test(line)) comments += 1;
    else break;
    if (end < 0) break;
    length = end + 1;
    lines += 1;
  }
  return {
    length,
    lines,
    separator,
    notes: [
      ...(separator === null ? [] : [`The line "sep=${separator}" is obeyed.`]),
      ...(comments === 0
        ? []
        : [`${comments} comment ${comments === 1 ? 'line' : 'lines'} at the beginning left out.`]),
    ],
  };
}

/** Rows of the sample, without blank ones. */
function rowsOf(text: string, cutting: Cutting, whole: boolean, most = 500): string[][] {
  const { data } = cut(text, cutting, whole);
  // A sample to guess from, not a list that anybody is shown.
  const { shown } = shortened(
    data.filter((row) => !isBlank(row)),
    most,
  );
  return [...shown];
}

const isBlank = (row: readonly string[]): boolean => row.every((cell) => cell.trim() === '');

/** Lines up to the end of the first row that is not blank. */
function linesOfHeader(text: string, cutting: Cutting): number {
  let lines = 0;
  for (const row of cut(text, cutting, true).data) {
    lines += 1 + row.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
    if (!isBlank(row)) break;
  }
  return lines;
}

/** The width that most rows have. A single ragged row must not decide how all others are read. */
function modalWidth(rows: readonly (readonly string[])[]): number {
  const counts = new Map<number, number>();
  for (const { length } of rows) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort(([a, n], [b, m]) => m - n || b - a)[0]?.[0] ?? 0;
}

/** The separator under which nearly all rows have one width and the cells hold no other separator again and again. */
function separatorOf(text: string, whole: boolean, where: string): string {
  const scored = SEPARATORS.flatMap((separator) => {
    const rows = rowsOf(text, { separator, quote: '"' }, whole, 100);
    const width = modalWidth(rows);
    const even = rows.filter(({ length }) => length === width).length / Math.max(1, rows.length);
    if (width < 2 || even < 0.8) return [];
    const strange = strangeColumns(rows.filter(({ length }) => length === width).slice(1), width, separator);
    return [{ separator, width, clean: 1 - strange / width }];
  });
  scored.sort((a, b) => b.clean - a.clean || b.width - a.width);
  const best = scored[0];
  // A single blank cuts columns that are padded with several ones unevenly.
  if (best === undefined || (best.separator === ' ' && best.clean < 1)) {
    const rows = rowsOf(text, { separator: 'blanks', quote: '"' }, whole, 100);
    const width = modalWidth(rows);
    if (width > 1 && rows.filter(({ length }) => length === width).length >= 0.8 * rows.length) return 'blanks';
  }
  if (best === undefined)
    throw refusal({
      where,
      expected: 'rows cut evenly by a comma, semicolon, tab, bar or blank',
      found: 'none of these',
      remedy: 'Check that the file is a table and not truncated, or name its separator: `--separator ";"`.',
    });
  return best.separator;
}

/** Columns most of whose cells hold another separator, and are not all numbers with a decimal comma. */
function strangeColumns(rows: readonly (readonly string[])[], width: number, separator: string): number {
  let strange = 0;
  for (let c = 0; c < width; c += 1) {
    const cells = rows.map((row) => row[c].trim()).filter((cell) => cell !== '');
    const odd = cells.filter((cell) => SUSPICIOUS.some((sign) => sign !== separator && cell.includes(sign)));
    const explained = odd.every((cell) => decimalEvidence(cell) === ',' || decimalEvidence(cell) === 'either');
    const empty = separator === ' ' && cells.length < rows.length / 2;
    if (empty || (odd.length > cells.length / 2 && !explained)) strange += 1;
  }
  return strange;
}

/** The decimal sign by the columns of the sample that are numbers under one of the two. */
function decimalOf(
  rows: readonly (readonly string[])[],
  width: number,
  separator: string,
  isMissing: (text: string) => boolean,
  questions: TableQuestion[],
): Decimal {
  const found = new Map<Decimal | 'either', string>();
  for (let c = 0; c < width; c += 1) {
    const cells = rows.map((row) => (row[c] ?? '').trim()).filter((cell) => !isMissing(cell));
    for (const sign of [',', '.', 'either'] as const) {
      const evident = cells.find((cell) => decimalEvidence(cell) === sign);
      if (evident === undefined || found.has(sign)) continue;
      const read = cells.filter((cell) => unusualNumber(cell, sign === 'either' ? ',' : sign) !== null);
      if (read.length >= 0.9 * cells.length) found.set(sign, evident);
    }
  }
  const [comma, point, either] = [found.get(','), found.get('.'), found.get('either')];
  const ask = (message: string): Decimal => {
    questions.push({
      about: 'decimal',
      column: null,
      message: `${message}: which sign is the decimal one?`,
      say: '`--decimal ,` or `--decimal .`',
    });
    return '.';
  };
  if (comma !== undefined && point !== undefined) return ask(`Numbers are written both "${comma}" and "${point}"`);
  if (comma !== undefined) return ',';
  if (point === undefined && either !== undefined && separator !== ',')
    return ask(`"${either}" may be ${either.replace(',', '.')} or ${either.replace(',', '')}`);
  return '.';
}

/** Whether the first row is a header; a question where both readings make sense. */
function headerOf(
  rows: readonly (readonly string[])[],
  width: number,
  decimal: Decimal,
  isMissing: (text: string) => boolean,
  questions: TableQuestion[],
): boolean {
  const first = rows[0].map((cell) => cell.trim());
  const below = rows.slice(1).filter(({ length }) => length === width);
  const isNumber = (cell: string): boolean => !Number.isNaN(plainNumber(cell.trim(), decimal));
  const columns = first.slice(0, width).map((name, c) => {
    const cells = below.map((row) => row[c].trim());
    const present = cells.filter((cell) => !isMissing(cell));
    return {
      name,
      numbers: present.length > 0 && present.filter(isNumber).length >= 0.9 * present.length,
      wholeOnly: present.every((cell) => Number.isInteger(plainNumber(cell, decimal))),
      again: cells.includes(name),
    };
  });
  const ask = (message: string): boolean => {
    questions.push({ about: 'header', column: null, message, say: '`--header` or `--no-header`' });
    return true;
  };
  const words = columns.filter(({ name, numbers }) => numbers && !isNumber(name) && !isMissing(name));
  const decimals = first.filter((cell) => isNumber(cell) && !Number.isInteger(plainNumber(cell, decimal)));
  if (words.length > 0) {
    if (decimals.length === 0) return true;
    return ask(
      `The first row has words above numbers ("${words[0].name}") and numbers ("${decimals[0]}"): is it a header?`,
    );
  }
  if (first.every(isNumber)) {
    // A data frame without column names writes 0, 1, 2, … above its numbers.
    const numbered = first.every((cell, c) => Number(cell) === Number(first[0]) + c && Number.isInteger(Number(cell)));
    if (!numbered) return false;
    if (columns.some(({ numbers, wholeOnly }) => !numbers || !wholeOnly)) return true;
    return ask(`The first row counts up (${joinedAtMost(first, 4, ', ')}): is it a header or a row of data?`);
  }
  if (first.some((cell) => isNumber(cell))) return false;
  const named = columns.filter(({ name }) => name !== '');
  return named.length >= width - 1 && named.every(({ again }) => !again);
}

/** A different name for every column: from the header, from the person, or "column 3". */
function namesOf(
  header: readonly string[] | null,
  width: number,
  options: TableOptions,
  where: string,
): { names: string[]; notes: string[] } {
  if (options.names !== undefined && options.names.length !== width)
    throw refusal({
      where,
      expected: `${width} names, one for every column`,
      found: String(options.names.length),
      remedy: 'Give a name for each column (`--names`), or none.',
    });
  // A header without a cell above the row names (R's write.table) is one shorter than the rows.
  const shifted = header !== null && header.length === width - 1 ? ['', ...header] : header;
  const given = options.names ?? shifted?.map((name) => name.replace(/^\ufeff/, '').trim()) ?? [];
  const notes: string[] = [];
  const taken = new Set<string>();
  const names = Array.from({ length: width }, (_, c) => {
    const wanted = given[c] === undefined || given[c] === '' ? `column ${c + 1}` : given[c];
    let name = wanted;
    for (let n = 2; taken.has(name); n += 1) name = `${wanted} (${n})`;
    taken.add(name);
    if (name !== wanted) notes.push(`A second column "${wanted}" is called "${name}" here.`);
    return name;
  });
  return { names, notes };
}
