import { cnn } from '../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensor } from '../../../src-main/engine/tf.ts';
import type { Tensors } from '../../../src-main/engine/types.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { SETTINGS, largestDifference, normal, onPlainTensors, tensors } from './network-values.ts';

onPlainTensors();

const CNN: NetworkSpec = cnn(SETTINGS);

describe('initialisation', () => {
  const spec = (init: NetworkSpec['init']): NetworkSpec =>
    cnn({ input: [8, 8, 3], conv: [16, 16], dense: 100, outputs: 10, init });

  it('lists parameters in order, with shapes', () => {
    const network = buildNetwork(CNN);
    expect(network.params.map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'conv0/kernel 3×3×2×3',
      'conv0/bias 3',
      'conv1/kernel 3×3×3×4',
      'conv1/bias 4',
      'dense0/kernel 24×5',
      'dense0/bias 5',
      'output/kernel 5×3',
      'output/bias 3',
    ]);
    const { params } = network.init(stream(1, 'init'));
    expect(Object.keys(params)).toEqual(network.params.map(({ name }) => name));
    network.params.forEach(({ name, shape }) => expect(params[name].length).toBe(shape.reduce((a, b) => a * b, 1)));
  });

  it('draws torch-default uniformly in ±1/√fan_in, biases too', () => {
    const { params } = buildNetwork(spec('torch-default')).init(stream(1, 'init'));
    const bound = 1 / Math.sqrt(9 * 16);
    const kernel = params['conv1/kernel'];
    expect(Math.max(...kernel)).toBeLessThanOrEqual(bound);
    expect(Math.max(...kernel)).toBeGreaterThan(0.98 * bound);
    expect(kernel.reduce((sum, v) => sum + v * v, 0) / kernel.length).toBeCloseTo(bound ** 2 / 3, 4);
    expect(Math.max(...params['dense0/bias'].map(Math.abs))).toBeGreaterThan(0.9 / Math.sqrt(256));
    expect(Math.max(...params['dense0/bias'].map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(256));
  });

  it('draws glorot-uniform and he-normal with their variances and zero biases', () => {
    const glorot = buildNetwork(spec('glorot-uniform')).init(stream(1, 'init')).params;
    const he = buildNetwork(spec('he-normal')).init(stream(1, 'init')).params;
    const variance = (values: Float32Array): number => values.reduce((sum, v) => sum + v * v, 0) / values.length;
    expect(variance(glorot['dense0/kernel']) / (2 / (256 + 100))).toBeCloseTo(1, 1);
    expect(Math.max(...glorot['dense0/kernel'])).toBeLessThanOrEqual(Math.sqrt(6 / 356));
    expect(variance(he['dense0/kernel']) / (2 / 256)).toBeCloseTo(1, 1);
    const normalGlorot = buildNetwork(spec('glorot-normal')).init(stream(1, 'init')).params['dense0/kernel'];
    expect(variance(normalGlorot) / (2 / (256 + 100))).toBeCloseTo(1, 1);
    expect(Math.max(...normalGlorot)).toBeGreaterThan(Math.sqrt(6 / 356));
    expect(new Set([...glorot['dense0/bias'], ...he['conv0/bias']])).toEqual(new Set([0]));
  });

  it('gives each parameter its own stream: the same layer starts alike in a deeper network', () => {
    const shallow = buildNetwork(mlp({ input: 4, hidden: [3], outputs: 2, init: 'torch-default' })).init(
      stream(5, 'init'),
    );
    const deep = buildNetwork(mlp({ input: 4, hidden: [3, 3], outputs: 2, init: 'torch-default' })).init(
      stream(5, 'init'),
    );
    expect(deep.params['dense0/kernel']).toEqual(shallow.params['dense0/kernel']);
    expect(deep.params['dense1/bias']).not.toEqual(deep.params['dense0/bias']);
  });
});

