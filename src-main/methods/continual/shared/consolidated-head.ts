/**
 * CWR* (Lomonaco et al. 2020, algorithm 1): the consolidated weights of a linear head after the classes `now` holds
 * examples of were trained; kernels are [F × C], row-major. The mean over all trained weights of these classes is taken
 * off; a class that was seen before keeps the share √(past / now) of what it had against one part of the new.
 */
export function consolidated(
  kept: ArrayLike<number>,
  trained: ArrayLike<number>,
  past: ArrayLike<number>,
  now: ArrayLike<number>,
): Float32Array {
  const outputs = now.length;
  const next = Float32Array.from(kept);
  const of = [...next.keys()].filter((at) => now[at % outputs] > 0);
  const mean = of.reduce((sum, at) => sum + trained[at], 0) / of.length;
  for (const at of of) {
    const share = Math.sqrt(past[at % outputs] / now[at % outputs]);
    next[at] = (kept[at] * share + trained[at] - mean) / (share + 1);
  }
  return next;
}
