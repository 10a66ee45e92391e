import { cnn } from '../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf, type Tensor } from '../../../src-main/engine/tf.ts';
import { EngineError } from '../../../src-main/engine/types.ts';
import type { StepScope } from '../../../src-main/engine/types.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { SETTINGS, largestDifference, normal, onPlainTensors, tensors } from './network-values.ts';

onPlainTensors();

describe('batch norm', () => {
  const spec: NetworkSpec = mlp({ input: 3, hidden: [4], outputs: 2, init: 'he-normal', batchNorm: true });

  it('normalises by the batch in training and moves the running statistics a tenth of the way', () => {
    const network = buildNetwork(spec);
    const values = tensors(network, network.init(stream(1, 'init')));
    const x = normal([10, 3], 'x');
    const rows: number[][] = Array.from({ length: 10 }, (_, i) => [
      ...tf.slice(tf.matMul(x, values.params['dense0/kernel']), [i, 0], [1, 4]).dataSync(),
    ]);
    const { features, state } = network.apply(values, x, { mode: 'train' });
    const got = features.dataSync();
    for (let unit = 0; unit < 4; unit += 1) {
      const column = rows.map((row) => row[unit]);
      const mean = column.reduce((a, b) => a + b) / 10;
      const squares = column.reduce((a, b) => a + (b - mean) ** 2, 0);
      column.forEach((value, row) =>
        expect(got[row * 4 + unit]).toBeCloseTo(Math.max(0, (value - mean) / Math.sqrt(squares / 10 + 1e-5)), 4),
      );
      expect(state['dense0/mean'].dataSync()[unit]).toBeCloseTo(0.1 * mean, 5);
      expect(state['dense0/variance'].dataSync()[unit]).toBeCloseTo(0.9 + 0.1 * (squares / 9), 5);
    }
  });

  it('uses and keeps the running statistics in evaluation', () => {
    const network = buildNetwork(spec);
    const values = tensors(network, network.init(stream(1, 'init')));
    const state = { 'dense0/mean': tf.tensor1d([1, 2, 3, 4]), 'dense0/variance': tf.tensor1d([4, 4, 4, 4]) };
    const x = tf.zeros([1, 3]);
    const { features, state: next } = network.apply(
      { params: { ...values.params, 'dense0/offset': tf.tensor1d([2, 2, 2, 2]) }, state },
      x,
      { mode: 'eval' },
    );
    expect(largestDifference(features, tf.tensor2d([[1.5, 1, 0.5, 0]]))).toBeLessThan(1e-5);
    expect(next).toEqual(state);
  });
});

describe('dropout', () => {
  const network = buildNetwork(mlp({ input: 5, hidden: [400, 400], outputs: 2, init: 'he-normal', dropout: 0.25 }));
  const keys: string[] = [];
  const refuse = (): never => {
    throw new Error('not part of this test');
  };
  const scope: StepScope = {
    read: refuse,
    assign: refuse,
    scatter: refuse,
    gather: refuse,
    randomNormal: refuse,
    fused: { gradientDescent: refuse, momentum: refuse, adam: refuse, adagrad: refuse },
    randomUniform(shape, key) {
      keys.push(key.dataSync().join());
      const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
      stream(1, key.dataSync().join()).fillUniform(values, 0, 1);
      return tf.tensor(values, [...shape]);
    },
  };

  it('drops a quarter and scales the rest, with another mask in each layer', () => {
    const values = tensors(network, network.init(stream(1, 'init')));
    const x = normal([50, 5], 'x');
    const options = { mode: 'train', random: { scope, key: tf.tensor1d([7, 9], 'int32') } } as const;
    const dropped = network.apply(values, x, options).features.dataSync();
    const zeros = dropped.filter((value) => value === 0).length / dropped.length;
    const withoutZeros =
      network
        .apply(values, x, { mode: 'train' })
        .features.dataSync()
        .filter((value) => value === 0).length / dropped.length;
    expect(zeros).toBeGreaterThan(withoutZeros + 0.2 * (1 - withoutZeros));
    expect(new Set(keys).size).toBe(2);
  });

  it('does nothing in evaluation or without noise', () => {
    const values = tensors(network, network.init(stream(1, 'init')));
    const x = normal([3, 5], 'x');
    const plain = network.apply(values, x, { mode: 'train' }).logits;
    const evaluated = network.apply(values, x, {
      mode: 'eval',
      random: { scope, key: tf.tensor1d([7, 9], 'int32') },
    }).logits;
    expect(largestDifference(plain, evaluated)).toBe(0);
  });
});

