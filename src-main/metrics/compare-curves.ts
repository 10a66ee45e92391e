import { CURVE_AXES, type Curve, type CurveAxes } from './primitives.ts';
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
  /** The same points on other axes, as the mean of the seeds: seconds differ between them. */
  axes: Partial<Record<keyof CurveAxes, number[]>>;
}

const MOST_POINTS = 400;

/** Mean and 95 % t-band over seeds, at the x that every seed has; at most 400 points, the last always kept. */
export function bandedCurves(
  key: string,
  records: readonly { readonly curves: readonly Curve[] }[],
  factor: (df: number) => number = tFactors(),
): BandedCurve[] {
  const groups = new Map<string, Curve[]>();
  for (const { curves } of records) {
    for (const curve of curves) {
      const known = groups.get(`${curve.name}\n${curve.x}`);
      if (known === undefined) groups.set(`${curve.name}\n${curve.x}`, [curve]);
      else known.push(curve);
    }
  }
  return [...groups.values()].map((curves) => banded(key, curves, factor));
}

/** One curve of several seeds. */
function banded(key: string, curves: readonly Curve[], factor: (df: number) => number): BandedCurve {
  const [{ name, x }] = curves;
  const places = curves.map(({ points }) => new Map(points.map(([position], i) => [position, i])));
  const shared = [...places[0].keys()]
    .map((position) => ({ position, at: places.map((indices) => indices.get(position) ?? -1) }))
    .filter(({ at }) => at.every((i, c) => Number.isFinite(curves[c].points[i]?.[1])))
    .sort((a, b) => a.position - b.position);
  const stride = Math.max(1, Math.ceil(shared.length / MOST_POINTS));
  const kept = shared.filter((_, i) => i % stride === 0 || i === shared.length - 1);
  const whole = CURVE_AXES.filter((axis) => curves.every(({ axes, points }) => axes?.[axis]?.length === points.length));
  return {
    key,
    name,
    x,
    points: kept.map(({ position, at }) => {
      const band = tInterval(
        at.map((i, c) => curves[c].points[i][1]),
        factor,
      );
      return { x: position, mean: band.mean, low: band.low ?? band.mean, high: band.high ?? band.mean };
    }),
    axes: Object.fromEntries(
      whole.map((axis) => [axis, kept.map(({ at }) => mean(at.map((i, c) => curves[c].axes?.[axis]?.[i] ?? 0)))]),
    ),
  };
}

/**
 * Element-wise means over seeds. A method whose rows are missing, ragged or hold an absent class is left out rather
 * than shown wrongly.
 */
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
