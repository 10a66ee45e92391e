import { shortText } from '../../base/shortened.ts';
import { refusal } from '../refuse.ts';
import { cut } from './records.ts';
import type { TextSample } from './text.ts';

/** A column of an ARFF file, as its header declares it. */
export interface Attribute {
  readonly name: string;
  readonly kind: 'number' | 'category' | 'text';
  /** In the order of the declaration; empty unless a category. */
  readonly levels: readonly string[];
}

export interface ArffHeader {
  readonly attributes: readonly Attribute[];
  /** Lines up to and with `@data`. */
  readonly lines: number;
  readonly quote: '"' | "'";
}

/** Whether a text begins as ARFF files do. */
export function isArff(text: string): boolean {
  return /^(?:\s*(?:%[^\n]*)?\n)*\s*@relation\b/i.test(text);
}

/**
 * The header of an ARFF file (Weka's format): `@attribute name type` lines up to `@data`. The rows below are cut as
 * CSV.
 *
 * @throws DatasetError when a line is none of these, or the header doesn't end.
 */
export function arffHeader(sample: TextSample, where: string): ArffHeader {
  const attributes: Attribute[] = [];
  const lines = sample.text.split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('%') || /^@relation\b/i.test(line)) continue;
    if (/^@data\b/i.test(line)) {
      if (attributes.length < 2) throw wrong(where, index, 'at least two attributes', String(attributes.length));
      const body = lines.slice(index + 1);
      const first = body.find((row) => row.trim() !== '' && !row.startsWith('%')) ?? '';
      if (first.trim().startsWith('{'))
        throw wrong(where, index + 1 + body.indexOf(first), 'a value for every attribute', 'a sparse row ({1 x, 3 y})');
      return { attributes, lines: index + 1, quote: quoteOf(body) };
    }
    const declared = /^@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\S+))\s+(.+)$/i.exec(line);
    if (declared === null) throw wrong(where, index, '@relation, @attribute or @data', `"${shortText(line, 60)}"`);
    const [, single, double, plain, type] = declared;
    attributes.push({
      name: (single ?? double ?? plain).replace(/\\(.)/g, '$1'),
      ...typeOf(type.trim(), where, index),
    });
  }
  throw wrong(where, lines.length - 1, '@data after the attributes', 'none');
}

function typeOf(type: string, where: string, index: number): Omit<Attribute, 'name'> {
  if (/^(?:numeric|real|integer)\b/i.test(type)) return { kind: 'number', levels: [] };
  if (/^(?:string|date|relational)\b/i.test(type)) return { kind: 'text', levels: [] };
  const nominal = /^\{(.*)\}$/.exec(type);
  if (nominal === null) throw wrong(where, index, 'numeric, {levels}, string or date', `"${shortText(type, 60)}"`);
  const inside = nominal[1].replace(/,\s+/g, ',').trim();
  const { data } = cut(inside, { separator: ',', quote: inside.includes('"') ? '"' : "'" }, true);
  return { kind: 'category', levels: (data[0] ?? []).map((level) => level.trim()) };
}

/** Weka writes single quotes; other programs double ones. */
function quoteOf(rows: readonly string[]): '"' | "'" {
  return rows.some((row) => /(?:^|,)\s*'/.test(row)) ? "'" : '"';
}

function wrong(where: string, index: number, expected: string, found: string): Error {
  return refusal({
    where: `${where}, row ${index + 1}`,
    expected,
    found,
    remedy: 'Check that this is an ARFF file, or save the table as CSV.',
  });
}
