import { afterEach, beforeEach, expect, it } from 'vitest';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { Engine } from '../../../../src-main/engine/types.ts';
import { denseChain } from '../../../../src-main/methods/merging/shared/dense-chain.ts';
import {
  diagonalFisher,
  hiddenAnswers,
  layerGrams,
} from '../../../../src-main/methods/merging/shared/layer-statistics.ts';
import { expectClose, flat, rectified } from '../../../fixtures/merging/merges.ts';

const network = buildNetwork(mlp({ input: 4, hidden: [5, 3], outputs: 2, init: 'torch-default' }));
const values = network.init(stream(3, 'init')).params;
const x = Array.from({ length: 11 }, (_, row) => Array.from({ length: 4 }, () => stream(row, 'x').normal()));
const [first, second] = denseChain(network.params, values);

let engine: Engine;
beforeEach(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterEach(() => engine.dispose());
const rows = (): Parameters<typeof layerGrams>[3] => ({
  inputs: engine.variable('x', { shape: [11, 4], dtype: 'float32' }, flat(x)),
  ids: Int32Array.from(x.keys()),
});

it('Gram matrices are the mean products of what each layer is given', async () => {
  const grams = await layerGrams(engine, network, values, rows());
  const products = (given: readonly (readonly number[])[]): Float32Array =>
    flat(
      given[0].map((_, i) => given[0].map((_other, j) => given.reduce((sum, row) => sum + (row[i] * row[j]) / 11, 0))),
    );
  expect(Object.keys(grams)).toEqual(['dense0/kernel', 'dense1/kernel']);
  expectClose(grams['dense0/kernel'], products(x));
  expectClose(grams['dense1/kernel'], products(rectified(x, first)));
});

it('Fisher information of two classes is what the softmax has in closed form', async () => {
  const fisher = await diagonalFisher(engine, network, values, rows());
  expect(Object.keys(fisher)).toEqual(network.params.map(({ name }) => name));
  const hidden = rectified(rectified(x, first), second);
  const head = denseChain(network.params, values)[2];
  // Σ_c p_c (δ_co − p_o)² = p_o (1 − p_o)
  const spread = hidden.map((row) => {
    const logits = [0, 1].map((o) => row.reduce((sum, h, i) => sum + h * head.kernel[2 * i + o], head.bias?.[o] ?? 0));
    const first = 1 / (1 + Math.exp(logits[1] - logits[0]));
    return first * (1 - first);
  });
  const mean = (of: (row: number) => number): number => x.reduce((sum, _, row) => sum + of(row), 0) / x.length;
  expectClose(
    fisher['output/bias'],
    [0, 1].map(() => mean((row) => spread[row])),
  );
  expectClose(
    fisher['output/kernel'],
    [0, 1, 2].flatMap((i) => [0, 1].map(() => mean((row) => hidden[row][i] ** 2 * spread[row]))),
  );
  // Below it: logits differ by (w₀ − w₁)·h, so the gradient of unit i is w_i0 − w_i1 where it is on.
  expectClose(
    fisher['dense1/bias'],
    [0, 1, 2].map((i) =>
      mean((row) => (hidden[row][i] > 0 ? (head.kernel[2 * i] - head.kernel[2 * i + 1]) ** 2 * spread[row] : 0)),
    ),
  );
});

it('hidden answers are those of every layer before and after its rectifier', async () => {
  const { before, after } = await hiddenAnswers(engine, network, values, rows());
  const hidden = rectified(x, first);
  expect([before.length, after.length]).toEqual([2, 2]);
  expectClose(after[0], flat(hidden));
  expectClose(after[1], flat(rectified(hidden, second)));
  after.forEach((answers, layer) =>
    expectClose(
      before[layer].map((value) => Math.max(value, 0)),
      answers,
    ),
  );
  expect(before[0].some((value) => value < 0)).toBe(true);
});