describe('gates on hidden units', () => {
  const gatedNetwork = buildNetwork(mlp({ input: 5, hidden: [4, 3], outputs: 2, init: 'torch-default' }));

  it('that are 0 leave a unit out as if its outgoing weights were 0; others scale it', () => {
    const { params } = tensors(gatedNetwork, gatedNetwork.init(stream(1, 'init')));
    const x = normal([6, 5], 'x');
    const gates: Record<string, Tensor> = { dense0: tf.tensor1d([0, 1, 2, 1]), dense1: tf.tensor1d([1, 0, 1]) };
    const seen: string[] = [];
    const { logits } = gatedNetwork.apply({ params, state: {} }, x, {
      mode: 'eval',
      gate: (layer, activation) => {
        seen.push(layer);
        return tf.mul(activation, gates[layer]);
      },
    });
    const outgoing = (name: string, gate: Tensor): Tensor => tf.mul(params[name], tf.expandDims(gate, 1));
    const scaled = {
      ...params,
      'dense1/kernel': outgoing('dense1/kernel', gates['dense0']),
      'output/kernel': outgoing('output/kernel', gates['dense1']),
    };
    const same = gatedNetwork.apply({ params: scaled, state: {} }, x, { mode: 'eval' }).logits;
    expect(largestDifference(logits, same)).toBeLessThan(1e-6);
    expect(seen).toEqual(['dense0', 'dense1']);
  });
});

describe('unit length', () => {
  const network = buildNetwork({
    architecture: { kind: 'by hand' },
    input: [3],
    layers: [{ kind: 'unit-length', scale: 20 }],
    heads: [{ name: 'output', outputs: 2 }],
    init: 'torch-default',
  });
  const answer = (x: Tensor): Tensor => {
    const params = { 'output/kernel': tf.zeros([3, 2]), 'output/bias': tf.zeros([2]) };
    return network.apply({ params, state: {} }, x, { mode: 'eval' }).features;
  };
  const features = (x: readonly number[]): number[] => [...answer(tf.tensor2d([[...x]])).dataSync()];

  it('answers vectors of one length in the same direction', () => {
    const expected = [20 / 3, -40 / 3, 40 / 3];
    for (const factor of [1, 0.001, 100])
      features([1, -2, 2].map((x) => factor * x)).forEach((value, at) => expect(value).toBeCloseTo(expected[at], 3));
    expect(features([0, 0, 0])).toEqual([0, 0, 0]);
  });

  it('has the gradient that differences show', () => {
    const loss = (x: readonly number[]): number => features(x).reduce((sum, value, at) => sum + (at + 1) * value, 0);
    const x = [0.5, -0.2, 0.9];
    const gradient = tf.grad((input) => tf.sum(tf.mul(answer(input), tf.tensor1d([1, 2, 3]))))(tf.tensor2d([x]));
    gradient.dataSync().forEach((value, at) => {
      const moved = (by: number): number[] => x.map((entry, i) => (i === at ? entry + by : entry));
      expect(value).toBeCloseTo((loss(moved(1e-3)) - loss(moved(-1e-3))) / 2e-3, 1);
    });
  });
});

