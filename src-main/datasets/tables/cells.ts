/** What a single cell says: a number, nothing, or a word. */

export type Decimal = '.' | ',';

const PLAIN: Readonly<Record<Decimal, RegExp>> = {
  '.': /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/,
  ',': /^[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?$/,
};
const GROUPED: Readonly<Record<Decimal, RegExp>> = {
  '.': /^[+-]?\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+(?:\.\d+)?$/,
  ',': /^[+-]?\d{1,3}(?:[.'\u00a0\u202f ]\d{3})+(?:,\d+)?$/,
};

/** How a number was written: as it is, with separators of thousands, with a per cent sign. */
export type Spelling = 'plain' | 'grouped' | 'percent';
export interface ReadNumber {
  readonly value: number;
  readonly spelling: Spelling;
}

/** A number written in decimal notation, as itself; NaN for anything else (also for hexadecimal and "Infinity"). */
export function plainNumber(text: string, decimal: Decimal): number {
  if (!PLAIN[decimal].test(text)) return Number.NaN;
  return Number(decimal === ',' ? text.replace(',', '.') : text);
}

/** A number in the other spellings that tables have; null for words. A per cent sign is taken off, the number stays. */
export function unusualNumber(text: string, decimal: Decimal): ReadNumber | null {
  const ascii = text.replace(/^\u2212/, '-');
  if (ascii.endsWith('%')) {
    const value = plainNumber(ascii.slice(0, -1).trimEnd(), decimal);
    return Number.isNaN(value) ? null : { value, spelling: 'percent' };
  }
  const plain = plainNumber(ascii, decimal);
  if (!Number.isNaN(plain)) return { value: plain, spelling: 'plain' };
  if (!GROUPED[decimal].test(ascii)) return null;
  const grouping = decimal === '.' ? /[,'\u00a0\u202f ]/g : /[.'\u00a0\u202f ]/g;
  return { value: plainNumber(ascii.replace(grouping, ''), decimal), spelling: 'grouped' };
}

/** What a cell tells about the decimal sign of its table: a comma, a point, either (1,234), or nothing. */
export function decimalEvidence(text: string): Decimal | 'either' | null {
  const match = /^[+-]?(\d*)([.,])(\d+)(?:[eE][+-]?\d+)?%?$/.exec(text);
  if (match === null) return null;
  const [, whole = '', sign = '', fraction = ''] = match;
  if (fraction.length === 3 && /^[1-9]\d{0,2}$/.test(whole)) return sign === ',' ? 'either' : null;
  return sign === ',' ? ',' : '.';
}

export const isInfinity = (text: string): boolean => /^[+-]?inf(?:inity)?$/i.test(text);

/** Words for "no value" that are never a level of a category. */
const NEVER_A_LEVEL = new Set(['?', 'na', 'n/a', 'nan', 'null', '<na>', '#n/a', '\\n']);
/** Words for "no value" among numbers; among words they may mean something ("none"). */
const AMONG_NUMBERS = new Set([
  ...NEVER_A_LEVEL,
  ...['none', 'nil', 'missing', 'unknown', 'undefined', '-', '--', '.', '..', '*', 'n.a.', 'n.a', 'nd', 'n.d.', 'nat'],
  ...['not available', 'not applicable', 'empty', 'blank', 'void', 'k.a.', 's/o'],
  ...['#na', '#div/0!', '#value!', '#ref!', '#num!', '#null!', '#name?'],
]);

/** Tells words for "no value": the usual ones, or exactly those that the person named. */
export interface MissingWords {
  amongWords(text: string): boolean;
  amongNumbers(text: string): boolean;
}

export function missingWords(named: readonly string[] | undefined): MissingWords {
  if (named !== undefined) {
    const words = new Set(named.map((word) => word.trim()));
    const isMissing = (text: string): boolean => text === '' || words.has(text);
    return { amongWords: isMissing, amongNumbers: isMissing };
  }
  return {
    amongWords: (text) => text === '' || NEVER_A_LEVEL.has(text.toLowerCase()),
    amongNumbers: (text) => text === '' || AMONG_NUMBERS.has(text.toLowerCase()),
  };
}

/**
 * One form for labels that a person would take for one: case, blanks, invisible characters and the spelling of numbers
 * do not count.
 */
export function foldedLabel(label: string): string {
  const plain = label
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u2060\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();
  const value = plainNumber(plain, '.');
  return Number.isFinite(value) ? String(value) : plain;
}

/** Numbers in their order, text by its code units; "10" comes after "9" among numbers only. */
export function sortedLevels(levels: Iterable<string>): string[] {
  const all = [...levels];
  return all.every((level) => !Number.isNaN(plainNumber(level, '.')))
    ? all.sort((a, b) => Number(a) - Number(b) || (a < b ? -1 : 1))
    : all.sort();
}

/** false before true, no before yes: columns of two truth values are one 0/1 column. */
const TRUTH = [
  ['false', 'true'],
  ['no', 'yes'],
  ['f', 't'],
  ['n', 'y'],
] as const;

/** The two levels in their order when they are the two truth values; else null. */
export function truthLevels(levels: readonly string[]): string[] | null {
  if (levels.length !== 2) return null;
  const pair = TRUTH.find((words) => words.every((word) => levels.some((level) => level.toLowerCase() === word)));
  return pair === undefined ? null : [...levels].sort((a) => (a.toLowerCase() === pair[0] ? -1 : 1));
}

/** A number as short as it can be read back. */
export const shortNumber = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(6)));
