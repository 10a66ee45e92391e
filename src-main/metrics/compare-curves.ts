import type { Curve } from './primitives.ts';
import { mean, tFactors, tInterval } from './statistics/estimates.ts';

/** Curves and tables of a comparison, over seeds. */

/** A finished trial with what the curves and tables need. */
export interface ComparedRecord {
  readonly trial: string;
  readonly curves: readonly Curve[];
  /** Final accuracy on each task. */
  readonly perTask?: readonly number[];
  /** Final accuracy on each class; null where the test set has none of it. */
  readonly perClass?: readonly (number | null)[];
}

export interface BandedCurve {
  key: string;
  name: string;
  x: string;
  points: { x: number; mean: number; low: number; high: number }[];
}

const MOST_POINTS = 400;

/** Mean and 95 % t-band over seeds, at the x that every seed has; at most 400 points, the last always kept. */
export function bandedCurves(
  key: string,
  records: readonly { readonly curves: readonly Curve[] }[],
  factor: (df: number) => number = tFactors(),
): BandedCurve[] {
  const groups = new Map<string, { name: string; x: string; points: (readonly (readonly [number, number])[])[] }>();
  for (const { curves } of records) {
    for (const { name, x, points } of curves) {
      const group = groups.get(`${name}\n${x}`);
      if (group === undefined) groups.set(`${name}\n${x}`, { name, x, points: [points] });
      else group.points.push(points);
    }
  }
  return [...groups.values()].map(({ name, x, points }) => {
    const at = new Map<number, number[]>();
    for (const curve of points) {
      for (const [position, value] of curve) {
        const known = at.get(position);
        if (known === undefined) at.set(position, [value]);
        else known.push(value);
      }
    }
    const shared = [...at]
      .filter(([, values]) => values.length === points.length && values.every(Number.isFinite))
      .sort(([a], [b]) => a - b);
    const stride = Math.max(1, Math.ceil(shared.length / MOST_POINTS));
    const kept = shared.filter((_, i) => i % stride === 0 || i === shared.length - 1);
    return {
      key,
      name,
      x,
      points: kept.map(([position, values]) => {
        const band = tInterval(values, factor);
        return { x: position, mean: band.mean, low: band.low ?? band.mean, high: band.high ?? band.mean };
      }),
    };
  });
}

/** Element-wise means over seeds. A method whose rows are missing, ragged or hold an absent class is left out rather than shown wrongly. */
export function meanTable(
  entries: readonly { readonly key: string; readonly records: readonly ComparedRecord[] }[],
  read: (record: ComparedRecord) => readonly (number | null)[] | undefined,
): { key: string; values: number[] }[] {
  return entries.flatMap(({ key, records }) => {
    const rows = records.flatMap((record) => {
      const row = read(record) ?? [];
      const numbers = row.flatMap((value) => (value !== null && Number.isFinite(value) ? [value] : []));
      return row.length === 0 || numbers.length !== row.length ? [] : [numbers];
    });
    const width = rows[0]?.length ?? 0;
    if (rows.length === 0 || rows.some((row) => row.length !== width)) return [];
    return [{ key, values: Array.from({ length: width }, (_, c) => mean(rows.map((row) => row[c] ?? Number.NaN))) }];
  });
}
