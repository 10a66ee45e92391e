import { describe, expect, it } from 'vitest';
import { DATA_TYPES, type Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import type { ValueId } from '../../../src-main/engine/recording/program.ts';
import { backgroundOf, SPARSE_PRODUCT, withSparseProducts } from '../../../src-main/engine/kernels/sparse-products.ts';
import type { Variable } from '../../../src-main/engine/types.ts';
import { opsOf, Recorder } from './recorder.ts';

/** `share` of the elements are `value`, the others all different, in an order without pattern. */
function elements(count: number, share: number, value: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => ((i * 7919) % 1000 < share * 1000 ? value : 1 + i));
}

describe('the background of a variable', () => {
  it.each([
    [0.66, null],
    [0.68, -0.5],
    [1, -0.5],
  ])('with a share of %d: %d', (share, expected) => {
    expect(backgroundOf(elements(200_000, share, -0.5))).toBe(expected);
  });

  it('is none for few elements, whole numbers, and where most are not numbers', () => {
    expect(backgroundOf(new Float32Array(65_535))).toBeNull();
    expect(backgroundOf(new Float32Array(65_536))).toBe(0);
    expect(backgroundOf(new Int32Array(200_000))).toBeNull();
    expect(backgroundOf(elements(200_000, 0.9, NaN))).toBeNull();
  });
});

const images: Variable = { id: 1, name: 'images', shape: [1000, 100], dtype: 'float32' };
const noise: Variable = { id: 2, name: 'noise', shape: [1000, 100], dtype: 'float32' };
const backgrounds = (variable: Variable): number | null => (variable === images ? 0.5 : null);

const float: Attribute = { kind: 'type', value: DATA_TYPES.float32 };
const flag = (value: boolean): Attribute => ({ kind: 'bool', value });

/** What becomes of x · w for the x [8, …] that is recorded: its background, or null where the product stays whole. */
function backgroundAfter(record: (r: Recorder) => ValueId, inner = 100): number | null {
  const r = new Recorder();
  const x = record(r);
  const y = r.op('MatMul', [x, r.input('w', [inner, 7])], [8, 7], {
    T: float,
    transpose_a: flag(false),
    transpose_b: flag(false),
  });
  const last = withSparseProducts(r.program({ y }), backgrounds).instructions.find(({ outputs }) => outputs[0] === y);
  const background = last?.attributes['background'];
  return last?.op === SPARSE_PRODUCT && background?.kind === 'float' ? background.value : null;
}

describe('products that leave out the background', () => {
  it('are those with what is gathered from such a variable, moved or not', () => {
    expect(backgroundAfter((r) => r.gather(images, [8, 100]))).toBe(0.5);
    expect(
      backgroundAfter((r) => r.op('Reshape', [r.gather(images, [8, 10, 10]), r.constant([2], 8, 100)], [8, 100])),
    ).toBe(0.5);
    expect(
      backgroundAfter((r) =>
        r.op('ConcatV2', [r.gather(images, [4, 100]), r.gather(images, [4, 100]), r.constant([], 0)], [8, 100]),
      ),
    ).toBe(0.5);
    expect(backgroundAfter((r) => r.gather(noise, [8, 100]))).toBeNull();
    expect(
      backgroundAfter((r) =>
        r.op('ConcatV2', [r.gather(images, [4, 100]), r.gather(noise, [4, 100]), r.constant([], 0)], [8, 100]),
      ),
    ).toBeNull();
    expect(
      backgroundAfter((r) => r.op('Mul', [r.gather(images, [8, 100]), r.input('mask', [8, 100])], [8, 100])),
    ).toBeNull();
  });

  it('follow arithmetic with one number, in float32', () => {
    const normalised = (r: Recorder): ValueId =>
      r.op(
        'RealDiv',
        [r.op('Sub', [r.gather(images, [8, 100]), r.constant([], 0.1307)], [8, 100]), r.constant([], 0.3081)],
        [8, 100],
      );
    const expected = Math.fround(Math.fround(0.5 - Math.fround(0.1307)) / Math.fround(0.3081));
    expect(backgroundAfter(normalised)).toBe(expected);
    expect(backgroundAfter((r) => r.op('Square', [normalised(r)], [8, 100]))).toBe(Math.fround(expected * expected));
    expect(
      backgroundAfter((r) =>
        r.op(
          'Mul',
          [r.op('AddV2', [r.gather(images, [8, 100]), r.constant([], 0.25)], [8, 100]), r.constant([], -2)],
          [8, 100],
        ),
      ),
    ).toBe(-1.5);
  });

  it('go on beyond a padding only with the background itself', () => {
    const padded = (r: Recorder, value: number): ValueId =>
      r.op('PadV2', [r.gather(images, [8, 100]), r.constant([2, 2], 0, 0, 10, 10), r.constant([], value)], [8, 120]);
    expect(backgroundAfter((r) => padded(r, 0.5), 120)).toBe(0.5);
    expect(backgroundAfter((r) => padded(r, 0), 120)).toBeNull();
  });

  it('are not made of small inner dimensions, nor of a product with a transposed right side', () => {
    expect(backgroundAfter((r) => r.gather(images, [8, 63]), 63)).toBeNull();
    const r = new Recorder();
    const program = r.program({
      y: r.op('MatMul', [r.gather(images, [8, 100]), r.input('w', [7, 100])], [8, 7], {
        T: float,
        transpose_a: flag(false),
        transpose_b: flag(true),
      }),
    });
    expect(withSparseProducts(program, backgrounds)).toBe(program);
  });

  it('take in a bias that is added, unless the product alone is needed too', () => {
    const recorded = (alsoAlone: boolean): string[] => {
      const r = new Recorder();
      const product = r.op('MatMul', [r.gather(images, [8, 100]), r.input('w', [100, 7])], [8, 7], {
        T: float,
        transpose_a: flag(false),
        transpose_b: flag(false),
      });
      const out = r.op('BiasAdd', [product, r.input('b', [7])], [8, 7]);
      return opsOf(withSparseProducts(r.program({ out, ...(alsoAlone ? { product } : {}) }), backgrounds));
    };
    expect(recorded(false)).toEqual(['ResourceGather', SPARSE_PRODUCT]);
    expect(recorded(true)).toEqual(['ResourceGather', SPARSE_PRODUCT, 'BiasAdd']);
  });
});
