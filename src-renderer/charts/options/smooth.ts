import type { DrawnPoint as LinePoint } from '../../../src-main/metrics/pictures/curves.ts';

/**
 * Exponential moving average in order of x with Adam-style bias correction, so that the start is not pulled to zero.
 * `weight` in [0, 1) is how much of the past stays; 0 gives the points back.
 */
export function smooth(points: readonly LinePoint[], weight: number): readonly LinePoint[] {
  if (!(weight > 0)) return points;
  const keep = Math.min(weight, 0.999);
  let sum = 0;
  let norm = 0;
  return points.map((point) => {
    if (!Number.isFinite(point.y)) return point;
    sum = keep * sum + (1 - keep) * point.y;
    norm = keep * norm + (1 - keep);
    return { ...point, y: sum / norm };
  });
}

/** Largest-triangle-three-buckets (Steinarsson 2013): at most `limit` points that keep the shape; ends stay. */
export function thin(points: readonly LinePoint[], limit: number): readonly LinePoint[] {
  const last = points.length - 1;
  const first = points[0];
  const end = points[last];
  if (points.length <= limit || limit < 3 || first === undefined || end === undefined) return points;
  const kept: LinePoint[] = [first];
  const width = (points.length - 2) / (limit - 2);
  let anchor = first;
  for (let bucket = 0; bucket < limit - 2; bucket += 1) {
    const from = Math.floor(bucket * width) + 1;
    const to = Math.min(Math.floor((bucket + 1) * width) + 1, last);
    const next = points.slice(to, Math.max(to + 1, Math.min(Math.floor((bucket + 2) * width) + 1, points.length)));
    const ax = next.reduce((total, point) => total + point.x, 0) / next.length;
    const ay = next.reduce((total, point) => total + point.y, 0) / next.length;
    let best = points[from] ?? anchor;
    let bestArea = -1;
    for (const point of points.slice(from, Math.max(to, from + 1))) {
      const area = Math.abs((anchor.x - ax) * (point.y - anchor.y) - (anchor.x - point.x) * (ay - anchor.y));
      if (area > bestArea) [best, bestArea] = [point, area];
    }
    kept.push(best);
    anchor = best;
  }
  kept.push(end);
  return kept;
}
