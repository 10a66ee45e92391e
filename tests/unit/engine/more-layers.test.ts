import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cnn } from '../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import type { LayerSpec } from '../../../src-main/engine/networks/layers/kinds.ts';
import { mapLayers } from '../../../src-main/engine/networks/map-layers.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensors } from '../../../src-main/engine/types.ts';
import { knownRows } from '../../fixtures/methods/known-rows.ts';
import { section } from '../../fixtures/methods/known-steps.ts';
import { SETTINGS, largestDifference, normal, onPlainTensors, tensors } from './network-values.ts';

onPlainTensors();

const matrix = z.array(z.array(z.number()));

const by = (input: readonly number[], layers: readonly LayerSpec[]): NetworkSpec => ({
  architecture: { kind: 'by hand' },
  input,
  layers,
  heads: [{ name: 'output', outputs: 2 }],
  init: 'torch-default',
});

/** Features of a network with these parameters; what is not given starts as it does. */
function features(spec: NetworkSpec, given: Tensors, x: ReturnType<typeof normal>) {
  const network = buildNetwork(spec);
  const { params, state } = tensors(network, network.init(stream(1, 'init')));
  return network.apply({ params: { ...params, ...given }, state }, x, { mode: 'eval' }).features;
}

describe('norms without statistics', () => {
  it('layer norm gives each example mean 0 and deviation 1, then scale and offset', () => {
    const x = [
      [1, 2, 6],
      [-4, 0, 1],
    ];
    const scale = [1, 2, -1];
    const expected = x.map((row) => {
      const mean = row.reduce((a, b) => a + b) / 3;
      const deviation = Math.sqrt(row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 3 + 1e-5);
      return row.map((value, i) => (scale[i] * (value - mean)) / deviation + 0.5);
    });
    const given = { 'a/scale': tf.tensor1d(scale), 'a/offset': tf.fill([3], 0.5) };
    const got = features(by([3], [{ kind: 'layer-norm', name: 'a' }]), given, tf.tensor2d(x));
    expect(largestDifference(got, tf.tensor2d(expected))).toBeLessThan(1e-5);
  });

  it('group norm normalises each group over all places, one group of vectors as layer norm', () => {
    const x = normal([2, 3, 2, 4], 'x');
    const layers: LayerSpec[] = [{ kind: 'group-norm', name: 'a', groups: 2 }, { kind: 'flatten' }];
    const values = tf.reshape(features(by([3, 2, 4], layers), {}, x), [2, 6, 2, 2]);
    const { mean, variance } = tf.moments(values, [1, 3]);
    expect(largestDifference(mean, tf.zeros([2, 2]))).toBeLessThan(1e-5);
    expect(largestDifference(variance, tf.ones([2, 2]))).toBeLessThan(1e-3);
    const flat = normal([5, 4], 'flat');
    const [one, layer] = [
      features(by([4], [{ kind: 'group-norm', name: 'a', groups: 1 }]), {}, flat),
      features(by([4], [{ kind: 'layer-norm', name: 'a' }]), {}, flat),
    ];
    expect(largestDifference(one, layer)).toBeLessThan(1e-5);
    expect(() => buildNetwork(by([4], [{ kind: 'group-norm', name: 'a', groups: 3 }]))).toThrow('4 channels into 3');
  });
});

describe('batch-ensemble layers', () => {
  const known = section(
    'batch_ensemble',
    z.looseObject({
      W: matrix,
      r: matrix,
      s: matrix,
      b: matrix,
      x: matrix,
      'repeated batch output rows = member blocks': matrix,
    }),
    knownRows,
  );
  const factors = (name: string): Tensors => ({
    [`${name}/input-factor`]: tf.tensor2d(known.r),
    [`${name}/output-factor`]: tf.tensor2d(known.s),
    [`${name}/bias`]: tf.tensor2d(known.b),
  });
  const expected = () => tf.tensor2d(known['repeated batch output rows = member blocks']);

  it('give the known answer, members one behind the other', () => {
    const spec = by([4], [{ kind: 'batch-ensemble-dense', name: 'a', units: 3, members: 2 }]);
    const x = tf.tile(tf.tensor2d(known.x), [2, 1]);
    const got = features(spec, { 'a/kernel': tf.tensor2d(known.W), ...factors('a') }, x);
    expect(largestDifference(got, expected())).toBeLessThan(1e-5);
    expect(() => features(spec, {}, tf.zeros([3, 4]))).toThrow('a has 2 members; a batch of 3');
  });

  it('as a convolution of one place, they give the same', () => {
    const layers: LayerSpec[] = [
      { kind: 'batch-ensemble-convolution', name: 'a', filters: 3, size: 1, members: 2 },
      { kind: 'flatten' },
    ];
    const x = tf.reshape(tf.tile(tf.tensor2d(known.x), [2, 1]), [6, 1, 1, 4]);
    const kernel = tf.reshape(tf.tensor2d(known.W), [1, 1, 4, 3]);
    const got = features(by([1, 1, 4], layers), { 'a/kernel': kernel, ...factors('a') }, x);
    expect(largestDifference(got, expected())).toBeLessThan(1e-5);
  });
});

