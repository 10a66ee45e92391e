import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { correlations, covariances } from '../../../../src-main/methods/merging/shared/correlation.ts';
import { chainValues, denseChain } from '../../../../src-main/methods/merging/shared/dense-chain.ts';
import type { DenseLayer } from '../../../../src-main/methods/merging/shared/dense-chain.ts';
import { otFusion } from '../../../../src-main/methods/merging/otfusion.ts';
import { zip, zipUnits } from '../../../../src-main/methods/merging/zipit.ts';
import {
  expectClose,
  flat,
  knownMerge,
  layersOf,
  matrixSchema,
  numbersSchema,
  rectified,
} from '../../../fixtures/merging/merges.ts';

const kernelsSchema = z.array(matrixSchema);

/** A net with random weights; `order[l]` reorders the units of hidden layer l of the net that was drawn. */
function drawnNet(widths: readonly number[], order?: readonly Int32Array[]): DenseLayer[] {
  return widths.slice(1).map((outputs, index) => {
    const inputs = widths[index];
    const source = stream(11, `net/${index}`);
    const weights = new Float32Array(inputs * outputs);
    const biases = new Float32Array(outputs);
    source.fillNormal(weights, 0, 1);
    source.fillNormal(biases, 0, 0.2);
    const unit = (o: number): number => order?.[index]?.[o] ?? o;
    const input = (i: number): number => (index === 0 ? i : (order?.[index - 1]?.[i] ?? i));
    return {
      name: `layer${index}`,
      inputs,
      outputs,
      kernel: weights.map((_, at) => weights[input(Math.floor(at / outputs)) * outputs + unit(at % outputs)]),
      bias: biases.map((_, o) => biases[unit(o)]),
    };
  });
}

const orderOf = (units: number, name: string): Int32Array => stream(8, name).permutation(units);

const drawnRows = (rows: number, width: number): number[][] => {
  const source = stream(9, 'rows');
  return Array.from({ length: rows }, () => Array.from({ length: width }, () => 2 * source.uniform() - 1));
};

/** Features of all hidden layers to these rows: [layer] of [rows × units]. */
function hiddenOf(net: readonly DenseLayer[], x: readonly (readonly number[])[]): Float32Array[] {
  let rows: readonly (readonly number[])[] = x;
  return net.slice(0, -1).map((layer) => {
    const answers = rectified(rows, layer);
    rows = answers;
    return flat(answers);
  });
}

describe('OTFusion', () => {
  const net = (name: string): DenseLayer[] => layersOf(knownMerge(kernelsSchema, 'otfusion', name));
  const [a, b, c] = [net('A'), net('B'), net('C (hidden 3 and 4)')];
  const x = knownMerge(matrixSchema, 'otfusion', 'x');

  it.each([
    ['weights mode, all layers', 'plans', b, { output: 'transport', share: 0.5 }],
    ['unequal widths A -> C, weights mode, output identity', 'plans (5x3, 4x4)', c, { output: 'identity', share: 0.5 }],
    [
      'activation mode (post-ReLU), output layer kept by identity',
      'plans',
      b,
      { output: 'identity', share: 0.5, activations: [hiddenOf(a, x), hiddenOf(b, x)], rows: x.length },
    ],
  ] as const)('fuses two small nets as known: %s', (name, planKey, target, options) => {
    const { fused, aligned, plans } = otFusion(a, target, options);
    const expected = (key: string): Float32Array[] =>
      knownMerge(kernelsSchema, 'otfusion', name, key).map((m) => flat(m));
    expected(planKey).forEach((plan, index) => expectClose(plans[index], plan));
    expected('aligned A').forEach((kernel, index) => expectClose(aligned[index].kernel, kernel));
    expected('fused').forEach((kernel, index) => expectClose(fused[index].kernel, kernel));
  });

  it('answers the second net itself where the first is a reordered copy, biases included', () => {
    const widths = [6, 12, 9, 3];
    const target = drawnNet(widths);
    const copy = drawnNet(widths, [orderOf(12, 'first'), orderOf(9, 'second')]);
    const rows = drawnRows(40, 6);
    const byWeights = otFusion(copy, target, { output: 'identity', share: 0.5 });
    const byActivations = otFusion(copy, target, {
      output: 'identity',
      share: 0.5,
      activations: [hiddenOf(copy, rows), hiddenOf(target, rows)],
      rows: 40,
    });
    for (const { fused } of [byWeights, byActivations])
      fused.forEach((layer, index) => {
        expectClose(layer.kernel, target[index].kernel);
        expectClose(layer.bias ?? [], target[index].bias ?? []);
      });
  });

  it('has the width of the second net, and is the second net alone at η = 1', () => {
    const { fused } = otFusion(drawnNet([6, 12, 9, 3]), drawnNet([6, 7, 5, 3]), { output: 'identity', share: 1 });
    expect(fused.map(({ outputs }) => outputs)).toEqual([7, 5, 3]);
    fused.forEach((layer, index) => expectClose(layer.kernel, drawnNet([6, 7, 5, 3])[index].kernel));
  });

  it('refuses nets of another depth or other outputs', () => {
    const options = { output: 'identity', share: 0.5 } as const;
    expect(() => otFusion(drawnNet([6, 4, 3]), drawnNet([6, 3]), options)).toThrow(/2 and 1 layers/);
    expect(() => otFusion(drawnNet([6, 4, 3]), drawnNet([6, 4, 2]), options)).toThrow(/same inputs and outputs/);
  });
});

