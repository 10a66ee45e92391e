import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../../../../src-main/engine/tf.ts';
import { fused } from '../../../../src-main/methods/ensembling/gated-fusion.ts';
import { balancedGates, mixed } from '../../../../src-main/methods/ensembling/shared/gated-layers.ts';
import { widened } from '../../../../src-main/methods/training/train-wide.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';

beforeAll(async () => {
  createRequire(import.meta.url)('@tensorflow/tfjs');
  await tf.setBackend('cpu');
});
const near = (found: ArrayLike<number>, expected: readonly number[]): void => {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, at) => expect(found[at]).toBeCloseTo(value, 6));
};

describe('a gated layer', () => {
  it('mixes what rectified experts answer, by hand', () => {
    // Two experts of three units; the second row asks the second expert alone.
    const gates = tf.tensor2d([
      [0.25, 0.75],
      [0, 1],
    ]);
    const affine = tf.tensor2d([
      [4, -4, 8, 2, 4, -8],
      [9, 9, 9, 1, -1, 3],
    ]);
    near(mixed(gates, affine).dataSync(), [2.5, 3, 2, 1, 0, 3]);
  });

  it('lets experts wait that were asked too often, and shares their gates out', () => {
    const gates = tf.tensor2d([[0.5, 0.3, 0.2]]);
    // Totals 4, 1, 1: the first is 2 above the mean.
    const totals = tf.tensor1d([4, 1, 1]);
    near(balancedGates(gates, totals, 1.5, 1).dataSync(), [0, 0.6, 0.4]);
    near(balancedGates(gates, totals, 2.5, 1).dataSync(), [0.5, 0.3, 0.2]);
    near(balancedGates(gates, totals, 1.5, 0).dataSync(), [0.5, 0.3, 0.2]);
  });

  it('weighs features of members by their gates', () => {
    const features = [tf.tensor2d([[1, 2]]), tf.tensor2d([[3, 4]])];
    near(fused(features, tf.tensor2d([[0.5, 2]])).dataSync(), [0.5, 1, 6, 8]);
  });
});

describe('sources of features', () => {
  it('are n times as wide in every hidden layer', () => {
    const wide = buildNetwork(widened(mlp({ input: 6, hidden: [5, 3], outputs: 2, init: 'torch-default' }), 4));
    expect(wide.params.map(({ shape }) => shape)).toEqual([[6, 20], [20], [20, 12], [12], [12, 2], [2]]);
  });
});
