import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { lenet5 } from '../../../src-main/engine/networks/architectures/lenet5.ts';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import type { LayerSpec } from '../../../src-main/engine/networks/layers/kinds.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensor } from '../../../src-main/engine/tf.ts';
import type { Tensors } from '../../../src-main/engine/types.ts';
import { masksFor } from '../../../src-main/methods/ensembling/masksembles.ts';
import { memberOrders, multiInput } from '../../../src-main/methods/ensembling/mimo.ts';
import { packed } from '../../../src-main/methods/ensembling/packed-ensembles.ts';
import { viewed, viewsOf } from '../../../src-main/methods/ensembling/test-time-augmentation.ts';
import { withMaxNorm } from '../../../src-main/methods/training/maxout.ts';
import { insideOneNet } from '../../fixtures/ensembling/inside-one-net.ts';
import { largestDifference, normal, onPlainTensors, tensors } from './network-values.ts';

onPlainTensors();

const matrix = z.array(z.array(z.number()));
const by = (input: readonly number[], layers: readonly LayerSpec[]): NetworkSpec => ({
  architecture: { kind: 'by hand' },
  input,
  layers,
  heads: [{ name: 'output', outputs: 3 }],
  init: 'torch-default',
});
const parametersOf = (spec: NetworkSpec): number =>
  buildNetwork(spec).params.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
const passed = (spec: NetworkSpec, params: Tensors, x: ReturnType<typeof normal>) =>
  buildNetwork(spec).apply({ params, state: {} }, x, { mode: 'eval' });

describe('Packed-Ensembles', () => {
  const known = insideOneNet(
    'packed_ensembles',
    z.looseObject({
      'layer1 [1, in, alpha w]': z.array(matrix),
      b1: z.array(z.number()),
      'layer2 [groups, in/g, out/g]': z.array(matrix),
      b2: z.array(z.number()),
      layer3: z.array(matrix),
      b3: z.array(z.number()),
      x: matrix,
      'logits [member, sample, class]': z.array(matrix),
      'parameters (biases in) 784-128-128-10, M=4': z.record(z.string(), z.number()),
    }),
  );

  test('the known logits, members one behind the other', () => {
    const spec = packed(mlp({ input: 4, hidden: [4, 4], outputs: 3, init: 'torch-default' }), {
      members: 2,
      alpha: 2,
      gamma: 1,
    });
    const params = {
      'dense0/kernel': tf.tensor3d(known['layer1 [1, in, alpha w]']),
      'dense0/bias': tf.tensor1d(known.b1),
      'dense1/kernel': tf.tensor3d(known['layer2 [groups, in/g, out/g]']),
      'dense1/bias': tf.tensor1d(known.b2),
      'output/kernel': tf.tensor3d(known.layer3),
      'output/bias': tf.tensor1d(known.b3),
    };
    const { logits } = passed(spec, params, tf.tensor2d(known.x));
    const expected = tf.tensor2d(known['logits [member, sample, class]'].flat());
    expect(largestDifference(logits, expected)).toBeLessThan(1e-5);
  });

  test('as many parameters as torch-uncertainty counts', () => {
    const plain = mlp({ input: 784, hidden: [128, 128], outputs: 10, init: 'torch-default' });
    const counts = known['parameters (biases in) 784-128-128-10, M=4'];
    expect(parametersOf(plain)).toBe(counts['plain']);
    for (const gamma of [1, 2])
      expect(parametersOf(packed(plain, { members: 4, alpha: 2, gamma }))).toBe(counts[`alpha=2 gamma=${gamma}`]);
  });

  test('of images, members are apart: what only the second sees of the first layer moves the second alone', () => {
    const spec = packed(lenet5({ input: [8, 8, 1], filters: [2, 4, 4], dense: 6, outputs: 3, init: 'torch-default' }), {
      members: 2,
      alpha: 2,
      gamma: 1,
    });
    const { params } = tensors(buildNetwork(spec), buildNetwork(spec).init(stream(1, 'init')));
    const x = normal([3, 8, 8, 1], 'x');
    const before = passed(spec, params, x).logits;
    // Channels 2 and 3 of four are the second member's.
    const moved = tf.add(params['conv0/bias'], tf.tensor1d([0, 0, 1, 1]));
    const after = passed(spec, { ...params, 'conv0/bias': moved }, x).logits;
    const [first, second] = [0, 3].map((row) =>
      largestDifference(tf.slice(before, [row, 0], [3, 3]), tf.slice(after, [row, 0], [3, 3])),
    );
    expect(first).toBe(0);
    expect(second).toBeGreaterThan(1e-4);
  });
});