describe('ZipIt!', () => {
  const netSchema = z.tuple([matrixSchema, numbersSchema, matrixSchema]);
  const net = (name: string): DenseLayer[] => {
    const [first, bias, second] = knownMerge(netSchema, 'zipit', name);
    return [layersOf([first], [bias])[0], layersOf([second])[0]];
  };
  const models = [net('A'), net('B')];
  const x = knownMerge(matrixSchema, 'zipit', 'x');
  const features = models.map((model) => hiddenOf(model, x)[0]);

  it('knows the covariance of all units', () => {
    expectClose(covariances(features, x.length), flat(knownMerge(matrixSchema, 'zipit', 'covariance')));
  });

  it.each([
    ['alpha=0.3 beta=0.125', 0.3, 0.125],
    ['alpha=0.0001 beta=0.075', 0.0001, 0.075],
    ['alpha=0.3 beta=1.0', 0.3, 1],
  ])('merges and unmerges a hidden layer as known (%s)', (name, alpha, beta) => {
    const known = (key: string): Float32Array => flat(knownMerge(matrixSchema, 'zipit', name, key));
    const groups = zipUnits(correlations(covariances(features, x.length)), 2, { alpha, beta });
    const unmerge = known('unmerge');
    groups.forEach((group, unit) => expect([...unmerge.subarray(unit * 4, unit * 4 + 4)].indexOf(1)).toBe(group));
    const { trunk, tails } = zip(models, [features], x.length, { alpha, beta });
    expect(trunk).toHaveLength(1);
    expectClose(trunk[0].kernel, known('merged layer 1: W'));
    expectClose(trunk[0].bias ?? [], knownMerge(numbersSchema, 'zipit', name, 'b'));
    expectClose(tails[0][0].kernel, known("next kernel as seen by head A (U_A' W_A)"));
    expectClose(tails[1][0].kernel, known('by head B'));
  });

  it('zips a net with a reordered copy of itself into the same function', () => {
    const widths = [6, 12, 9, 3];
    const pair = [drawnNet(widths), drawnNet(widths, [orderOf(12, 'first'), orderOf(9, 'second')])];
    const rows = drawnRows(60, 6);
    const both = pair.map((of) => hiddenOf(of, rows));
    // Units that never answer correlate with none, not even with their copies.
    for (const unit of Array(9).keys()) expect(both[0][1].some((value, at) => at % 9 === unit && value > 0)).toBe(true);
    const { trunk, tails } = zip(
      pair,
      [0, 1].map((layer) => both.map((of) => of[layer])),
      60,
      { alpha: 1e-4, beta: 0 },
    );
    const zipped = hiddenOf([...trunk, tails[0][0]], rows)[1];
    const logits = (hidden: Float32Array, { kernel, bias }: DenseLayer): number[] =>
      Array.from({ length: 60 * 3 }, (_, at) => {
        const [row, o] = [Math.floor(at / 3), at % 3];
        return Array.from({ length: 9 }, (_u, i) => hidden[row * 9 + i] * kernel[i * 3 + o]).reduce(
          (s, v) => s + v,
          bias?.[o] ?? 0,
        );
      });
    tails.forEach((tail, model) => expectClose(logits(zipped, tail[0]), logits(both[model][1], pair[model][2]), 1e-4));
  });

  it('leaves every model its own layers where nothing is zipped', () => {
    const { trunk, tails } = zip(models, [], x.length, { alpha: 0.1, beta: 0 });
    expect(trunk).toEqual([]);
    expect(tails).toEqual(models);
  });
});

describe('denseChain', () => {
  const parameters = [
    { name: 'dense1/kernel', shape: [2, 3], role: 'kernel' },
    { name: 'dense1/bias', shape: [3], role: 'bias' },
    { name: 'head/kernel', shape: [3, 1], role: 'kernel' },
  ] as const;
  const values = {
    'dense1/kernel': new Float32Array(6),
    'dense1/bias': Float32Array.of(1, 2, 3),
    'head/kernel': Float32Array.of(4, 5, 6),
  };

  it('reads layers in their order and gives their tensors back', () => {
    const chain = denseChain(parameters, values);
    expect(chain.map(({ name, inputs, outputs, bias }) => [name, inputs, outputs, bias === null])).toEqual([
      ['dense1', 2, 3, false],
      ['head', 3, 1, true],
    ]);
    expect(chainValues(chain)).toEqual(values);
  });

  it('refuses what is no chain of dense layers', () => {
    expect(() => denseChain([{ name: 'conv/kernel', shape: [3, 3, 1, 8], role: 'kernel' }], values)).toThrow(
      /dense layers only/,
    );
    expect(() => denseChain([...parameters, { name: 'b/kernel', shape: [3, 1], role: 'kernel' }], values)).toThrow(
      /takes 3 inputs/,
    );
  });
});
