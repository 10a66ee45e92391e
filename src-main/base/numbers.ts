/** Digits with a sign, a point and an exponent, as people write numbers; no other base, no separators, no blanks. */
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/**
 * A decimal number; null for anything else that JavaScript would take for one ("0x10", "", " 5 ", "Infinity"), and for
 * what a double cannot hold: 1e400 would become infinite, 1e-400 nothing, 9007199254740993 its neighbour.
 */
export function decimal(text: string): number | null {
  if (!DECIMAL.test(text)) return null;
  const value = Number(text);
  if (!Number.isFinite(value)) return null;
  const [digits = ''] = text.split(/[eE]/);
  if (value === 0 && /[1-9]/.test(digits)) return null;
  return Number.isInteger(value) && !Number.isSafeInteger(value) && /^[+-]?\d+$/.test(text) ? null : value;
}

export interface WholeRange {
  readonly least: number;
  readonly most: number;
}

/** A whole number of digits alone, within its range; null for anything else. */
export function wholeNumber(text: string, { least, most }: WholeRange): number | null {
  if (!/^\d{1,16}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
}