describe('mlp', () => {
  it('without biases is products alone, and has no tensors for them', () => {
    const network = buildNetwork(mlp({ input: 2, hidden: [2], outputs: 2, init: 'torch-default', bias: false }));
    const params = {
      'dense0/kernel': tf.tensor2d([1, -1, 2, 3], [2, 2]),
      'output/kernel': tf.tensor2d([1, 0, -1, 2], [2, 2]),
    };
    expect(network.params.map(({ name }) => name)).toEqual(Object.keys(params));
    // two products of 8 and a rectified layer of 2
    expect(network.flops).toBe(18);
    const { logits } = network.apply({ params, state: {} }, tf.tensor2d([1, 1], [1, 2]), { mode: 'eval' });
    // hidden = relu([1 + 2, -1 + 3]) = [3, 2]
    expect([...logits.dataSync()]).toEqual([1, 4]);
  });

  it('computes by hand: relu(x·W0 + b0)·W1 + b1', () => {
    const network = buildNetwork(mlp({ input: 2, hidden: [2], outputs: 2, init: 'torch-default' }));
    const values = {
      params: {
        'dense0/kernel': tf.tensor2d([
          [1, -2],
          [3, 1],
        ]),
        'dense0/bias': tf.tensor1d([0.5, -1]),
        'output/kernel': tf.tensor2d([
          [2, 0],
          [1, -1],
        ]),
        'output/bias': tf.tensor1d([0, 10]),
      },
      state: {},
    };
    const { features, logits } = network.apply(
      values,
      tf.tensor2d([
        [1, 2],
        [-1, 0.5],
      ]),
      { mode: 'eval' },
    );
    // Row 1: 1+6+.5 = 7.5, -2+2-1 = -1 → 0. Row 2: -1+1.5+.5 = 1, 2+.5-1 = 1.5.
    expect(features.arraySync()).toEqual([
      [7.5, 0],
      [1, 1.5],
    ]);
    expect(logits.arraySync()).toEqual([
      [15, 10],
      [3.5, 8.5],
    ]);
  });

  it('shows a tap every dense layer and goes on with its answer', () => {
    const network = buildNetwork(mlp({ input: 2, hidden: [3], outputs: 2, init: 'torch-default' }));
    const values = tensors(network, network.init(stream(1, 'init')));
    const x = normal([4, 2], 'x');
    const seen: string[] = [];
    const { logits } = network.apply(values, x, {
      mode: 'eval',
      tap: (layer, input, output) => {
        seen.push(`${layer} ${input.shape.join('×')} ${output.shape.join('×')}`);
        return layer === 'output' ? tf.add(output, 1) : output;
      },
    });
    expect(seen).toEqual(['dense0 4×2 4×3', 'output 4×3 4×2']);
    expect(largestDifference(logits, tf.add(network.apply(values, x, { mode: 'eval' }).logits, 1))).toBe(0);
  });

  it('flattens images', () => {
    const network = buildNetwork(mlp({ input: 12, hidden: [5], outputs: 3, init: 'he-normal' }));
    const values = tensors(network, network.init(stream(1, 'init')));
    const x = normal([7, 2, 3, 2], 'x');
    expect(
      largestDifference(
        network.apply(values, x, { mode: 'eval' }).logits,
        network.apply(values, tf.reshape(x, [7, 12]), { mode: 'eval' }).logits,
      ),
    ).toBe(0);
  });
});

