import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { crossEntropyPerExample, softmaxCrossEntropy, valueAndGradients } from '../../../src-main/engine/losses.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { hasFusedCrossEntropy } from '../../../src-main/engine/networks/tensorflow-cross-entropy.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { EXCLUDED } from '../../../src-main/methods/continual/contract.ts';

const ROWS = 12,
  OUTPUTS = 5;

/** Logits as a network gives them, and two rows as an overconfident one does: once right, once wrong. */
const logits = new Float32Array(ROWS * OUTPUTS);
stream(5, 'logits').fillNormal(logits, 0, 3);
logits.set([90, -40, 0, 1, -90, -60, 70, 2, 0, 0]);
const weights = new Float32Array(ROWS);
stream(5, 'weights').fillUniform(weights, 0.1, 4);
weights[3] = 0;

interface Masked {
  readonly mask: Float32Array;
  readonly labels: Int32Array;
}
const active: Masked = {
  mask: new Float32Array(ROWS * OUTPUTS),
  labels: Int32Array.from({ length: ROWS }, (_, row) => (row < 2 ? 0 : (row * 3) % OUTPUTS)),
};
/** Of every row two outputs are excluded, others from row to row, never the label's. */
const excluding: Masked = {
  ...active,
  mask: Float32Array.from({ length: ROWS * OUTPUTS }, (_, at) =>
    [1, 3].includes(((at % OUTPUTS) - active.labels[Math.floor(at / OUTPUTS)] + OUTPUTS) % OUTPUTS) ? EXCLUDED : 0,
  ),
};

/** Losses and softmax − one-hot in double precision, over the outputs that take part only. */
function closedForm({ mask, labels }: Masked): { losses: number[]; differences: number[][] } {
  const rows = Array.from(labels, (label, row) => {
    const z = Array.from(logits.subarray(row * OUTPUTS, (row + 1) * OUTPUTS));
    const taking = z.map((_, c) => mask[row * OUTPUTS + c] === 0);
    const largest = Math.max(...z.filter((_, c) => taking[c]));
    const powers = z.map((value, c) => (taking[c] ? Math.exp(value - largest) : 0));
    const sum = powers.reduce((a, b) => a + b, 0);
    return {
      loss: Math.log(sum) + largest - z[label],
      difference: powers.map((power, c) => power / sum - (c === label ? 1 : 0)),
    };
  });
  return { losses: rows.map(({ loss }) => loss), differences: rows.map(({ difference }) => difference) };
}

/**
 * Single precision: a loss to 1e-6 of itself or of 1 nat, whichever is more, because it comes from a sum of powers that
 * is near 1.
 */
function expectLosses(found: ArrayLike<number>, expected: readonly number[]): void {
  expectWithin(found, expected, (at) => 1e-6 * Math.max(1, Math.abs(expected[at])));
}

/**
 * Row by row factor × (softmax − one-hot), to 1e-6 of the factor, because softmax is rounded near 1 before 1 is taken
 * from it.
 */
function expectGradients(
  found: ArrayLike<number>,
  differences: readonly (readonly number[])[],
  factor: (row: number) => number,
): void {
  expectWithin(
    found,
    differences.flatMap((row, at) => row.map((value) => value * factor(at))),
    (at) => 1e-6 * factor(Math.floor(at / OUTPUTS)),
  );
}

function expectWithin(found: ArrayLike<number>, expected: readonly number[], bound: (at: number) => number): void {
  expect(found.length).toBe(expected.length);
  expected.forEach((value, at) =>
    expect(Math.abs(found[at] - value), `value ${at} is ${found[at]}, not ${value}`).toBeLessThanOrEqual(bound(at)),
  );
}

function lossStep(engine: Engine) {
  return engine.compileStep({
    name: 'test/cross-entropy',
    inputs: {
      logits: { shape: [ROWS, OUTPUTS], dtype: 'float32' },
      mask: { shape: [ROWS, OUTPUTS], dtype: 'float32' },
      labels: { shape: [ROWS], dtype: 'int32' },
      weights: { shape: [ROWS], dtype: 'float32' },
    },
    body: (given) => {
      const parameters = { z: given.logits };
      const masked = (z: typeof given.logits) => tf.add(z, given.mask);
      const summed = valueAndGradients(
        ({ z }) => tf.sum(tf.mul(crossEntropyPerExample(masked(z), given.labels), given.weights)).asScalar(),
        parameters,
      );
      const mean = valueAndGradients(({ z }) => softmaxCrossEntropy(masked(z), given.labels), parameters);
      const weighted = valueAndGradients(
        ({ z }) => softmaxCrossEntropy(masked(z), given.labels, given.weights),
        parameters,
      );
      return {
        each: crossEntropyPerExample(masked(given.logits), given.labels),
        summedGradient: summed.gradients['z'],
        mean: mean.value,
        meanGradient: mean.gradients['z'],
        weighted: weighted.value,
        weightedGradient: weighted.gradients['z'],
      };
    },
  });
}

// The kernel is registered for the whole process, so TensorFlow without it comes first.
describe.each([
  ['eager TensorFlow', 'tensorflow-cpu', true, false],
  ['recorded TensorFlow', 'tensorflow-cpu', false, true],
  ['wasm', 'wasm', false, false],
] as const)('cross-entropy on %s', (_name, backend, eager, fused) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend, { eager });
  });
  afterAll(() => engine.dispose());

  it(fused ? "is TensorFlow's one kernel" : 'is written out', () => {
    expect(hasFusedCrossEntropy()).toBe(fused);
  });

  it.each([
    ['of all outputs', active],
    ['with outputs excluded', excluding],
  ] as const)('%s is −ln softmax, and its gradient softmax − one-hot', async (_which, masked) => {
    const { losses, differences } = closedForm(masked);
    const step = lossStep(engine);
    const [found] = await step.run([{ logits, weights, ...masked }]);
    step.dispose();

    const total = weights.reduce((a, b) => a + b, 0);
    expectLosses(found.each, losses);
    expectGradients(found.summedGradient, differences, (row) => weights[row]);
    expectLosses(found.mean, [losses.reduce((a, b) => a + b, 0) / ROWS]);
    expectGradients(found.meanGradient, differences, () => 1 / ROWS);
    expectLosses(found.weighted, [losses.reduce((sum, loss, row) => sum + loss * weights[row], 0) / total]);
    expectGradients(found.weightedGradient, differences, (row) => weights[row] / total);
    // nothing flows to an output that takes no part, and nothing from an example that weighs nothing
    expect(Array.from(found.meanGradient).filter((value, at) => masked.mask[at] !== 0 && value !== 0)).toEqual([]);
    expect(Array.from(found.weightedGradient.subarray(3 * OUTPUTS, 4 * OUTPUTS), Math.abs)).toEqual(
      Array(OUTPUTS).fill(0),
    );
  });
});

describe('a label that is no output', () => {
  it.each([OUTPUTS, -1])('%i fails in words that name it and the operation, and the engine goes on', async (label) => {
    const engine = await openEngine('tensorflow-cpu');
    const step = lossStep(engine);
    const feed = { logits, weights, ...active };
    await expect(step.run([{ ...feed, labels: active.labels.with(4, label) }])).rejects.toThrow(
      new RegExp(
        `^Step .* failed: [^]*label value of ${label}\\b[^]*\\(operation ` +
          'SparseSoftmaxCrossEntropyWithLogits, step 1 of the call\\)$',
      ),
    );
    const [{ each }] = await step.run([feed]);
    expectLosses(each, closedForm(active).losses);
    step.dispose();
    engine.dispose();
  });
});
