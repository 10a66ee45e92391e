import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DATA_TYPES, type Attribute } from '../../../src-main/engine/recording/graphdef.ts';
import type { ValueType } from '../../../src-main/engine/recording/program.ts';
import { resultShape } from '../../../src-main/engine/recording/result-shapes.ts';
import { tf } from '../../../src-main/engine/tf.ts';

const float = (shape: readonly number[]): ValueType => ({ shape, dtype: DATA_TYPES.float32 });
const flag = (value: boolean): Attribute => ({ kind: 'bool', value });
const integers = (value: readonly number[]): Attribute => ({ kind: 'ints', value });
const nothing = (): null => null;
const side = fc.integer({ min: 1, max: 6 });

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});

/** What tfjs, which computes it, makes of zeros. */
const shapeOf = (make: () => { shape: number[] }): number[] => tf.tidy(() => make().shape);

describe('the shape of a result', () => {
  it('of a matrix product is what tfjs computes, whichever sides are transposed', () => {
    fc.assert(
      fc.property(
        side,
        side,
        side,
        fc.array(side, { maxLength: 2 }),
        fc.boolean(),
        fc.boolean(),
        (m, k, n, batch, left, right) => {
          const a = [...batch, ...(left ? [k, m] : [m, k])],
            b = [...batch, ...(right ? [n, k] : [k, n])];
          const expected = shapeOf(() => tf.matMul(tf.zeros(a), tf.zeros(b), left, right));
          expect(
            resultShape('BatchMatMulV2', { adj_x: flag(left), adj_y: flag(right) }, [float(a), float(b)], nothing),
          ).toEqual(expected);
          if (batch.length === 0)
            expect(
              resultShape(
                'MatMul',
                { transpose_a: flag(left), transpose_b: flag(right) },
                [float(a), float(b)],
                nothing,
              ),
            ).toEqual(expected);
        },
      ),
    );
  });

  it('of a convolution is what tfjs computes, padded or not, at any stride', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 9 }),
        fc.integer({ min: 3, max: 9 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('same', 'valid'),
        (height, width, kh, kw, down, right, pad) => {
          const images = [2, height, width, 3],
            filter = [kh, kw, 3, 4];
          const attributes: Record<string, Attribute> = {
            strides: integers([1, down, right, 1]),
            dilations: integers([1, 1, 1, 1]),
            padding: { kind: 'string', value: pad.toUpperCase() },
            data_format: { kind: 'string', value: 'NHWC' },
          };
          expect(resultShape('Conv2D', attributes, [float(images), float(filter)], nothing)).toEqual(
            shapeOf(() =>
              tf.conv2d(
                tf.zeros([2, height, width, 3]).as4D(2, height, width, 3),
                tf.zeros([kh, kw, 3, 4]).as4D(kh, kw, 3, 4),
                [down, right],
                pad,
              ),
            ),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('of a gradient of a convolution is what it is told', () => {
    const sizes = { shape: [4], dtype: DATA_TYPES.int32 };
    expect(
      resultShape('Conv2DBackpropInput', {}, [sizes, float([3, 3, 2, 5]), float([1, 8, 8, 5])], (input) =>
        input === 0 ? [1, 8, 8, 2] : null,
      ),
    ).toEqual([1, 8, 8, 2]);
    expect(
      resultShape('Conv2DBackpropFilter', {}, [float([1, 8, 8, 2]), sizes, float([1, 8, 8, 5])], (input) =>
        input === 1 ? [3, 3, 2, 5] : null,
      ),
    ).toEqual([3, 3, 2, 5]);
  });

  it('of arithmetic is that of the operands, of which one may be a single number', () => {
    expect(resultShape('Sub', {}, [float([2, 3]), float([2, 3])], nothing)).toEqual([2, 3]);
    expect(resultShape('Mul', {}, [float([]), float([2, 3])], nothing)).toEqual([2, 3]);
    expect(resultShape('Sqrt', {}, [float([2, 3])], nothing)).toEqual([2, 3]);
  });

  it('is left to TensorFlow where it is not plain: broadcasting, dilations, other layouts, other operations', () => {
    expect(resultShape('Add', {}, [float([2, 3]), float([3])], nothing)).toBeNull();
    expect(resultShape('BatchMatMulV2', {}, [float([2, 3, 4]), float([1, 4, 5])], nothing)).toBeNull();
    const plain: Record<string, Attribute> = {
      strides: integers([1, 1, 1, 1]),
      dilations: integers([1, 1, 1, 1]),
      padding: { kind: 'string', value: 'SAME' },
      data_format: { kind: 'string', value: 'NHWC' },
    };
    const convolution = (changed: Record<string, Attribute>): readonly number[] | null =>
      resultShape('Conv2D', { ...plain, ...changed }, [float([1, 8, 8, 2]), float([3, 3, 2, 5])], nothing);
    expect(convolution({})).toEqual([1, 8, 8, 5]);
    expect(convolution({ dilations: integers([1, 2, 2, 1]) })).toBeNull();
    expect(convolution({ data_format: { kind: 'string', value: 'NCHW' } })).toBeNull();
    expect(convolution({ padding: { kind: 'string', value: 'EXPLICIT' } })).toBeNull();
    expect(resultShape('Mean', {}, [float([2, 3]), float([1])], nothing)).toBeNull();
  });
});
