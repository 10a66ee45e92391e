import { splitQuoted, unquoted } from './quoted.ts';

/**
 * Values of a hyper-parameter as people write them, one or several, in a form and on the command line alike. Runs in
 * the browser too.
 */

/** Values of one field, at most. */
export const MOST_VALUES = 200;
/** Configurations that one line may stand for, at most. */
export const MOST_CONFIGURATIONS = 2000;

export type SweptKind = 'number' | 'integer' | 'boolean' | 'choice' | 'text';
export type Swept =
  { readonly ok: true; readonly values: readonly string[] } | { readonly ok: false; readonly message: string };

/** What a range looks like, for messages and help. */
export const RANGE_EXAMPLES = '1, 10, 100 or 1e-3…1e1 log 5';

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`;
/** One value with a decimal comma, or two: nobody can tell. */
const EITHER_WAY = /^([-+]?\d+),(\d+)$/;
const RANGE = new RegExp(String.raw`^(${NUMBER})\s*(?:…|\.\.\.?)\s*(${NUMBER})(?:\s+(log|linear))?(?:\s+(\d+))?$`, 'i');

const wrong = (message: string): Swept => ({ ok: false, message });

/**
 * The values of one field: one, a list (`1, 10, 100`; `|` and `;` separate too), or ranges (`1e-3…1e1 log 5` is five
 * values at equal ratios, `0…1 linear 11` eleven at equal distances, `1…5` the whole numbers between). Each once, in
 * the order written; what a single value may be is for the field to say. Text is never split at commas, nothing in
 * quotation marks is a list or a range, and `0,5` for a number is refused: it may be a half, or two values.
 */
export function sweptValues(text: string, kind: SweptKind): Swept {
  const split = splitQuoted(text, kind === 'text' ? '|' : ',;|');
  if (!split.ok) return split;
  const either = kind === 'number' ? eitherWay(text) : null;
  if (either !== null) return either;
  const parts = split.parts.map((part) => part.trim()).filter((part) => part !== '');
  const values = new Set<string>();
  for (const part of parts) {
    const range = kind === 'number' || kind === 'integer' ? RANGE.exec(part) : null;
    const some =
      range === null ? { ok: true as const, values: [unquoted(part)] } : ranged(part, range, kind === 'integer');
    if (!some.ok) return some;
    for (const value of some.values) values.add(value);
    if (values.size > MOST_VALUES) return tooMany(values.size, part);
  }
  return { ok: true, values: [...values] };
}

/** The refusal of a comma between digits where it stands for a point or between two values; null where none does. */
function eitherWay(text: string): Swept | null {
  for (const piece of text.split(/[;|]/)) {
    const found = EITHER_WAY.exec(piece.trim());
    if (found === null) continue;
    const [, whole, rest] = found;
    return wrong(`Write ${whole}.${rest} for one value, or ${whole}, ${rest} with a blank for two.`);
  }
  return null;
}

function ranged(part: string, [, from = '', to = '', spacing, given]: RegExpExecArray, whole: boolean): Swept {
  const [first, last] = [Number(from), Number(to)];
  const log = spacing?.toLowerCase() === 'log';
  if (given === undefined && !whole)
    return wrong(`"${part}" does not say how many values: write ${from}…${to} log 5 or ${from}…${to} linear 5.`);
  const count = given === undefined ? Math.abs(last - first) + 1 : Number(given);
  if (!Number.isInteger(count)) return wrong(`"${part}" does not run over whole numbers.`);
  if (count > MOST_VALUES) return tooMany(count, part);
  if (count < 2 && first !== last) return wrong(`"${part}" needs at least 2 values.`);
  if (log && (first <= 0 || last <= 0))
    return wrong(`"${part}" cannot be spaced by ratios: both ends must be above 0.`);
  const place = (share: number): number =>
    log ? Math.exp(Math.log(first) + share * (Math.log(last) - Math.log(first))) : first + share * (last - first);
  const values = Array.from({ length: count }, (_, index) => {
    // The ends are those that were written, to the last digit.
    if (index === 0) return first;
    return index === count - 1 ? last : Number(place(index / (count - 1)).toPrecision(6));
  });
  return { ok: true, values: [...new Set(values.map((value) => String(whole ? Math.round(value) : value)))] };
}

function tooMany(count: number, part: string): Swept {
  return wrong(`"${part}" stands for ${count} values; a field takes at most ${MOST_VALUES}.`);
}

/** Every combination of one value a field, the last field changing fastest. A field without values is left out. */
export function combinations<T>(fields: ReadonlyMap<string, readonly T[]>): ReadonlyMap<string, T>[] {
  let made: ReadonlyMap<string, T>[] = [new Map()];
  for (const [name, values] of fields) {
    if (values.length === 0) continue;
    made = made.flatMap((one) => values.map((value) => new Map([...one, [name, value]])));
  }
  return made;
}

/** How many combinations there are, without making them. */
export function combinationCount(fields: ReadonlyMap<string, readonly unknown[]>): number {
  return [...fields.values()].reduce((product, values) => product * Math.max(1, values.length), 1);
}
