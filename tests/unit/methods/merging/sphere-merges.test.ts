import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import karcherMethod, { karcher } from '../../../../src-main/methods/merging/karcher.ts';
import linearMethod from '../../../../src-main/methods/merging/linear.ts';
import multiSlerpMethod from '../../../../src-main/methods/merging/multi-slerp.ts';
import nuSlerpMethod, { nuSlerpByLines } from '../../../../src-main/methods/merging/nuslerp.ts';
import slerpMethod from '../../../../src-main/methods/merging/slerp.ts';
import { gramOf } from '../../../../src-main/methods/merging/shared/sphere.ts';
import { expectClose, flat, knownTensorMerge, netSchema, tensorsOf } from '../../../fixtures/merging/merges.ts';
import { matrix, merged, models, place, row } from '../../../fixtures/merging/tensors.ts';

describe('means on the sphere', () => {
  const two = models.slice(0, 2);
  const free = { start: null };

  it('linear interpolation has exact ends, and is a mean by weights', () => {
    expect(merged(linearMethod, { share: 0 }, { ...free, nets: two })).toEqual(two[0]);
    expect(merged(linearMethod, { share: 1 }, { ...free, nets: two })).toEqual(two[1]);
    const byHand = models[0]['b'].map((value, at) => (3 * value + models[1]['b'][at]) / 4);
    expectClose(merged(linearMethod, {}, { ...free, nets: two, weights: [3, 1] })['b'], byHand);
    expectClose(merged(linearMethod, { share: 0.25 }, { ...free, nets: two })['b'], byHand);
    const sum = models[0]['b'].map((value, at) => 3 * value + models[1]['b'][at]);
    expectClose(merged(linearMethod, { normalise: false }, { ...free, nets: two, weights: [3, 1] })['b'], sum);
    expect(() => merged(linearMethod, { share: 0.3 }, free)).toThrow(/for two models; here are 3/);
    expect(() => merged(linearMethod, {}, { ...free, nets: two, weights: [1, -1] })).toThrow(/sum to 0/);
  });

  it('SLERP is as known, for a tensor and for the whole net', () => {
    expectClose(
      merged(slerpMethod, { t: 0.3 }, { ...free, nets: two })['W'],
      flat(matrix('slerp', 'experts 0 and 1, t .3')),
    );
    const name = 'nearly parallel (expert 0 and 1.01 expert 0 + 1e-4): linear, t .25';
    const near = { ...models[0], W: models[0]['W'].map((value) => 1.01 * value + 1e-4) };
    expectClose(
      merged(slerpMethod, { t: 0.25 }, { ...free, nets: [models[0], near] })['W'],
      flat(matrix('slerp', name)),
    );
    const steps = knownTensorMerge(z.array(netSchema), 'steps', 'experts').map(tensorsOf);
    const whole = merged(slerpMethod, { t: 0.3, scope: 'net' }, { ...free, nets: steps.slice(0, 2), shapes: {} });
    const expected = tensorsOf(
      knownTensorMerge(netSchema, 'steps', 'slerp experts 0,1 t=.3 (one angle over the whole flat vector)'),
    );
    expectClose(whole['W'], expected['W']);
    expectClose(whole['b'], expected['b']);
  });

  it('SLERP takes the line where a tensor is 0 or turned about', () => {
    const zero = { W: new Float32Array(24), b: new Float32Array(4) };
    const half = merged(slerpMethod, { t: 0.5 }, { ...free, nets: [models[0], zero] });
    expectClose(
      half['W'],
      models[0]['W'].map((value) => value / 2),
    );
    const turned = { W: models[0]['W'].map((value) => -value), b: models[0]['b'] };
    expectClose(merged(slerpMethod, { t: 0.25 }, { ...free, nets: [models[0], turned] })['W'], half['W']);
  });

  it('NuSLERP is as known, with its weights, about the start, by rows and by columns', () => {
    const known = (name: string): Float32Array => flat(matrix('nuslerp', name));
    const weights = [1, 3];
    expectClose(merged(nuSlerpMethod, {}, { ...free, nets: two, weights })['W'], known('weights 1, 3'));
    expectClose(merged(nuSlerpMethod, {}, { nets: two, weights })['W'], known('about the base, weights 1, 3'));
    const bias = row('nuslerp', 'bias, about the base, t .3');
    expectClose(merged(nuSlerpMethod, { t: 0.3, angles: 'column' }, { nets: two })['b'], bias);
    const by = (angles: string): Float32Array => merged(nuSlerpMethod, { t: 0.3, angles }, { ...free, nets: two })['W'];
    expectClose(by('row'), known('an angle for each output row, t .3'));
    expectClose(by('column'), known('an angle for each input column, t .3'));
  });

  it('multi-SLERP is as known, about the origin and about the start', () => {
    const weights = row('multislerp', 'weights (sum 1)');
    const of = (name: string): Float32Array => flat(matrix('multislerp', name));
    expectClose(merged(multiSlerpMethod, {}, { ...free, weights })['W'], of('merged'));
    expectClose(merged(multiSlerpMethod, {}, { ...free, weights: weights.map((w) => 7 * w) })['W'], of('merged'));
    expectClose(merged(multiSlerpMethod, {}, { weights })['W'], of('merged about the base'));
    const pair = { ...free, nets: two, weights: [0.3, 0.7] };
    expectClose(
      merged(multiSlerpMethod, {}, pair)['W'],
      of('two models, weights .3/.7 (not the same as nuslerp t=.7)'),
    );
    expectClose(merged(nuSlerpMethod, {}, pair)['W'], of('nuslerp t=.7 beside it'));
  });

  it('multi-SLERP of two opposite tensors is their line; of more it refuses by name', () => {
    const turned = { W: models[0]['W'].map((value) => -3 * value), b: models[0]['b'] };
    expectClose(
      merged(multiSlerpMethod, {}, { ...free, nets: [models[0], turned] })['W'],
      models[0]['W'].map((value) => -value),
    );
    const third = { W: new Float32Array(24), b: models[0]['b'] };
    expect(() => merged(multiSlerpMethod, {}, { ...free, nets: [models[0], turned, third] })).toThrow(
      /directions of W in the 3 models cancel out/,
    );
  });

  it('the Karcher mean is as known, after as many steps', () => {
    const of = (name: string): Float32Array => flat(matrix('karcher', name));
    expectClose(merged(karcherMethod, {}, free)['W'], of('merged, equal weights, max 10 steps, tol 1e-5'));
    const gram = gramOf(models.map((model) => model['W']));
    expect(karcher(gram, [1 / 3, 1 / 3, 1 / 3], { steps: 10, tolerance: 1e-5 }).steps).toBe(
      knownTensorMerge(z.number(), 'karcher', 'steps'),
    );
    expectClose(merged(karcherMethod, { steps: 100, tolerance: 1e-8 }, free)['W'], of('converged (tol 1e-13)'), 2e-6);
    expectClose(
      merged(karcherMethod, {}, { ...free, nets: two })['W'],
      of('two models = slerp of unit vectors at .5 times the mean norm'),
    );
    const zero = { W: new Float32Array(24), b: new Float32Array(4) };
    expectClose(
      merged(karcherMethod, {}, { ...free, nets: [...two, zero] })['W'],
      of('third tensor all zero: direction from the other two, scale still divided by 3'),
    );
    expectClose(
      merged(karcherMethod, { steps: 100, tolerance: 1e-8 }, { ...free, weights: [0.5, 0.2, 0.3] })['W'],
      of('weights .5,.2,.3 (our extension; mergekit has equal weights only)'),
    );
  });

  it('all of them answer with the ends, and with the model itself where all are equal', () => {
    for (const method of [slerpMethod, nuSlerpMethod]) {
      for (const t of [0, 1]) {
        const end = merged(method, { t }, { ...free, nets: two });
        expectClose(end['W'], two[t]['W'], 1e-6);
        expectClose(end['b'], two[t]['b'], 1e-6);
      }
    }
    const same = [models[2], models[2], models[2]];
    for (const method of [linearMethod, slerpMethod, nuSlerpMethod, multiSlerpMethod, karcherMethod])
      expectClose(merged(method, {}, { ...free, nets: same })['W'], models[2]['W'], 1e-6);
  });

  it('more than two models join with equal shares of the arc', () => {
    // By hand: three directions in a plane at 0, 30 and 90 degrees. Half way of the first two is 15, a third of the
    // way from there to 90 is 40.
    const at = (degrees: number): NamedArrays => {
      const angle = (degrees * Math.PI) / 180;
      return { W: Float32Array.of(2 * Math.cos(angle), 2 * Math.sin(angle)) };
    };
    const nets = [0, 30, 90].map(at);
    for (const method of [slerpMethod, nuSlerpMethod])
      expectClose(merged(method, {}, { ...free, nets, shapes: {} })['W'], at(40)['W'], 1e-6);
  });

  it('angles by lines are those of this layout: [in, out] kernels are turned first', () => {
    const turned = (values: Float32Array): Float32Array =>
      values.map((_, at) => values[(at % 4) * 6 + Math.floor(at / 4)]);
    const there = nuSlerpByLines(
      place,
      two.map((net) => net['W']),
      [0.7, 0.3],
      'row',
    );
    const here = nuSlerpByLines(
      { shape: [6, 4], outputAxis: 'last' },
      two.map((net) => turned(net['W'])),
      [0.7, 0.3],
      'row',
    );
    expectClose(here, turned(Float32Array.from(there)), 1e-7);
  });
});
