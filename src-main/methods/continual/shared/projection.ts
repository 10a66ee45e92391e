/** What a projection needs to know of k memory gradients M [k × P] and a gradient g [P]. */
export interface GradientProducts {
  /** M Mᵀ, k × k row-major. */
  readonly gram: Float64Array;
  /** M g. */
  readonly dots: Float64Array;
}

/**
 * The multipliers v of GEM's dual (Lopez-Paz & Ranzato 2017, eq. 11): minimise ½ vᵀ (M Mᵀ + εI) v + (M g)ᵀ v subject to
 * v ≥ margin; the projected gradient is g + Mᵀ v. The margin as a bound on v, and ε, are the authors' code. Solved by
 * cyclic coordinate descent in float64, which converges for a positive definite matrix; stops when no coordinate moves
 * by more than 1e-12 of the largest.
 */
export function gemMultipliers({ gram, dots }: GradientProducts, margin: number, epsilon = 1e-3): Float64Array {
  const k = dots.length;
  const v = new Float64Array(k).fill(margin);
  for (let sweep = 0; sweep < 100_000; sweep++) {
    let moved = 0,
      largest = 0;
    for (let i = 0; i < k; i++) {
      let slope = dots[i] + epsilon * v[i];
      for (let j = 0; j < k; j++) slope += gram[i * k + j] * v[j];
      const next = Math.max(margin, v[i] - slope / (gram[i * k + i] + epsilon));
      moved = Math.max(moved, Math.abs(next - v[i]));
      v[i] = next;
      largest = Math.max(largest, Math.abs(next));
    }
    if (moved <= 1e-12 * Math.max(largest, 1e-300)) return v;
  }
  return v;
}
