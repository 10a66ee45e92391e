import type { Stream } from '../../../engine/random/streams.ts';

/** What is done to entries that stay when others are dropped. */
export type Rescale = 'expectation' | 'norm' | 'none';

/**
 * Keeps each entry with a probability of its own. Those that stay are divided by it, so that the expected vector is the
 * given one (`expectation`), or scaled together until their L1 norm is that of the whole (`norm`, as mergekit does).
 *
 * @param chances probability that an entry stays: one for all, or one for each.
 * @param source random numbers, one an entry in the order of the vector.
 */
export function keptByChance(
  vector: Float32Array,
  chances: number | Float64Array,
  source: Pick<Stream, 'fillUniform'>,
  rescale: Rescale,
): Float32Array {
  const kept = new Float32Array(vector.length);
  source.fillUniform(kept, 0, 1);
  let [before, after] = [0, 0];
  for (let at = 0; at < kept.length; at += 1) {
    const value = vector[at];
    const chance = typeof chances === 'number' ? chances : chances[at];
    before += Math.abs(value);
    if (kept[at] < chance) {
      after += Math.abs(value);
      kept[at] = rescale === 'expectation' ? value / chance : value;
    } else kept[at] = 0;
  }
  const hasNorm = before >= 1e-7 && after >= 1e-7;
  return rescale === 'norm' && hasNorm ? kept.map((value) => (value * before) / after) : kept;
}
