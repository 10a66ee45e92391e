import type { Stream } from '../../../engine/random/streams.ts';

/** What is done to entries that stay when others are dropped. */
export type Rescale = 'expectation' | 'norm' | 'none';

/**
 * Keeps each entry with a probability of its own. Those that stay are divided by it, so that the expected vector is the
 * given one (`expectation`), or scaled together until their L1 norm is that of the whole (`norm`, as mergekit does).
 *
 * @param chances probability that an entry stays, by its place.
 * @param source random numbers, one an entry in the order of the vector.
 */
export function keptByChance(
  vector: Float32Array,
  chances: (at: number) => number,
  source: Pick<Stream, 'uniform'>,
  rescale: Rescale,
): Float32Array {
  const kept = new Float32Array(vector.length);
  let [before, after] = [0, 0];
  for (let at = 0; at < vector.length; at += 1) {
    const value = vector[at];
    const chance = chances(at);
    before += Math.abs(value);
    if (source.uniform() >= chance) continue;
    after += Math.abs(value);
    kept[at] = rescale === 'expectation' ? value / chance : value;
  }
  const hasNorm = before >= 1e-7 && after >= 1e-7;
  return rescale === 'norm' && hasNorm ? kept.map((value) => (value * before) / after) : kept;
}
