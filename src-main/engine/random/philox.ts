const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9;
const WEYL_1 = 0xbb67ae85;
const ROUNDS = 10;

// Both multipliers are constants: their 16-bit halves are split once, here.
const M0_HIGH = MULTIPLIER_0 >>> 16;
const M0_LOW = MULTIPLIER_0 & 0xffff;
const M1_HIGH = MULTIPLIER_1 >>> 16;
const M1_LOW = MULTIPLIER_1 & 0xffff;

/**
 * Philox 4×32-10 (Salmon et al. 2011): consecutive blocks of four 32-bit words. Block i is the cipher of the 128-bit
 * counter (low + i, c1, c2, c3) under the 64-bit key (k0, k1); all arguments are 32-bit words (least significant
 * first), and the addition carries from word 0 into word 1.
 *
 * @param out receives 4·`blocks` words.
 */
export function philox4x32(
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
  out: Uint32Array,
  blocks: number,
): void {
  for (let block = 0; block < blocks; block += 1) {
    const low = c0 + block;
    let x0 = low | 0;
    let x1 = (c1 + (low >= 0x1_0000_0000 ? 1 : 0)) | 0;
    let x2 = c2 | 0;
    let x3 = c3 | 0;
    let key0 = k0 | 0;
    let key1 = k1 | 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      // High word of a 32×32-bit product from 16-bit halves: every partial sum stays below 2³².
      let high = x0 >>> 16;
      let lowHalf = x0 & 0xffff;
      let cross = Math.imul(lowHalf, M0_HIGH) >>> 0;
      let middle = (Math.imul(high, M0_LOW) >>> 0) + (Math.imul(lowHalf, M0_LOW) >>> 16);
      // `middle` can reach (2¹⁶-1)·(2¹⁶-1) + 2¹⁶-1 < 2³², so splitting it as unsigned is exact.
      let sum = (cross & 0xffff) + (middle & 0xffff);
      const hi0 = (Math.imul(high, M0_HIGH) + (cross >>> 16) + (middle >>> 16) + (sum >>> 16)) | 0;
      const lo0 = Math.imul(x0, MULTIPLIER_0);

      high = x2 >>> 16;
      lowHalf = x2 & 0xffff;
      cross = Math.imul(lowHalf, M1_HIGH) >>> 0;
      middle = (Math.imul(high, M1_LOW) >>> 0) + (Math.imul(lowHalf, M1_LOW) >>> 16);
      sum = (cross & 0xffff) + (middle & 0xffff);
      const hi1 = (Math.imul(high, M1_HIGH) + (cross >>> 16) + (middle >>> 16) + (sum >>> 16)) | 0;
      const lo1 = Math.imul(x2, MULTIPLIER_1);

      x0 = hi1 ^ x1 ^ key0;
      x1 = lo1;
      x2 = hi0 ^ x3 ^ key1;
      x3 = lo0;
      key0 = (key0 + WEYL_0) | 0;
      key1 = (key1 + WEYL_1) | 0;
    }
    const at = 4 * block;
    out[at] = x0;
    out[at + 1] = x1;
    out[at + 2] = x2;
    out[at + 3] = x3;
  }
}