describe('a low-rank change of a dense layer', () => {
  const known = section(
    'LoRA',
    z.looseObject({ A: matrix, B: matrix, logits: matrix, 'merged W1': matrix }),
    knownRows,
  );
  const { theta } = knownRows;
  const spec = mapLayers(
    mlp({ input: 6, hidden: [5], outputs: 4, init: 'torch-default' }),
    { kind: 'low-rank', rank: 2 },
    (layer) =>
      layer.kind === 'dense' && layer.name === 'dense0'
        ? { ...layer, kind: 'low-rank-dense', rank: 2, scale: 4 }
        : layer,
  );
  const network = buildNetwork(spec);
  const given = () => ({
    'dense0/kernel': tf.tensor2d(theta.W1),
    'dense0/bias': tf.tensor1d(theta.b1),
    'output/kernel': tf.tensor2d(theta.W2),
    'output/bias': tf.tensor1d(theta.b2),
  });
  const logits = (change: Tensors) =>
    network.apply({ params: { ...given(), ...change }, state: {} }, tf.tensor2d(knownRows.x), { mode: 'eval' }).logits;

  it('starts as no change at all', () => {
    const { params } = tensors(network, network.init(stream(1, 'init')));
    const change = { 'dense0/down': params['dense0/down'], 'dense0/up': params['dense0/up'] };
    expect(largestDifference(logits(change), tf.tensor2d(knownRows.logits))).toBeLessThan(1e-5);
    expect(Math.max(...tf.abs(params['dense0/down']).dataSync())).toBeGreaterThan(0.1);
  });

  it('gives the known logits', () => {
    const change = { 'dense0/down': tf.tensor2d(known.A), 'dense0/up': tf.tensor2d(known.B) };
    expect(largestDifference(logits(change), tf.tensor2d(known.logits))).toBeLessThan(1e-4);
  });
});

describe('masked layers', () => {
  it('multiply kernels by their masks, which stay', () => {
    const layers: LayerSpec[] = [
      { kind: 'masked-convolution', name: 'a', filters: 2, size: 1 },
      { kind: 'flatten' },
      { kind: 'masked-dense', name: 'b', units: 2 },
    ];
    const network = buildNetwork(by([1, 1, 3], layers));
    expect(network.state.map(({ name, shape }) => `${name} ${shape.join('×')}`)).toEqual([
      'a/mask 1×1×3×2',
      'b/mask 2×2',
    ]);
    const { params, state } = tensors(network, network.init(stream(1, 'init')));
    const x = normal([4, 1, 1, 3], 'x');
    const masks: Tensors = {
      'a/mask': tf.tensor([1, 0, 0, 1, 1, 1], [1, 1, 3, 2]),
      'b/mask': tf.tensor2d([
        [1, 0],
        [1, 1],
      ]),
    };
    const masked = { ...params };
    for (const name of ['a', 'b']) masked[`${name}/kernel`] = tf.mul(params[`${name}/kernel`], masks[`${name}/mask`]);
    const through = (values: { params: Tensors; state: Tensors }) => network.apply(values, x, { mode: 'train' });
    const got = through({ params, state: masks });
    expect(largestDifference(got.logits, through({ params: masked, state }).logits)).toBeLessThan(1e-6);
    expect(largestDifference(got.logits, through({ params, state }).logits)).toBeGreaterThan(1e-3);
    expect(got.state).toEqual({});
  });
});

