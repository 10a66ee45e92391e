import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { retrieved } from '../../../src-main/engine/networks/layers/hopular.ts';
import type { ApplyOptions } from '../../../src-main/engine/types.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Tensor } from '../../../src-main/engine/tf.ts';
import { hopularOf } from '../../../src-main/methods/tables/hopular.ts';
import { largestDifference, normal, onPlainTensors, tensors } from '../engine/network-values.ts';

onPlainTensors();

const matrix = z.array(z.array(z.number()));
const { hopfield } = z
  .object({
    hopfield: z.object({ state: matrix, memory: matrix, retrieved: matrix, masked: z.array(z.number()) }),
  })
  .parse(JSON.parse(readFileSync(new URL('../../fixtures/methods/table-nets.json', import.meta.url), 'utf8')));

describe('a Hopfield network', () => {
  // β is .5 for patterns of four numbers: 1/√4.
  const one = (rows: number[][]): Tensor => tf.expandDims(tf.tensor2d(rows), 0);

  it('retrieves the known pattern', () => {
    const memory = one(hopfield.memory);
    const got = retrieved(one(hopfield.state), memory, memory, null);
    expect(largestDifference(got, one(hopfield.retrieved))).toBeLessThan(1e-6);
  });

  it('retrieves the known pattern where one that is remembered is hidden', () => {
    const memory = one(hopfield.memory);
    const hidden = tf.tensor2d([hopfield.memory.map((_, at) => (at === 2 ? -1e9 : 0))]);
    const got = retrieved(one(hopfield.state.slice(0, 1)), memory, memory, hidden);
    expect(largestDifference(got, one([hopfield.masked]))).toBeLessThan(1e-6);
  });
});

describe('Hopular', () => {
  const suite = mlp({ input: 3, hidden: [4], outputs: 2, init: 'torch-default' });
  const rows = 4;
  const answers = (ownRow: 'masked' | 'seen', mode: ApplyOptions['mode'], labels: number[]): Tensor => {
    const network = buildNetwork(hopularOf(suite, [1, 2], rows, { blocks: 2, width: 4, heads: 2, ownRow }));
    const values = tensors(network, network.init(stream(1, 'init')));
    const x = normal([rows, 3], 'x');
    const target = tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 2), 'float32');
    const asking = tf.concat([x, tf.zeros([rows, 2])], 1);
    const { logits } = network.apply(values, tf.concat([asking, tf.concat([x, target], 1)], 0), { mode });
    return tf.slice(logits, [0, 0], [1, 2]);
  };

  it('in training shows no row its own label, and shows it those of the others', () => {
    const before = answers('masked', 'train', [0, 1, 1, 0]);
    expect(largestDifference(before, answers('masked', 'train', [1, 1, 1, 0]))).toBe(0);
    expect(largestDifference(before, answers('masked', 'train', [0, 1, 0, 0]))).toBeGreaterThan(1e-5);
    const seen = answers('seen', 'train', [0, 1, 1, 0]);
    expect(largestDifference(seen, answers('seen', 'train', [1, 1, 1, 0]))).toBeGreaterThan(1e-5);
  });

  it('answers from all rows that are remembered', () => {
    const before = answers('masked', 'eval', [0, 1, 1, 0]);
    expect(largestDifference(before, answers('masked', 'eval', [1, 1, 1, 0]))).toBeGreaterThan(1e-5);
  });
});
