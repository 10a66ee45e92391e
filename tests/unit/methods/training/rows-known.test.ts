import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { softmaxCrossEntropy, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { memberMean, repeated, sharedByMembers } from '../../../../src-main/methods/ensembling/batch-ensemble.ts';
import { withDropout } from '../../../../src-main/methods/ensembling/mc-dropout.ts';
import { meanProbabilities } from '../../../../src-main/methods/ensembling/shared/combine.ts';
import { averageParameters } from '../../../../src-main/methods/merging/shared/average.ts';
import { masked } from '../../../../src-main/methods/training/gradual-pruning.ts';
import { withLowRankChanges } from '../../../../src-main/methods/training/lora.ts';
import { narrowed } from '../../../../src-main/methods/training/narrow.ts';
import { cycleEnds, cyclicCosine } from '../../../../src-main/methods/training/shared/cyclic.ts';
import { gradualSparsity, magnitudeMask, pruningSteps } from '../../../../src-main/methods/training/shared/pruning.ts';
import { knownRows } from '../../../fixtures/methods/known-rows.ts';
import { flat, section } from '../../../fixtures/methods/known-steps.ts';
import { onPlainTensors } from '../../engine/network-values.ts';

onPlainTensors();

const vector = z.array(z.number());
const matrix = z.array(vector);
const close = (got: ArrayLike<number>, expected: ArrayLike<number>, digits = 5): void => {
  expect(got.length).toBe(expected.length);
  Array.from(expected).forEach((value, at) => expect(got[at]).toBeCloseTo(value, digits));
};
const SPEC = mlp({ input: 6, hidden: [5], outputs: 4, init: 'torch-default' });

describe('cyclic cosine annealing', () => {
  it('has the known rates, from α₀ again at the start of each cycle', () => {
    const known = section('snapshot rates', z.record(z.string(), vector), knownRows);
    const rate = cyclicCosine(0.1, 12, 3);
    close(
      Array.from({ length: 12 }, (_, step) => rate(step)),
      known['T=12 M=3 a0=.1, iterations 1..12'],
      12,
    );
    expect(cycleEnds(12, 3)).toEqual([4, 8, 12]);
    // 5 steps a cycle: the last has but three.
    expect(cycleEnds(13, 3)).toEqual([5, 10, 13]);
    expect(() => cycleEnds(10, 6)).toThrow('10 steps do not make 6 cycles of 2');
  });
});

describe('gradual pruning', () => {
  const MASK = 'mask of W1 at sparsity .5 (smallest |w| pruned, floor)';
  const known = section(
    'Gradual pruning',
    z.looseObject({
      steps: vector,
      sparsity: vector,
      [MASK]: matrix,
    }),
    knownRows,
  );
  const schedule = { initial: 0, final: 0.9, begin: 2, every: 2, times: 4 };

  it('has the known sparsities at the known steps, and stays before and after', () => {
    expect(pruningSteps(schedule)).toEqual(known.steps);
    close(
      known.steps.map((step) => gradualSparsity(step, schedule)),
      known.sparsity,
      12,
    );
    expect([0, 50].map((step) => gradualSparsity(step, schedule))).toEqual([0, 0.9]);
  });

  it('prunes the smallest weights, and of equal ones the earlier', () => {
    const W1 = flat(knownRows.theta.W1);
    expect(Array.from(magnitudeMask(W1, 0.5))).toEqual(known[MASK].flat());
    expect(Array.from(magnitudeMask(Float32Array.of(2, -1, 0, 1, -3, 1), 0.5))).toEqual([1, 0, 0, 0, 1, 1]);
    expect(Array.from(magnitudeMask(Float32Array.of(0, 0), 0))).toEqual([1, 1]);
    expect(Array.from(magnitudeMask(Float32Array.of(5, 4), 1))).toEqual([0, 0]);
  });
});

describe('LoRA', () => {
  it('has the known loss and gradients of A and B', () => {
    const known = section(
      'LoRA',
      z.looseObject({ A: matrix, B: matrix, loss: z.number(), 'gradient A': matrix, 'gradient B': matrix }),
      knownRows,
    );
    const network = buildNetwork(withLowRankChanges(SPEC, 2, 8));
    const { theta } = knownRows;
    const frozen = {
      'dense0/kernel': tf.tensor2d(theta.W1),
      'dense0/bias': tf.tensor1d(theta.b1),
      'output/kernel': tf.tensor2d(theta.W2),
      'output/bias': tf.tensor1d(theta.b2),
    };
    const { value, gradients } = valueAndGradients(
      (params) =>
        softmaxCrossEntropy(
          network.apply({ params: { ...frozen, ...params }, state: {} }, tf.tensor2d(knownRows.x), { mode: 'train' })
            .logits,
          tf.tensor1d(knownRows.y, 'int32'),
        ),
      { 'dense0/down': tf.tensor2d(known.A), 'dense0/up': tf.tensor2d(known.B) },
    );
    expect(value.dataSync()[0]).toBeCloseTo(known.loss, 5);
    close(gradients['dense0/down'].dataSync(), known['gradient A'].flat());
    close(gradients['dense0/up'].dataSync(), known['gradient B'].flat());
  });
});

describe('a uniform soup', () => {
  it('is the known mean', () => {
    const known = section('soups', z.looseObject({ weights: matrix, uniform: vector }), knownRows);
    const members = known.weights.map((weights) => ({ w: Float32Array.from(weights) }));
    close(averageParameters(members).w, known.uniform, 6);
  });
});

describe('MC dropout', () => {
  it('comes to the mean over all masks where each is drawn once, not to the answer at the mean', () => {
    const known = section(
      'dropout inference',
      z.looseObject({
        hidden: vector,
        W: matrix,
        'arithmetic mean (MC-dropout limit)': vector,
        'weight scaling': vector,
      }),
      knownRows,
    );
    const logits = (mask: readonly number[]): Float32Array =>
      Float32Array.from(known.W[0], (_, c) => known.hidden.reduce((sum, h, i) => sum + mask[i] * h * known.W[i][c], 0));
    const all = [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].map(logits);
    close(meanProbabilities(all, 3).map(Math.exp), known['arithmetic mean (MC-dropout limit)'], 6);
    close(meanProbabilities([logits([0.5, 0.5])], 3).map(Math.exp), known['weight scaling'], 6);
  });
});

describe('BatchEnsemble', () => {
  it('averages the distributions of members that stand one behind the other', () => {
    const logits = [Float32Array.of(1, 2, 0, -1, 3, 0.5), Float32Array.of(0, -2, 4, 1, 1, 1)];
    const got = memberMean(tf.tensor2d([...logits[0], ...logits[1]], [4, 3]), 2);
    close(got.dataSync(), meanProbabilities(logits, 3));
    close(
      repeated(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        2,
      ).dataSync(),
      [1, 2, 3, 4, 1, 2, 3, 4],
    );
  });

  it('members differ by their own factors alone: a member is the net with W ∘ (r sᵀ)', () => {
    const { params } = buildNetwork(sharedByMembers(SPEC, 3));
    const size = (name: string) => params.find((one) => one.name === name)?.shape;
    expect([size('dense0/kernel'), size('dense0/input-factor'), size('output/bias')]).toEqual([
      [6, 5],
      [3, 6],
      [3, 4],
    ]);
  });
});

describe('mapped networks', () => {
  const kinds = (spec: typeof SPEC): string =>
    [...spec.layers, ...spec.heads.map(({ layer }) => layer ?? { kind: 'head' })].map(({ kind }) => kind).join(' ');

  it('have the layers that their methods need, heads included where they are meant', () => {
    expect(kinds(masked(SPEC))).toBe('masked-dense relu masked-dense');
    expect(kinds(withLowRankChanges(SPEC, 2, 8))).toBe('low-rank-dense relu head');
    expect(kinds(withDropout(SPEC, 0.1))).toBe('dense relu dropout head');
    // Its own dropout is replaced.
    const own = mlp({ input: 6, hidden: [5, 5], outputs: 4, init: 'torch-default', dropout: 0.5 });
    expect(withDropout(own, 0.1).layers.filter(({ kind }) => kind === 'dropout')).toEqual([
      { kind: 'dropout', rate: 0.1, draw: 0 },
      { kind: 'dropout', rate: 0.1, draw: 1 },
    ]);
    expect(buildNetwork(narrowed(SPEC, 0.4)).params.map(({ shape }) => shape)).toEqual([[6, 2], [2], [2, 4], [4]]);
  });
});