describe('maxout', () => {
  const known = insideOneNet(
    'maxout',
    z.looseObject({ x: matrix, 'W [piece, in, out]': z.array(matrix), 'b [piece, out]': matrix, h: matrix }),
  );
  const given = (): Record<'a/kernel' | 'a/bias', Tensor> => ({
    'a/kernel': tf.tensor3d(known['W [piece, in, out]']),
    'a/bias': tf.tensor2d(known['b [piece, out]']),
  });
  const head = () => ({ 'output/kernel': tf.zeros([3, 3]), 'output/bias': tf.zeros([3]) });

  test('the known answer', () => {
    const spec = by([4], [{ kind: 'maxout-dense', name: 'a', units: 3, pieces: 2 }]);
    const { features } = passed(spec, { ...given(), ...head() }, tf.tensor2d(known.x));
    expect(largestDifference(features, tf.tensor2d(known.h))).toBeLessThan(1e-5);
  });

  test('a 1×1 convolution does at each place what the dense layer does', () => {
    const spec = by(
      [1, 1, 4],
      [{ kind: 'maxout-convolution', name: 'a', filters: 3, size: 1, pieces: 2 }, { kind: 'flatten' }],
    );
    const filters = tf.reshape(tf.transpose(given()['a/kernel'], [1, 0, 2]), [1, 1, 4, 6]);
    const convolved = { ...head(), 'a/kernel': filters, 'a/bias': tf.reshape(given()['a/bias'], [6]) };
    const { features } = passed(spec, convolved, tf.tensor4d(known.x.map((row) => [[row]])));
    expect(largestDifference(features, tf.tensor2d(known.h))).toBeLessThan(1e-5);
  });

  test('weights into a unit are scaled down to the largest norm, shorter ones stay', () => {
    const bounded = withMaxNorm(
      tf.tensor3d([
        [
          [3, 0.3],
          [4, 0.4],
        ],
      ]),
      2,
    );
    expect(
      largestDifference(
        bounded,
        tf.tensor3d([
          [
            [1.2, 0.3],
            [1.6, 0.4],
          ],
        ]),
      ),
    ).toBeLessThan(1e-6);
  });
});

describe('Masksembles', () => {
  test.each([
    [16, 4, 2],
    [84, 4, 2],
    [100, 4, 3],
    [32, 8, 1.5],
  ])('%i units, %i masks, scale %f: every unit in some mask, all masks of one size', (units, n, scale) => {
    const masks = masksFor(units, n, scale, stream(4, 'masks'));
    const ones = masks.map((mask) => mask.reduce((a, b) => a + b, 0));
    expect(masks.every((mask) => mask.length === units)).toBe(true);
    expect(new Set(ones).size).toBe(1);
    expect(masks[0].every((_, at) => masks.some((mask) => mask[at] === 1))).toBe(true);
    // As many ones as cover the units on average: c / (s (1 − (1 − 1/s)ⁿ)).
    expect(ones[0]).toBe(Math.floor(units / (scale * (1 - (1 - 1 / scale) ** n))));
  });

  test('row i passes mask i mod n, images channel by channel', () => {
    const masks = [
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const x = normal([4, 1, 2, 2], 'x');
    const spec = by([1, 2, 2], [{ kind: 'row-masks', masks }, { kind: 'flatten' }]);
    const { features } = passed(spec, { 'output/kernel': tf.zeros([4, 3]), 'output/bias': tf.zeros([3]) }, x);
    const expected = [0, 1, 2, 3].map((row) => [...masks[row % 3], ...masks[row % 3]]);
    expect(largestDifference(features, tf.mul(tf.reshape(x, [4, 4]), tf.tensor2d(expected)))).toBe(0);
  });
});

describe('MIMO', () => {
  const batch = Int32Array.of(5, 7, 9, 11);

  test('every member is given each example as often as the batch is repeated, in orders of its own', () => {
    const orders = memberOrders(batch, { members: 3, repetitions: 2, shared: 0 }, stream(1, 'orders'));
    const parts = [0, 1, 2].map((member) => [...orders.subarray(member * 8, (member + 1) * 8)]);
    for (const part of parts) expect([...part].sort((a, b) => a - b)).toEqual([5, 5, 7, 7, 9, 9, 11, 11]);
    expect(new Set(parts.map(String)).size).toBe(3);
  });

  test('where all places are shared every member sees the same', () => {
    const orders = memberOrders(batch, { members: 2, repetitions: 1, shared: 1 }, stream(1, 'orders'));
    expect(orders.subarray(0, 4)).toEqual(orders.subarray(4));
  });

  test('with one input it is the network', () => {
    const plain = mlp({ input: 6, hidden: [5], outputs: 3, init: 'torch-default' });
    expect(parametersOf(multiInput(plain, 1))).toBe(parametersOf(plain));
    expect(multiInput(plain, 2).input).toEqual([12]);
  });
});

describe('views of an image', () => {
  const image = () =>
    tf.tensor4d([
      [
        [[1], [2], [3]],
        [[4], [5], [6]],
        [[7], [8], [9]],
      ],
    ]);

  test('moved into zeros, mirrored', () => {
    const seen = (view: Parameters<typeof viewed>[1]): number[] => Array.from(viewed(image(), view).dataSync());
    expect(seen({ mirrored: false, down: 1, right: 0 })).toEqual([0, 0, 0, 1, 2, 3, 4, 5, 6]);
    expect(seen({ mirrored: false, down: 0, right: -1 })).toEqual([2, 3, 0, 5, 6, 0, 8, 9, 0]);
    expect(seen({ mirrored: true, down: 0, right: 0 })).toEqual([3, 2, 1, 6, 5, 4, 9, 8, 7]);
  });

  test('one view is the image itself', () => {
    expect(viewsOf(0, false)).toEqual([{ mirrored: false, down: 0, right: 0 }]);
    expect(viewsOf(2, true)).toHaveLength(10);
  });
});
