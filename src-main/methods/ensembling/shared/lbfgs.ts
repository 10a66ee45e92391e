/** A value and its gradient at a point. */
export interface Slope {
  readonly value: number;
  readonly gradient: Float64Array;
}

const KEPT_PAIRS = 10;
const STEPS_AT_MOST = 1000;

/**
 * The minimum of a smooth convex function by L-BFGS with halved steps (Nocedal & Wright, algorithms 7.4 and 7.5).
 *
 * @param start where it begins; at 0 unless told
 * @param steps at most so many
 */
export function minimised(
  objective: (w: Float64Array) => Slope,
  size: number,
  tolerance: number,
  start: ArrayLike<number> = new Float64Array(size),
  steps: number = STEPS_AT_MOST,
): Float64Array {
  let w = Float64Array.from(start);
  let { value, gradient } = objective(w);
  const pairs: { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[] = [];
  for (let step = 0; step < steps; step += 1) {
    if (gradient.every((part) => Math.abs(part) <= tolerance)) break;
    const direction = descent(gradient, pairs);
    const slope = dot(direction, gradient);
    let rate = pairs.length === 0 ? 1 / Math.max(1, Math.sqrt(dot(gradient, gradient))) : 1;
    let next = w;
    let there = { value, gradient };
    for (let halving = 0; halving < 50; halving += 1, rate /= 2) {
      next = w.map((weight, at) => weight + rate * direction[at]);
      there = objective(next);
      if (there.value <= value + 1e-4 * rate * slope) break;
    }
    const s = next.map((weight, at) => weight - w[at]);
    const y = there.gradient.map((part, at) => part - gradient[at]);
    const curvature = dot(s, y);
    if (curvature > 0) pairs.push({ s, y, rho: 1 / curvature });
    if (pairs.length > KEPT_PAIRS) pairs.shift();
    if (!(there.value < value)) break;
    w = next;
    ({ value, gradient } = there);
  }
  return w;
}

/** −H g with the inverse Hessian H as far as the pairs tell it. */
function descent(
  gradient: Float64Array,
  pairs: readonly { readonly s: Float64Array; readonly y: Float64Array; readonly rho: number }[],
): Float64Array {
  const q = gradient.map((part) => -part);
  const alphas = pairs.map(() => 0);
  for (let i = pairs.length - 1; i >= 0; i -= 1) {
    const { s, y, rho } = pairs[i];
    alphas[i] = rho * dot(s, q);
    y.forEach((part, at) => (q[at] -= alphas[i] * part));
  }
  const last = pairs.at(-1);
  if (last !== undefined) {
    const scale = dot(last.s, last.y) / dot(last.y, last.y);
    q.forEach((part, at) => (q[at] = part * scale));
  }
  pairs.forEach(({ s, y, rho }, i) => {
    const beta = rho * dot(y, q);
    s.forEach((part, at) => (q[at] += part * (alphas[i] - beta)));
  });
  return q;
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, at) => sum + value * b[at], 0);
