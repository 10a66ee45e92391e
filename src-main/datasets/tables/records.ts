import Papa from 'papaparse';
import type { ParseResult } from 'papaparse';
import { refusal } from '../refuse.ts';
import { LIMITS, sized } from './limits.ts';

/** How rows are cut into cells. */
export interface Cutting {
  /** One character, or "blanks" for any number of blanks and tabs. */
  readonly separator: string;
  readonly quote: '"' | "'";
}

/** Rows of a table as they are, each with the line of the file on which it begins (from 1). */
export interface Records {
  readonly cells: string[][];
  readonly lines: number[];
}

/**
 * Cuts a piece of text into rows; with `final` false the last row is left for later, and `used` says how far it came.
 */
export function cut(text: string, { separator, quote }: Cutting, final: boolean): ParseResult<string[]> {
  const blanks = separator === 'blanks';
  const parser = new Papa.Parser({
    delimiter: blanks ? ' ' : separator,
    newline: '\n',
    quoteChar: quote,
    escapeChar: quote,
  });
  const result: ParseResult<string[]> = parser.parse(text, 0, !final);
  if (blanks) result.data = result.data.map(joined);
  return result;
}

/** Cells of a row that was cut at every single blank or tab: empty ones are no cells. */
const joined = (row: string[]): string[] => {
  const cells = row.flatMap((cell) => cell.split('\t')).filter((cell) => cell !== '');
  return cells.length === 0 ? [''] : cells;
};

/**
 * Rows of a text that comes in pieces. Blank lines are counted but are no rows.
 *
 * @param skip lines at the beginning that belong to no row.
 * @throws DatasetError for a quote that is never closed, or closed within a value.
 */
export async function* recordsOf(
  pieces: AsyncIterable<string>,
  cutting: Cutting,
  skip: number,
  where: string,
): AsyncGenerator<Records> {
  let text = '';
  let line = 1;
  let toSkip = skip;
  const take = (final: boolean): Records => {
    while (toSkip > 0) {
      const end = text.indexOf('\n');
      if (end < 0 && !final) return { cells: [], lines: [] };
      text = end < 0 ? '' : text.slice(end + 1);
      line += 1;
      toSkip -= 1;
    }
    if (!final && !text.includes('\n')) return { cells: [], lines: [] };
    const { data, errors, meta } = cut(text, cutting, final);
    const batch: Records = { cells: [], lines: [] };
    const broken = errors.find(({ type }) => type === 'Quotes');
    data.forEach((cells, row) => {
      // The last one is reported again with the rest of the text, unless there is none.
      if (broken?.row === row) throw unclosed(where, line, broken.message);
      const began = line;
      line += 1 + cells.reduce((sum, cell) => sum + (cell.includes('\n') ? cell.split('\n').length - 1 : 0), 0);
      if (cells.every((cell) => cell.trim() === '')) return;
      batch.cells.push(cells);
      batch.lines.push(began);
    });
    text = final ? '' : text.slice(meta.cursor);
    if (text.length > LIMITS.rowLength)
      throw refusal({
        where: `${where}, row ${line}`,
        expected: `rows of at most ${sized(LIMITS.rowLength)}`,
        found: 'a longer one, or a quote that is never closed',
        remedy: 'Close the quote, or double a quote inside a value.',
      });
    return batch;
  };
  for await (const piece of pieces) {
    text += piece;
    yield take(false);
  }
  yield take(true);
}

function unclosed(where: string, line: number, message: string): Error {
  return refusal({
    where: `${where}, row ${line}`,
    expected: 'quotes in pairs',
    found: message,
    remedy: 'Close the quote, or double a quote inside a value.',
  });
}
