import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { statelessUniform } from '../../../src-main/engine/random/stateless-random.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { augmentationFeed, augmentationInputs, augmented } from '../../../src-main/methods/shared/augmentation.ts';

const [HEIGHT, WIDTH, CHANNELS] = [5, 6, 3];
const SHAPE = [HEIGHT, WIDTH, CHANNELS];
const ROW = HEIGHT * WIDTH * CHANNELS;
const ROWS = 64;
const pixels = Float32Array.from({ length: ROWS * ROW }, (_, at) => at + 1);

/** The same on the host, pixel by pixel, from the numbers that the generator's twin gives for this key. */
function onHost(key: Int32Array, { flip, pad }: { flip: boolean; pad: number }): Float32Array {
  const uniform = statelessUniform(3 * ROWS, key);
  const out = new Float32Array(pixels.length);
  for (let row = 0; row < ROWS; row += 1) {
    const [down, right] = [0, 1].map((axis) => Math.floor(uniform[3 * row + axis] * (2 * pad + 1)) - pad);
    const mirrored = flip && uniform[3 * row + 2] >= 0.5;
    for (let h = 0; h < HEIGHT; h += 1)
      for (let w = 0; w < WIDTH; w += 1) {
        const [fromH, fromW] = [h + down, (mirrored ? WIDTH - 1 - w : w) + right];
        if (fromH < 0 || fromH >= HEIGHT || fromW < 0 || fromW >= WIDTH) continue;
        for (let c = 0; c < CHANNELS; c += 1)
          out[row * ROW + (h * WIDTH + w) * CHANNELS + c] = pixels[row * ROW + (fromH * WIDTH + fromW) * CHANNELS + c];
      }
  }
  return out;
}

describe.each(['tensorflow-cpu', 'wasm'] as const)('augmentation inside a step on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend);
  }, 60_000);
  afterAll(() => engine.dispose());

  async function steps(augmentation: { flip: boolean; pad: number } | null, places: readonly number[]) {
    const images = engine.variable('images', { shape: [ROWS, ROW], dtype: 'float32' }, pixels);
    const step = engine.compileStep({
      name: 'test/augmentation',
      inputs: augmentationInputs(augmentation),
      stepsPerCall: 2,
      body: (inputs, scope) => ({
        first: augmented(scope, scope.read(images), SHAPE, augmentation, inputs, 0),
        second: augmented(scope, scope.read(images), SHAPE, augmentation, inputs, 1),
      }),
    });
    const outputs = await step.run(
      places.map((place) => augmentationFeed(augmentation, (name) => stream(3, name), place)),
    );
    step.dispose();
    return outputs;
  }

  it.each([
    { flip: true, pad: 2 },
    { flip: false, pad: 1 },
    { flip: true, pad: 0 },
  ])('is what a host computes from the same numbers: %o', async (augmentation) => {
    const [found] = await steps(augmentation, [7]);
    const key = stream(3, 'augmentation/step7').key();
    expect(Buffer.from(found.first.buffer).equals(Buffer.from(onHost(key, augmentation).buffer))).toBe(true);
    expect(
      Buffer.from(found.second.buffer).equals(
        Buffer.from(onHost(Int32Array.of((key[0] + 1) | 0, key[1]), augmentation).buffer),
      ),
    ).toBe(true);
  });

  it(
    'depends on the place alone: alone, repeated or several steps in a call; another place, other ' + 'images',
    async () => {
      const augmentation = { flip: true, pad: 2 };
      const together = await steps(augmentation, [4, 5, 6]),
        alone = await steps(augmentation, [5]),
        again = await steps(augmentation, [5]);
      expect(together[1]).toEqual(alone[0]);
      expect(again[0]).toEqual(alone[0]);
      expect(together[0].first).not.toEqual(together[1].first);
      expect(together[0].first).not.toEqual(together[0].second);
    },
  );

  it('moves by every offset and mirrors about half of the images', async () => {
    const augmentation = { flip: true, pad: 1 };
    const numbers = Array.from({ length: 20 }, (_, place) =>
      statelessUniform(3 * ROWS, stream(3, `augmentation/step${place}`).key()),
    );
    const offsets = numbers.flatMap((uniform) =>
      Array.from({ length: ROWS }, (_, row) => Math.floor(uniform[3 * row] * 3)),
    );
    expect(new Set(offsets)).toEqual(new Set([0, 1, 2]));
    const outputs = await steps(
      augmentation,
      numbers.map((_, place) => place),
    );
    // A row's pixels rise by the channels from left to right in an image that is not mirrored; the middle pixels are in
    // every window.
    const mirrored = outputs.flatMap(({ first }) =>
      Array.from(
        { length: ROWS },
        (_, row) => first[row * ROW + (2 * WIDTH + 2) * CHANNELS] > first[row * ROW + (2 * WIDTH + 3) * CHANNELS],
      ),
    );
    expect(mirrored.filter(Boolean).length / mirrored.length).toBeCloseTo(0.5, 1);
  });

  it('leaves images alone where the suite says nothing', async () => {
    const [found] = await steps(null, [1]);
    expect(found.first).toEqual(pixels);
  });
});
