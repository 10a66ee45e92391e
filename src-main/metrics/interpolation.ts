/** Metrics along the straight line θ(λ) = (1 − λ)θ_A + λθ_B; points ascending in λ from 0 to 1. */
type Points = readonly (readonly [lambda: number, value: number])[];

function ends(points: Points): { a: number; b: number } | null {
  const first = points[0];
  const last = points.at(-1);
  return first === undefined || last === undefined || first[0] !== 0 || last[0] !== 1
    ? null
    : { a: first[1], b: last[1] };
}

/**
 * max_λ L(λ) − ((1 − λ)L(0) + λL(1)): how far the loss rises above the straight line between the ends (error barrier of
 * Frankle et al. 2020, with the linear baseline of Entezari et al. 2022, eq. 1). At least 0, because it is 0 at both
 * ends.
 */
export function lossBarrier(points: Points): number | null {
  const e = ends(points);
  return e === null ? null : Math.max(...points.map(([lambda, value]) => value - ((1 - lambda) * e.a + lambda * e.b)));
}

/** The same for accuracy: how far it drops below the line. */
export function accuracyBarrier(points: Points): number | null {
  const e = ends(points);
  return e === null ? null : Math.max(...points.map(([lambda, value]) => (1 - lambda) * e.a + lambda * e.b - value));
}

/** The value at λ, interpolated linearly between the neighbouring points. */
export function valueAt(points: Points, lambda: number): number | null {
  for (let i = 0; i < points.length; i++) {
    const [x, y] = points[i] ?? [Number.NaN, Number.NaN];
    if (x === lambda) return y;
    const next = points[i + 1];
    if (next !== undefined && x < lambda && lambda < next[0]) return y + ((lambda - x) / (next[0] - x)) * (next[1] - y);
  }
  return null;
}
