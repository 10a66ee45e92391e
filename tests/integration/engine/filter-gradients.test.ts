import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf, type Tensor } from '../../../src-main/engine/tf.ts';
import type { Engine } from '../../../src-main/engine/types.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => {
  engine.dispose();
});

interface Case {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly down: number;
  readonly across: number;
  readonly same: boolean;
  readonly seed: number;
}

const drawn = (count: number, seed: number, name: string): Float32Array => {
  const values = new Float32Array(count);
  stream(seed, name).fillUniform(values, -1, 1);
  return values;
};

/** ∂ Σ d · conv(x, w) / ∂w by the engine. */
async function ours(
  { images, height, width, channels, filters, down, across, same }: Case,
  x: Float32Array,
  d: Float32Array,
  outHeight: number,
  outWidth: number,
): Promise<Float32Array | Int32Array> {
  const shapes = { x: [images, height, width, channels], d: [images, outHeight, outWidth, filters] };
  const step = engine.compileStep({
    name: 'test/filters',
    inputs: { x: { shape: shapes.x, dtype: 'float32' }, d: { shape: shapes.d, dtype: 'float32' } },
    body: (given) => {
      const pixels = given.x.as4D(images, height, width, channels);
      const gradient = tf.grad((w: Tensor) =>
        tf.sum(tf.mul(given.d, tf.conv2d(pixels, w.as4D(down, across, channels, filters), 1, same ? 'same' : 'valid'))),
      );
      return { gradient: gradient(tf.zeros([down, across, channels, filters])) };
    },
  });
  const [{ gradient }] = await step.run([{ x, d }]);
  step.dispose();
  return gradient;
}

/** The same by its definition, in double precision. */
function exact(
  { images, height, width, channels, filters, down, across, same }: Case,
  x: Float32Array,
  d: Float32Array,
  outHeight: number,
  outWidth: number,
): Float64Array {
  const top = same ? Math.floor((down - 1) / 2) : 0,
    left = same ? Math.floor((across - 1) / 2) : 0;
  const sums = new Float64Array(down * across * channels * filters);
  for (let image = 0; image < images; image++)
    for (let row = 0; row < outHeight; row++)
      for (let column = 0; column < outWidth; column++)
        for (let i = 0; i < down; i++)
          for (let j = 0; j < across; j++) {
            const y = row + i - top,
              z = column + j - left;
            if (y < 0 || y >= height || z < 0 || z >= width) continue;
            for (let c = 0; c < channels; c++)
              for (let f = 0; f < filters; f++) {
                sums[((i * across + j) * channels + c) * filters + f] +=
                  x[((image * height + y) * width + z) * channels + c] *
                  d[((image * outHeight + row) * outWidth + column) * filters + f];
              }
          }
  return sums;
}

async function worst(given: Case): Promise<number> {
  const outHeight = given.same ? given.height : given.height - given.down + 1,
    outWidth = given.same ? given.width : given.width - given.across + 1;
  const x = drawn(given.images * given.height * given.width * given.channels, given.seed, 'x'),
    d = drawn(given.images * outHeight * outWidth * given.filters, given.seed, 'd');
  const found = await ours(given, x, d, outHeight, outWidth);
  return exact(given, x, d, outHeight, outWidth).reduce(
    (most, value, i) => Math.max(most, Math.abs(value - found[i])),
    0,
  );
}

describe("gradients of convolutions' filters", () => {
  it('are what their definition says, for all sizes, rests of channels and paddings', async () => {
    const upTo = (most: number): fc.Arbitrary<number> => fc.integer({ min: 1, max: most });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          images: upTo(3),
          height: fc.integer({ min: 5, max: 12 }),
          width: fc.integer({ min: 5, max: 12 }),
          channels: upTo(13),
          filters: upTo(27),
          down: upTo(5),
          across: upTo(5),
          same: fc.boolean(),
          seed: fc.nat(1000),
        }),
        async (given) => {
          expect(await worst(given)).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([
    [2, 32, 3, 32],
    [3, 16, 32, 64],
    [1, 40, 64, 17],
  ])('in strips: %d images of side %d, %d channels in, %d out', async (images, side, channels, filters) => {
    expect(
      await worst({ images, height: side, width: side, channels, filters, down: 3, across: 3, same: true, seed: 1 }),
    ).toBeLessThan(5e-4);
  });
});
