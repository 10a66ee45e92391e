/** Σ x y in double precision. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += a[at] * b[at];
  return sum;
}

/** Σ w_t v_t in double precision. */
export function weightedSum(vectors: readonly ArrayLike<number>[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(vectors[0].length);
  vectors.forEach((vector, index) => {
    const weight = weights[index];
    for (let at = 0; at < sum.length; at += 1) sum[at] += weight * vector[at];
  });
  return sum;
}

/** Σ w_t v_t / Σ w_t in double precision. */
export function weightedMean(vectors: readonly ArrayLike<number>[], weights: readonly number[]): Float64Array {
  const total = weights.reduce((a, b) => a + b, 0);
  const mean = weightedSum(vectors, weights);
  for (let at = 0; at < mean.length; at += 1) mean[at] /= total;
  return mean;
}

/** w_t v_t, each by itself; a vector of weight 1 as it is. */
export const weighted = (vectors: readonly Float32Array[], weights: readonly number[]): Float32Array[] =>
  vectors.map((vector, index) => (weights[index] === 1 ? vector : vector.map((value) => weights[index] * value)));

/** w / Σ w. @throws RangeError when they sum to 0. */
export function shares(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (Math.abs(total) < 1e-6)
    throw new RangeError(`The weights ${weights.join(', ')} sum to 0, so no shares follow from them. Give others.`);
  return weights.map((weight) => weight / total);
}

/**
 * Shares of several models, where `share` is that of the second of two; of more models each has what its weight says.
 *
 * @throws RangeError when a share of the second is asked for and there are not two models.
 */
export function sharesOf(weights: readonly number[], share: number): number[] {
  if (weights.length === 2) return shares([weights[0] * (1 - share), weights[1] * share]);
  if (share !== 0.5)
    throw new RangeError(
      `The share of the second model is for two models; here are ${weights.length}. Leave it at 0.5 and give weights.`,
    );
  return shares(weights);
}
