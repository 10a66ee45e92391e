import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { philox4x32 } from '../../../src-main/engine/random/philox.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';

describe('philox4x32', () => {
  // Known-answer vectors of Random123 1.14, tests/kat_vectors, "philox4x32 10".
  it.each([
    { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('answers the published vector for counter $counter', ({ counter, key, words }) => {
    const out = new Uint32Array(4);
    const [c0 = 0, c1 = 0, c2 = 0, c3 = 0] = counter;
    const [k0 = 0, k1 = 0] = key;
    philox4x32(c0, c1, c2, c3, k0, k1, out, 1);
    expect([...out]).toEqual(words);
  });

  it('agrees with 64-bit arithmetic for any counter and key, block after block', () => {
    const reference = (counter: bigint[], key: bigint[]): number[] => {
      const mask = 0xffffffffn;
      let [x0 = 0n, x1 = 0n, x2 = 0n, x3 = 0n] = counter;
      let [k0 = 0n, k1 = 0n] = key;
      for (let round = 0; round < 10; round += 1) {
        const p0 = x0 * 0xd2511f53n;
        const p1 = x2 * 0xcd9e8d57n;
        [x0, x1, x2, x3] = [(p1 >> 32n) ^ x1 ^ k0, p1 & mask, (p0 >> 32n) ^ x3 ^ k1, p0 & mask];
        k0 = (k0 + 0x9e3779b9n) & mask;
        k1 = (k1 + 0xbb67ae85n) & mask;
      }
      return [x0, x1, x2, x3].map(Number);
    };
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word, word, word), ([c0, c1, c2, c3, k0, k1]) => {
        const out = new Uint32Array(12);
        philox4x32(c0, c1, c2, c3, k0, k1, out, 3);
        for (let block = 0; block < 3; block += 1) {
          const position = BigInt(c0) + (BigInt(c1) << 32n) + BigInt(block);
          expect([...out.subarray(4 * block, 4 * block + 4)]).toEqual(
            reference(
              [position & 0xffffffffn, (position >> 32n) & 0xffffffffn, BigInt(c2), BigInt(c3)],
              [BigInt(k0), BigInt(k1)],
            ),
          );
        }
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});

describe('stream', () => {
  const draw = (seed: number, name: string): number[] => {
    const source = stream(seed, name);
    return Array.from({ length: 40 }, () => source.uniform());
  };

  it('is a function of seed and name, starting again each time it is made', () => {
    expect(draw(3, 'init')).toEqual(draw(3, 'init'));
    expect(draw(3, 'init')).not.toEqual(draw(4, 'init'));
    expect(draw(3, 'init')).not.toEqual(draw(3, 'init '));
    expect(draw(1, '1\n2')).not.toEqual(draw(11, '\n2'));
    expect(draw(3, 'batches/epoch2')).toEqual(
      Array.from(
        { length: 40 },
        (() => {
          const s = stream(3, 'batches').child('epoch2');
          return () => s.uniform();
        })(),
      ),
    );
  });

  it('stays the same from version to version', () => {
    // Frozen numbers: changing them changes every stored result, so it needs a new engine `numerics`.
    const source = stream(0, 'golden');
    expect([source.uniform(), source.uniform()]).toMatchInlineSnapshot(`
      [
        0.5623485306597398,
        0.9665168671241099,
      ]
    `);
    expect([...stream(0, 'golden').permutation(8)]).toMatchInlineSnapshot(`
      [
        7,
        1,
        4,
        2,
        3,
        6,
        5,
        0,
      ]
    `);
  });

  it('draws uniform numbers with the right moments', () => {
    const values = new Float32Array(200_000);
    stream(1, 'u').fillUniform(values, -2, 4);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(3 / values.length));
    expect(Math.abs(variance - 3)).toBeLessThan(0.05);
    expect(values.every((value) => value >= -2 && value <= 4)).toBe(true);
  });

  it.each(['fill', 'single'])('draws normal numbers whose first four moments fit (%s)', (kind) => {
    const values = new Float32Array(100_001);
    const source = stream(2, 'n');
    if (kind === 'fill') source.fillNormal(values, 0, 1);
    else for (let i = 0; i < values.length; i += 1) values[i] = source.normal();
    const moment = (power: number): number => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.016);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.025);
    expect(Math.abs(moment(3))).toBeLessThan(0.07);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.17);
    // Neighbours are uncorrelated (the two branches of Box-Muller too).
    let product = 0;
    for (let i = 1; i < values.length; i += 1) product += (values[i] ?? 0) * (values[i - 1] ?? 0);
    expect(Math.abs(product / values.length)).toBeLessThan(0.016);
  });

  it('draws integers evenly, also where the bound does not divide 2³²', () => {
    const counts = new Array<number>(6).fill(0);
    const source = stream(5, 'dice');
    for (let i = 0; i < 60_000; i += 1) {
      const face = source.integer(6);
      counts[face] = (counts[face] ?? 0) + 1;
    }
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(20.5); // 99.9 % quantile at 5 degrees of freedom
    // 3·2³⁰: without rejection the lower third would come up twice as often.
    let low = 0;
    for (let i = 0; i < 30_000; i += 1) if (source.integer(3 * 2 ** 30) < 2 ** 30) low += 1;
    expect(Math.abs(low / 30_000 - 1 / 3)).toBeLessThan(0.015);
  });

  it('draws the remainder of the first word below the largest multiple of the bound, whatever the bound', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 2 ** 32 })),
        (seed, bound) => {
          const source = stream(seed, 'x');
          const words = Array.from({ length: 64 }, () => [...source.key()])
            .flat()
            .map((word) => BigInt(word >>> 0));
          const top = 2n ** 32n - (2n ** 32n % BigInt(bound));
          const word = words.find((candidate) => candidate < top);
          fc.pre(word !== undefined);
          expect(BigInt(stream(seed, 'x').integer(bound))).toBe((word ?? 0n) % BigInt(bound));
        },
      ),
    );
  });

  it('permutes: all orders of four come up equally often', () => {
    const counts = new Map<string, number>();
    const source = stream(6, 'orders');
    for (let i = 0; i < 24_000; i += 1) {
      const order = source.permutation(4).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(49.8); // 99.9 % quantile at 23 degrees of freedom
  });

  it('samples distinct integers; the sparse and the dense way give the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }), (n, wanted) => {
        const k = Math.min(n, wanted);
        const drawn = stream(9, 'sample').sample(n, k);
        expect(new Set(drawn).size).toBe(k);
        expect(drawn.every((value) => value >= 0 && value < n)).toBe(true);
        expect([...drawn]).toEqual([...stream(9, 'sample').permutation(n).subarray(0, k)]);
      }),
      { seed: 7 },
    );
  });

  it('refuses what it cannot do', () => {
    expect(() => stream(1, 'x').sample(3, 4)).toThrow(RangeError);
    expect(() => stream(1, 'x').integer(0)).toThrow(RangeError);
    expect(() => stream(0.5, 'x')).toThrow(RangeError);
  });
});
