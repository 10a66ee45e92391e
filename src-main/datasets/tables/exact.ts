import type { ColumnFacts } from './column.ts';

/** Whole numbers as differences to the smallest of them. */
export interface Differences {
  readonly from: string;
  readonly values: Float64Array;
}

/**
 * Whole numbers that float64 can't hold (time stamps in nanoseconds) as their exact differences to the smallest one;
 * null when not all are
 * whole numbers, or there are too many different ones.
 */
export function wholeNumbers(facts: ColumnFacts): Differences | null {
  if (facts.texts === null || facts.codes === null) return null;
  const byCode = new Map<number, bigint>();
  for (const [text, { code }] of facts.texts) {
    if (facts.words.has(text) || text === '') continue;
    if (!/^[+-]?\d+$/.test(text)) return null;
    byCode.set(code, BigInt(text));
  }
  const all = [...byCode.values()];
  const from = all.reduce((least, value) => (value < least ? value : least), all[0] ?? 0n);
  const values = Float64Array.from(facts.codes, (code) => {
    const value = byCode.get(code);
    return value === undefined ? Number.NaN : Number(value - from);
  });
  return { from: String(from), values };
}
