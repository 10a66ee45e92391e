import { isInfinity, plainNumber, unusualNumber } from './cells.ts';
import type { Decimal } from './cells.ts';

/** Where something was seen first, and how often. `line` is the file's, `test` tells of which file. */
export interface Seen {
  readonly line: number;
  readonly test: boolean;
  count: number;
}

/** More different values than this are not kept as text: such a column can only be numbers, or be ignored. */
export const MOST_TEXTS = 10_000;
/** Numbers beyond are Infinity in float32. */
const LARGEST = 3.4028234663852886e38;
/** Whole numbers beyond are no longer told apart in float64. */
const EXACT = Number.MAX_SAFE_INTEGER;

/**
 * One column while its cells come in: as numbers where they are numbers, and as texts as long as there are few
 * different ones. Which of the two
 * it is gets decided afterwards, when everything is known.
 */
export class ColumnBuilder {
  readonly name: string;
  readonly #decimal: Decimal;
  readonly #noValue: ReadonlySet<string>;
  #values: Float64Array<ArrayBuffer>;
  #codes: Int32Array<ArrayBuffer> | null;
  #texts: Map<string, Seen & { readonly code: number }> | null = new Map();
  readonly #words = new Map<string, Seen>();
  #wordsLeftOut = 0;
  #rows = 0;
  #empty = 0;
  #numbers = 0;
  #grouped = 0;
  #percent = 0;
  #trimmed = false;
  #beyond: { readonly line: number; readonly text: string } | null = null;
  #inexact = false;

  /** @param noValue words that a person named for "no value": also numbers, such as -999. */
  constructor(name: string, decimal: Decimal, noValue: ReadonlySet<string>) {
    this.name = name;
    this.#decimal = decimal;
    this.#noValue = noValue;
    this.#values = new Float64Array(64);
    this.#codes = new Int32Array(64);
  }

  /** Takes the next row's cell; null stands for no value (Parquet). */
  add(cell: string | null, line: number, test: boolean): void {
    if (this.#rows === this.#values.length) this.#grow();
    const text = cell === null ? '' : cell.trim();
    if (cell !== null && text !== '' && text.length !== cell.length) this.#trimmed = true;
    const code = this.#textOf(text, line, test);
    if (this.#codes !== null) this.#codes[this.#rows] = code;
    this.#values[this.#rows] = this.#number(text, line, test);
    this.#rows += 1;
  }

  facts(): ColumnFacts {
    return {
      name: this.name,
      rows: this.#rows,
      empty: this.#empty,
      numbers: this.#numbers,
      grouped: this.#grouped,
      percent: this.#percent,
      trimmed: this.#trimmed,
      beyond: this.#beyond,
      inexact: this.#inexact,
      words: this.#words,
      wordsLeftOut: this.#wordsLeftOut,
      texts: this.#texts,
      values: this.#values.subarray(0, this.#rows),
      codes: this.#codes?.subarray(0, this.#rows) ?? null,
    };
  }

  #number(text: string, line: number, test: boolean): number {
    if (text === '') {
      this.#empty += 1;
      return Number.NaN;
    }
    if (this.#noValue.has(text)) {
      this.#word(text, line, test);
      return Number.NaN;
    }
    let value = plainNumber(text, this.#decimal);
    if (Number.isNaN(value)) {
      const unusual = unusualNumber(text, this.#decimal);
      if (unusual === null) {
        if (isInfinity(text)) this.#beyond ??= { line, text };
        this.#word(text, line, test);
        return Number.NaN;
      }
      value = unusual.value;
      if (unusual.spelling === 'grouped') this.#grouped += 1;
      if (unusual.spelling === 'percent') this.#percent += 1;
    }
    this.#numbers += 1;
    if (Math.abs(value) > LARGEST) this.#beyond ??= { line, text };
    else if (Math.abs(value) > EXACT && Number.isInteger(value) && /^[+-]?\d+$/.test(text)) this.#inexact = true;
    return value;
  }

  #word(text: string, line: number, test: boolean): void {
    const seen = this.#words.get(text);
    if (seen !== undefined) seen.count += 1;
    else if (this.#words.size < MOST_TEXTS) this.#words.set(text, { line, test, count: 1 });
    else this.#wordsLeftOut += 1;
  }

  #textOf(text: string, line: number, test: boolean): number {
    if (this.#texts === null) return -1;
    const seen = this.#texts.get(text);
    if (seen !== undefined) {
      seen.count += 1;
      return seen.code;
    }
    if (this.#texts.size === MOST_TEXTS) {
      this.#texts = null;
      this.#codes = null;
      return -1;
    }
    const code = this.#texts.size;
    this.#texts.set(text, { line, test, count: 1, code });
    return code;
  }

  #grow(): void {
    const values = new Float64Array(2 * this.#values.length);
    values.set(this.#values);
    this.#values = values;
    if (this.#codes === null) return;
    const codes = new Int32Array(values.length);
    codes.set(this.#codes);
    this.#codes = codes;
  }
}

/** Everything that is known about a column once all rows are read. */
export interface ColumnFacts {
  readonly name: string;
  readonly rows: number;
  readonly empty: number;
  /** Cells that are numbers, and how many of them were written with separators of thousands or a per cent sign. */
  readonly numbers: number;
  readonly grouped: number;
  readonly percent: number;
  /** Values had blanks around them. */
  readonly trimmed: boolean;
  /** The first number that float32 can't hold. */
  readonly beyond: { readonly line: number; readonly text: string } | null;
  /** Has whole numbers that float64 doesn't tell from their neighbours. */
  readonly inexact: boolean;
  /** What is neither a number nor empty. */
  readonly words: ReadonlyMap<string, Seen>;
  /** Cells with words that are not in `words`, because there are too many different ones. */
  readonly wordsLeftOut: number;
  /** Every different value with its code; null when there are more than MOST_TEXTS. */
  readonly texts: ReadonlyMap<string, Seen & { readonly code: number }> | null;
  /** NaN where there is no number. */
  readonly values: Float64Array;
  readonly codes: Int32Array | null;
}

/** Different numbers of a column. */
export function distinctNumbers(values: Float64Array): number {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  let distinct = 0;
  for (let i = 0; i < sorted.length; i += 1) if (i === 0 || sorted[i] !== sorted[i - 1]) distinct += 1;
  return distinct;
}
