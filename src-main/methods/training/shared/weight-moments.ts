/** Moments of one tensor of a network over the points of its training, as SWA and SWAG keep them. */
export interface WeightMoments {
  readonly mean: Float32Array;
  readonly square: Float32Array;
  /** Places for the last deviations from the mean, used in turn. */
  readonly deviations: readonly Float32Array[];
}

/**
 * Takes in point number `taken`, from 0: θ̄ ← (n θ̄ + θ)/(n + 1) (Izmailov et al. 2018, algorithm 1), the mean of θ² in
 * the same way, and θ − θ̄ with the mean as it is afterwards, so that the first deviation is 0 (`swag.py` of
 * wjmaddox/swa_gaussian).
 */
export function takeIn({ mean, square, deviations }: WeightMoments, values: ArrayLike<number>, taken: number): void {
  const place = deviations.length === 0 ? undefined : deviations[taken % deviations.length];
  for (let at = 0; at < mean.length; at += 1) {
    mean[at] = (mean[at] * taken + values[at]) / (taken + 1);
    square[at] = (square[at] * taken + values[at] ** 2) / (taken + 1);
    if (place !== undefined) place[at] = values[at] - mean[at];
  }
}

/**
 * The rate of SWA's training in an epoch, from 0 (`train.py` of timgaripov/swa): constant for half of the `start`
 * epochs, straight down to the averaging rate at nine tenths of them, constant from there on.
 */
export function averagingRate(epoch: number, start: number, rate: number, averaging: number): number {
  const done = Math.min(1, Math.max(0, (epoch / start - 0.5) / 0.4));
  return rate + (averaging - rate) * done;
}