describe('residual blocks', () => {
  const inner: LayerSpec[] = [
    { kind: 'dense', name: 'b', units: 5 },
    { kind: 'relu' },
    { kind: 'dense', name: 'c', units: 4 },
  ];

  it('add what their layers answer to what they are given', () => {
    const x = normal([3, 4], 'x');
    const [block, plain] = [buildNetwork(by([4], [{ kind: 'residual', layers: inner }])), buildNetwork(by([4], inner))];
    const values = tensors(plain, plain.init(stream(1, 'init')));
    const [got, f] = [block, plain].map((network) => network.apply(values, x, { mode: 'eval' }).features);
    expect(largestDifference(got, tf.add(x, f))).toBeLessThan(1e-6);
    expect(block.flops).toBe(plain.flops + 4);
    expect(() => buildNetwork(by([3], [{ kind: 'residual', layers: inner }]))).toThrow('answer [4] to an input of [3]');
  });

  it('reorder what comes in and what is added alike, where both may be', () => {
    const layers: LayerSpec[] = [
      { kind: 'dense', name: 'a', units: 4 },
      { kind: 'residual', layers: inner },
    ];
    expect(buildNetwork(by([3], layers)).permutations.axes).toMatchObject({
      'a/kernel': [null, 'a'],
      'b/kernel': ['a', 'b'],
      'c/kernel': ['b', 'a'],
      'output/kernel': ['a', null],
    });
    // On the input, whose order is given, nothing may be.
    expect(buildNetwork(by([4], [{ kind: 'residual', layers: inner }])).permutations.axes).toMatchObject({
      'b/kernel': [null, 'b'],
      'c/kernel': ['b', null],
      'output/kernel': [null, null],
    });
    // Groups fix the channels of the layer before them.
    const grouped: LayerSpec[] = [
      { kind: 'dense', name: 'a', units: 4 },
      { kind: 'group-norm', name: 'a', groups: 2 },
    ];
    expect(buildNetwork(by([3], grouped)).permutations.axes).toMatchObject({
      'a/kernel': [null, null],
      'output/kernel': [null, null],
    });
  });
});

describe('permutations of the layers above', () => {
  it.each<readonly [string, readonly LayerSpec[]]>([
    ['low rank', [{ kind: 'low-rank-dense', name: 'a', units: 4, rank: 2, scale: 1 }]],
    ['masks', [{ kind: 'masked-dense', name: 'a', units: 4 }]],
    [
      'layer norm',
      [
        { kind: 'dense', name: 'a', units: 4 },
        { kind: 'layer-norm', name: 'a' },
      ],
    ],
    ['members', [{ kind: 'batch-ensemble-dense', name: 'a', units: 4, members: 2 }]],
    [
      'a block',
      [
        { kind: 'dense', name: 'a', units: 4 },
        {
          kind: 'residual',
          layers: [
            { kind: 'dense', name: 'b', units: 4 },
            { kind: 'leaky-relu', slope: 0.1 },
          ],
        },
      ],
    ],
  ])('%s: reordered units answer as before', (_name, layers) => {
    const network = buildNetwork(by([3], [...layers, { kind: 'sigmoid' }, { kind: 'dense', name: 'z', units: 2 }]));
    const random = (names: typeof network.params): Tensors =>
      Object.fromEntries(names.map(({ name, shape }) => [name, normal([...shape], name)]));
    const values = { params: random(network.params), state: random(network.state) };
    const order = tf.tensor1d([2, 0, 3, 1], 'int32');
    const reordered = (given: Tensors): Tensors =>
      Object.fromEntries(
        Object.entries(given).map(([name, value]) => [
          name,
          network.permutations.axes[name].reduce(
            (moved, axis, at) => (axis === 'a' ? tf.gather(moved, order, at) : moved),
            value,
          ),
        ]),
      );
    const x = normal([4, 3], 'x');
    const logits = (given: typeof values) => network.apply(given, x, { mode: 'train' }).logits;
    const moved = { params: reordered(values.params), state: reordered(values.state) };
    expect(
      largestDifference(moved.params[network.params[0].name], values.params[network.params[0].name]),
    ).toBeGreaterThan(0.1);
    expect(largestDifference(logits(moved), logits(values))).toBeLessThan(1e-5);
  });
});

describe('a mapped specification', () => {
  it('is a network of its own: layers replaced, added and left out, heads kept as heads', () => {
    const spec = cnn({ ...SETTINGS, batchNorm: true });
    const mapped = mapLayers(spec, { kind: 'trial', members: 2 }, (layer, place) => {
      if (layer.kind === 'dense') return { ...layer, kind: 'batch-ensemble-dense', members: 2 };
      if (layer.kind === 'relu') return [layer, { kind: 'dropout', rate: 0.5, draw: 0 }];
      return layer.kind === 'batch-norm' && place === 'hidden' ? [] : layer;
    });
    expect(mapped.architecture).toEqual({ ...spec.architecture, mapped: { kind: 'trial', members: 2 } });
    expect(mapped.layers.map(({ kind }) => kind).join(' ')).toBe(
      'convolution relu dropout convolution relu dropout max-pool flatten batch-ensemble-dense relu dropout',
    );
    expect(buildNetwork(mapped).params.map(({ name }) => name)).toContain('output/input-factor');
    expect(buildNetwork(mapped).outputs).toBe(3);
    expect(() => mapLayers(spec, {}, () => [])).toThrow('The head output became no layer');
    expect(mapLayers(spec, {}, (layer) => layer)).toEqual({
      ...spec,
      architecture: { ...spec.architecture, mapped: {} },
    });
    expect(() =>
      buildNetwork({ ...spec, heads: [{ name: 'output', outputs: 3, layer: { kind: 'dense', name: 'o', units: 3 } }] }),
    ).toThrow('must be a dense one of that name and size');
  });
});