describe('permutations', () => {
  it('declares which axes move together', () => {
    expect(buildNetwork(cnn({ ...SETTINGS, batchNorm: true })).permutations.axes).toMatchObject({
      'conv0/kernel': [null, null, null, 'conv0'],
      'conv0/scale': ['conv0'],
      'conv0/variance': ['conv0'],
      'conv1/kernel': [null, null, 'conv0', 'conv1'],
      'dense0/kernel': ['conv1', 'dense0'],
      'output/kernel': ['dense0', null],
      'output/bias': [null],
    });
  });
});

describe('specifications', () => {
  it('are refused when they make no sense', () => {
    expect(() => buildNetwork(mlp({ input: 4, hidden: [0], outputs: 2, init: 'he-normal' }))).toThrow(EngineError);
    expect(() => buildNetwork(mlp({ input: 4, hidden: [3], outputs: 2, init: 'he-normal', dropout: 1 }))).toThrow(
      /dropout/,
    );
    expect(() => buildNetwork(cnn({ ...SETTINGS, conv: [2, 2, 2, 2, 2, 2] }))).toThrow(/halve/);
    const network = buildNetwork(mlp({ input: 4, hidden: [3], outputs: 2, init: 'he-normal' }));
    expect(() => network.apply({ params: {}, state: {} }, tf.zeros([1, 4]), { mode: 'eval' })).toThrow(
      /dense0\/kernel/,
    );
  });
});

describe('layers', () => {
  it('a network of one kind of layer after the other may be put together by hand', () => {
    const network = buildNetwork({
      architecture: { kind: 'by hand' },
      input: [4, 4, 1],
      layers: [
        { kind: 'convolution', name: 'a', filters: 2, size: 3 },
        { kind: 'batch-norm', name: 'a' },
        { kind: 'relu' },
        { kind: 'flatten' },
      ],
      heads: [
        { name: 'first', outputs: 3 },
        { name: 'second', outputs: 5 },
      ],
      init: 'he-normal',
    });
    expect(network.params.map(({ name }) => name)).toEqual([
      ...['a/kernel', 'a/bias', 'a/scale', 'a/offset'],
      ...['first/kernel', 'first/bias', 'second/kernel', 'second/bias'],
    ]);
    // Multiplications and additions: 3·3 products and as many additions a place with the bias, four each for the norm,
    // one for the rectifier.
    expect(network.flops).toBe(16 * 2 * (2 * 9 + 1) + 4 * 32 + 32 + (2 * 32 * 3 + 3) + (2 * 32 * 5 + 5));
    expect(network.activations).toBe(4 * 32 + 3 + 5);
    const values = tensors(network, network.init(stream(3, 'init')));
    const x = normal([2, 16], 'x');
    const { features, logits } = network.apply(values, x, { mode: 'eval' }, 'second');
    expect(logits.shape).toEqual([2, 5]);
    const by = tf.add(tf.matMul(features.as2D(2, 32), values.params['second/kernel'].as2D(32, 5)), 0);
    expect(largestDifference(logits, tf.add(by, values.params['second/bias']))).toBeLessThan(1e-5);
    expect(() => network.apply(values, x, { mode: 'eval' }, 'third')).toThrow('no head "third"; it has first, second');
    expect(network.permutations.axes).toMatchObject({
      'a/kernel': [null, null, null, 'a'],
      'a/mean': ['a'],
      'first/kernel': ['a', null],
      'second/bias': [null],
    });
  });

  it('refuses layers that do not follow one another, names that are taken, and kinds that there are not', () => {
    const spec = mlp({ input: 4, hidden: [3], outputs: 2, init: 'he-normal' });
    expect(() => buildNetwork({ ...spec, input: [2, 2, 1] })).toThrow(/dense0 takes a vector an example; it is given/);
    expect(() => buildNetwork({ ...spec, layers: [...spec.layers, ...spec.layers] })).toThrow('called "dense0"');
    const unknown = JSON.parse('{ "kind": "dens", "name": "a", "units": 3 }');
    expect(() => buildNetwork({ ...spec, layers: [unknown] })).toThrow('no layer "dens"; there are attention, ');
  });
});