describe('cnn', () => {
  it('agrees with convolution and pooling written as loops', () => {
    const network = buildNetwork(CNN);
    const arrays = network.init(stream(3, 'init'));
    const x = normal([2, 4, 6, 2], 'image');
    const conv = (
      input: number[][][][],
      kernel: Float32Array,
      bias: Float32Array,
      channels: number,
      filters: number,
    ): number[][][][] =>
      input.map((image) =>
        image.map((row, h) =>
          row.map((_, w) =>
            Array.from({ length: filters }, (__, f) => {
              let sum = bias[f];
              for (let dh = 0; dh < 3; dh += 1)
                for (let dw = 0; dw < 3; dw += 1)
                  for (let c = 0; c < channels; c += 1)
                    sum +=
                      (image[h + dh - 1]?.[w + dw - 1]?.[c] ?? 0) *
                      kernel[((dh * 3 + dw) * channels + c) * filters + f];
              return Math.max(0, sum);
            }),
          ),
        ),
      );
    const toNested = (): number[][][][] => tf.reshape<typeof tf.Rank.R4>(x, [2, 4, 6, 2]).arraySync();
    const first = conv(toNested(), arrays.params['conv0/kernel'], arrays.params['conv0/bias'], 2, 3);
    const second = conv(first, arrays.params['conv1/kernel'], arrays.params['conv1/bias'], 3, 4);
    const pooled = second.map((image) =>
      [0, 2].flatMap((h) =>
        [0, 2, 4].flatMap((w) =>
          [0, 1, 2, 3].map((f) =>
            Math.max(image[h][w][f], image[h][w + 1][f], image[h + 1][w][f], image[h + 1][w + 1][f]),
          ),
        ),
      ),
    );
    const layer = (rows: number[][], name: string, units: number): number[][] =>
      rows.map((row) =>
        Array.from({ length: units }, (_, j) =>
          row.reduce(
            (sum, value, i) => sum + value * arrays.params[`${name}/kernel`][i * units + j],
            arrays.params[`${name}/bias`][j],
          ),
        ),
      );
    const features = layer(pooled, 'dense0', 5).map((row) => row.map((value) => Math.max(0, value)));
    const result = network.apply(tensors(network, arrays), x, { mode: 'eval' });
    expect(largestDifference(result.features, tf.tensor2d(features))).toBeLessThan(1e-5);
    expect(largestDifference(result.logits, tf.tensor2d(layer(features, 'output', 3)))).toBeLessThan(1e-5);
  });

  it('takes flat images alike', () => {
    const network = buildNetwork(CNN);
    const values = tensors(network, network.init(stream(3, 'init')));
    const x = normal([2, 4, 6, 2], 'image');
    expect(
      largestDifference(
        network.apply(values, x, { mode: 'eval' }).logits,
        network.apply(values, tf.reshape(x, [2, 48]), { mode: 'eval' }).logits,
      ),
    ).toBe(0);
  });
});

describe('gradients', () => {
  const specs: NetworkSpec[] = [
    mlp({ input: 6, hidden: [5, 4], outputs: 3, init: 'torch-default' }),
    mlp({ input: 6, hidden: [5], outputs: 3, init: 'he-normal', batchNorm: true }),
    cnn({ ...SETTINGS, batchNorm: true }),
    CNN,
  ];
  it.each(specs)('are those of finite differences: $architecture', (spec) => {
    const network = buildNetwork(spec);
    const arrays = network.init(stream(4, 'init'));
    const values = tensors(network, arrays);
    const names = network.params.map(({ name }) => name);
    const x = normal([8, ...spec.input], 'x');
    const target = normal([8, 3], 'target');
    const loss = (params: Tensors) =>
      tf
        .mean(tf.squaredDifference(network.apply({ params, state: values.state }, x, { mode: 'train' }).logits, target))
        .asScalar();
    const gradients = tf.grads((...list: Tensor[]) =>
      loss(Object.fromEntries(names.map((name, index) => [name, list[index]]))),
    )(names.map((name) => values.params[name]));
    names.forEach((name, index) => {
      // Derivative along a random direction: every entry of the gradient takes part. Small steps keep clear of most
      // kinks of ReLU.
      const direction = normal([...values.params[name].shape], `direction/${name}`);
      const analytic = tf.sum(tf.mul(gradients[index], direction)).dataSync()[0];
      const at = (h: number): number =>
        loss({ ...values.params, [name]: tf.add(values.params[name], tf.mul(direction, h)) }).dataSync()[0];
      const h = 5e-4;
      const [ahead, behind] = [(at(h) - at(0)) / h, (at(0) - at(-h)) / h];
      // Where a kink lies within the step the two one-sided slopes differ, and the derivative is between them.
      expect(Math.abs(analytic - (ahead + behind) / 2), name).toBeLessThan(
        2e-2 * Math.max(0.1, Math.abs(analytic)) + Math.min(0.1, Math.abs(ahead - behind)),
      );
    });
  });
});
