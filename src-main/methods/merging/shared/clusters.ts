import type { Stream } from '../../../engine/random/streams.ts';

export interface Clusters {
  readonly centroids: readonly Float64Array[];
  /** The cluster of each point. */
  readonly labels: Int32Array;
  /** Sum of squared distances to the centroids. */
  readonly objective: number;
}

const ROUNDS_AT_MOST = 300;

/**
 * k-means by Lloyd's rounds: every point to the nearest centroid (of equal ones the first), every centroid to the mean
 * of its points, until no point moves. A cluster that loses all its points stays where it was.
 */
export function clustered(points: readonly Float64Array[], initial: readonly ArrayLike<number>[]): Clusters {
  let centroids = initial.map((centroid) => Float64Array.from(centroid));
  const labels = new Int32Array(points.length).fill(-1);
  for (let round = 0; round < ROUNDS_AT_MOST; round += 1) {
    let moved = false;
    points.forEach((point, index) => {
      const nearest = nearestOf(point, centroids).cluster;
      moved ||= nearest !== labels[index];
      labels[index] = nearest;
    });
    if (!moved) break;
    centroids = centroids.map((before, cluster) => {
      const own = points.filter((_, index) => labels[index] === cluster);
      if (own.length === 0) return before;
      return before.map((_, at) => own.reduce((sum, point) => sum + point[at], 0) / own.length);
    });
  }
  const objective = points.reduce((sum, point) => sum + nearestOf(point, centroids).distance, 0);
  return { centroids, labels, objective };
}

/** Numbers of points to begin at, each drawn by its squared distance from those before (k-means++). */
export function spreadOut(points: readonly Float64Array[], count: number, stream: Stream): number[] {
  const chosen = [stream.integer(points.length)];
  while (chosen.length < count) {
    const weights = points.map((point, index) =>
      chosen.includes(index)
        ? 0
        : nearestOf(
            point,
            chosen.map((one) => points[one]),
          ).distance,
    );
    let left = stream.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
    let next = weights.findIndex((weight) => (left -= weight) < 0);
    // Points that are all alike have no distances to draw by.
    if (next < 0) next = points.findIndex((_, index) => !chosen.includes(index));
    chosen.push(next);
  }
  return chosen;
}

function nearestOf(point: Float64Array, centroids: readonly Float64Array[]): { cluster: number; distance: number } {
  let best = { cluster: 0, distance: Infinity };
  centroids.forEach((centroid, cluster) => {
    let distance = 0;
    for (let at = 0; at < point.length; at += 1) distance += (point[at] - centroid[at]) ** 2;
    if (distance < best.distance) best = { cluster, distance };
  });
  return best;
}
