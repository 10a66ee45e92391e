import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { selectiveScan } from '../../../src-main/engine/networks/layers/mamba.ts';
import type { LayerSpec } from '../../../src-main/engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensor } from '../../../src-main/engine/tf.ts';
import type { Tensors } from '../../../src-main/engine/types.ts';
import { autointOf } from '../../../src-main/methods/tables/autoint.ts';
import { mambularOf } from '../../../src-main/methods/tables/mambular.ts';
import { binned, quantileEdges } from '../../../src-main/methods/tables/shared/bins.ts';
import { largestDifference, normal, onPlainTensors, tensors } from '../engine/network-values.ts';

onPlainTensors();

const row = z.array(z.number());
const matrix = z.array(row);
const weights = z.tuple([z.array(matrix), matrix]);
const known = z
  .object({
    piecewise: z.object({ edges: row, values: row, encoding: matrix }),
    embeddings: z.object({
      edges: matrix,
      x: matrix,
      encoding: z.array(matrix),
      piecewise: z.object({ weights, answers: z.array(matrix) }),
      periodic: z.object({ frequencies: matrix, waves: z.array(matrix), weights, answers: z.array(matrix) }),
    }),
    scan: z.object({ u: matrix, A: matrix, B: matrix, C: matrix, delta: matrix, y: matrix }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/methods/table-nets.json', import.meta.url), 'utf8')));

const suite = (input: number, outputs: number): NetworkSpec =>
  mlp({ input, hidden: [4], outputs, init: 'torch-default' });

/** What layers make of x: the features before the head. */
function through(layers: readonly LayerSpec[], x: Tensor, given: Tensors = {}): Tensor {
  const network = buildNetwork({ ...suite(x.shape[1] ?? 0, 1), layers });
  const { params, state } = tensors(network, network.init(stream(1, 'init')));
  return network.apply({ params: { ...params, ...given }, state }, x, { mode: 'eval' }).features;
}

describe('piecewise linear encoding', () => {
  it('has the known values in and beyond its bins', () => {
    const { edges, values, encoding } = known.piecewise;
    const x = tf.tensor2d(values, [values.length, 1]);
    const got = through([{ kind: 'piecewise-linear', edges: [edges] }], x);
    expect(largestDifference(got, tf.tensor2d(encoding))).toBeLessThan(1e-5);
  });

  it('of two inputs, and the embedding of it with a map for each', () => {
    const { edges, x, encoding, piecewise } = known.embeddings;
    const encode: LayerSpec = { kind: 'piecewise-linear', edges };
    const expected = tf.tensor2d(encoding.map((parts) => parts.flat()));
    expect(largestDifference(through([encode], tf.tensor2d(x)), expected)).toBeLessThan(1e-5);
    const [padded, biases] = piecewise.weights;
    // The package keeps the last bin of every feature at the end, with unused rows before it.
    const kernels = padded.map((rows, at) => [...rows.slice(0, edges[at].length - 2), ...rows.slice(-1)]);
    const widths = kernels.map(({ length }) => length);
    const layers: LayerSpec[] = [
      encode,
      { kind: 'feature-tokens', name: 'a', units: 4, widths, first: false },
      { kind: 'relu' },
      { kind: 'flatten' },
    ];
    const got = through(layers, tf.tensor2d(x), {
      'a/kernel': tf.tensor2d(kernels.flat()),
      'a/bias': tf.tensor2d(biases),
    });
    expect(largestDifference(got, tf.tensor2d(piecewise.answers.map((own) => own.flat())))).toBeLessThan(1e-5);
  });

  it('takes quantiles as edges, each once, and leaves constant inputs and categories as they are', () => {
    const values = Float32Array.from([3, 1, 2, 4, 0]);
    expect(quantileEdges(values, 1, 0, 4)).toEqual([0, 1, 2, 3, 4]);
    expect(quantileEdges(values, 1, 0, 2)).toEqual([0, 2, 4]);
    expect(quantileEdges(Float32Array.from([0, 0, 0, 0, 1, 4]), 1, 0, 2)).toEqual([0, 4]);
    expect(quantileEdges(Float32Array.from([0, 0, 2, 4]), 1, 0, 2)).toEqual([0, 1, 4]);
    const inputs = Float32Array.from([1, 0, 0, 7, 2, 1, 0, 7, 3, 0, 1, 7]);
    const [{ edges }, widths] = binned({ widths: [1, 2, 1], inputs }, 2);
    expect(edges).toEqual([[1, 2, 3], [], [], []]);
    expect(widths).toEqual([2, 2, 1]);
  });
});

describe('the periodic layer', () => {
  const { x, periodic } = known.embeddings;
  const frequencies = (): Tensor => tf.tensor2d(periodic.frequencies);
  const waves = (): Tensor => tf.tensor2d(periodic.waves.map((own) => own.flat()));

  it('has the known waves, cosines first', () => {
    const layer: LayerSpec = { kind: 'periodic', name: 'c', inputs: [true, true], frequencies: 3, deviation: 1 };
    expect(largestDifference(through([layer], tf.tensor2d(x), { 'c/kernel': frequencies() }), waves())).toBeLessThan(
      1e-5,
    );
  });

  it('leaves the other inputs where they are', () => {
    const layer: LayerSpec = { kind: 'periodic', name: 'c', inputs: [true, false, true], frequencies: 3, deviation: 1 };
    const given = tf.tensor2d(x.map(([a, b]) => [a, 9, b]));
    const got = through([layer], given, { 'c/kernel': frequencies() });
    const [first, second] = tf.split(waves(), 2, 1);
    expect(largestDifference(got, tf.concat([first, tf.fill([x.length, 1], 9), second], 1))).toBeLessThan(1e-5);
  });

  it('with a map for each input and a rectifier is PLR', () => {
    const [kernels, biases] = periodic.weights;
    const layers: LayerSpec[] = [
      { kind: 'periodic', name: 'c', inputs: [true, true], frequencies: 3, deviation: 1 },
      { kind: 'feature-tokens', name: 'a', units: 4, widths: [6, 6], first: false },
      { kind: 'relu' },
      { kind: 'flatten' },
    ];
    const got = through(layers, tf.tensor2d(x), {
      'c/kernel': frequencies(),
      'a/kernel': tf.tensor2d(kernels.flat()),
      'a/bias': tf.tensor2d(biases),
    });
    expect(largestDifference(got, tf.tensor2d(periodic.answers.map((own) => own.flat())))).toBeLessThan(1e-5);
  });
});

describe('Mambular', () => {
  it('scans as known', () => {
    const { u, A, B, C, delta, y } = known.scan;
    const one = (rows: number[][]): Tensor => tf.expandDims(tf.tensor2d(rows), 0);
    const got = selectiveScan({
      ...{ u: one(u), steps: one(delta), b: one(B), c: one(C) },
      ...{ decay: tf.tensor2d(A), through: tf.fill([2], 0.5) },
    });
    expect(largestDifference(got, one(y))).toBeLessThan(1e-5);
  });

  it('reads columns in their order: a later one changes no token before it', () => {
    const layers: LayerSpec[] = [
      { kind: 'feature-tokens', name: 'a', units: 4, widths: [1, 1, 1], first: false },
      { kind: 'mamba', name: 'b', expand: 2, stateSize: 3, window: 2 },
      { kind: 'flatten' },
    ];
    const x = normal([2, 3], 'x');
    const changed = tf.add(x, tf.tensor2d([[0, 5, 0]]));
    const [before, after] = [through(layers, x), through(layers, changed)];
    const tokens = (of: Tensor): Tensor[] => tf.split(of, 3, 1);
    expect(largestDifference(tokens(before)[0], tokens(after)[0])).toBe(0);
    expect(largestDifference(tokens(before)[1], tokens(after)[1])).toBeGreaterThan(1e-4);
    expect(largestDifference(tokens(before)[2], tokens(after)[2])).toBeGreaterThan(1e-5);
  });

  it('has the parameters of its formula', () => {
    const inputs = Float32Array.from({ length: 20 }, (_, at) => at);
    const settings = { blocks: 1, width: 8, stateSize: 4, bins: 2, dropout: 0 };
    const { params } = buildNetwork(mambularOf(suite(2, 1), { widths: [1, 1], inputs }, settings));
    // Tokens 4·8 + 2·8; norms 8 each; in 8·32, window 4·16, select 16·9, step 16 + 16, decay 16·4, D 16, out 16·8.
    const expected = 48 + 8 + (256 + 64 + 144 + 32 + 64 + 16 + 128) + 8 + 9;
    expect(params.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)).toBe(expected);
  });
});

describe('AutoInt', () => {
  it('with equal keys answers the mean of the values, beside each token by itself', () => {
    const x = normal([2, 3], 'x');
    const layer: LayerSpec = { kind: 'interacting', name: 'b', heads: 2, units: 2 };
    const tokens: LayerSpec = { kind: 'feature-tokens', name: 'a', units: 4, widths: [1, 1, 1], first: false };
    const [value, residual] = [normal([4, 4], 'v'), normal([4, 4], 'r')];
    const given = { 'b-key/kernel': tf.zeros([4, 4]), 'b-value/kernel': value, 'b-residual/kernel': residual };
    const plain = tf.reshape(through([tokens, { kind: 'flatten' }], x), [2, 3, 4]);
    const each = (kernel: Tensor): Tensor => tf.reshape(tf.matMul(tf.reshape(plain, [6, 4]), kernel), [2, 3, 4]);
    const expected = tf.relu(tf.add(tf.mean(each(value), 1, true), each(residual)));
    const got = through([tokens, layer, { kind: 'flatten' }], x, given);
    expect(largestDifference(tf.reshape(got, [2, 3, 4]), expected)).toBeLessThan(1e-5);
  });

  it('does not see the order of the columns but for the head', () => {
    const settings = { layers: 2, width: 4, heads: 2, headWidth: 3 };
    const { layers } = autointOf(suite(3, 1), [1, 1, 1], settings);
    const summed: readonly LayerSpec[] = [...layers.slice(0, -1), { kind: 'mean-token' }];
    const x = normal([2, 3], 'x');
    const [kernel, bias] = [normal([3, 4], 'k'), normal([3, 4], 'b')];
    const moved = (of: Tensor): Tensor => tf.gather(of, [2, 0, 1]);
    const before = through(summed, x, { 'tokens/kernel': kernel, 'tokens/bias': bias });
    const after = through(summed, tf.gather(x, [2, 0, 1], 1), {
      'tokens/kernel': moved(kernel),
      'tokens/bias': moved(bias),
    });
    expect(largestDifference(before, after)).toBeLessThan(1e-5);
  });
});
