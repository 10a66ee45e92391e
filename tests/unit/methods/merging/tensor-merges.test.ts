import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Stream } from '../../../../src-main/engine/random/streams.ts';
import breadcrumbsMethod, { breadcrumbs } from '../../../../src-main/methods/merging/breadcrumbs.ts';
import cabsMethod, { cabs } from '../../../../src-main/methods/merging/cabs.ts';
import dareMethod from '../../../../src-main/methods/merging/dare.ts';
import dellaMethod, { keepChances, magPrune } from '../../../../src-main/methods/merging/della.ts';
import linesMethod, { linesAlpha, linesScale } from '../../../../src-main/methods/merging/lines.ts';
import magMaxMethod, { magMax } from '../../../../src-main/methods/merging/magmax.ts';
import metaGptMethod from '../../../../src-main/methods/merging/metagpt.ts';
import pcbMethod from '../../../../src-main/methods/merging/pcb.ts';
import sceMethod, { sceWeights, selected } from '../../../../src-main/methods/merging/sce.ts';
import tiesMethod from '../../../../src-main/methods/merging/ties.ts';
import {
  expectClose,
  flat,
  knownTensorMerge,
  matrixSchema,
  netSchema,
  tensorsOf,
} from '../../../fixtures/merging/merges.ts';
import {
  base,
  biasVectors,
  cubeSchema,
  keeping,
  matrix,
  merged,
  models,
  place,
  row,
  vectors,
} from '../../../fixtures/merging/tensors.ts';

describe('sparse task vectors', () => {
  const kept = knownTensorMerge(cubeSchema, 'della', 'kept');

  it('DARE with known masks is as known: added, and with signs elected', () => {
    const [start, nets] = [
      tensorsOf(knownTensorMerge(netSchema, 'steps', 'base')),
      knownTensorMerge(z.array(netSchema), 'steps', 'experts').map(tensorsOf),
    ];
    const masks = knownTensorMerge(matrixSchema, 'steps', 'dare_masks (1 = kept) p=.3');
    const draws = (name: string): Stream => {
      const [, model, tensor] = name.split('/');
      return keeping(
        masks.map((mask) => [tensor === 'W' ? mask.slice(0, 12) : mask.slice(12)]),
        tensor,
      )(`dare/${model}/${tensor}`);
    };
    const net = merged(dareMethod, { drop: 0.3, lambda: 0.4 }, { start, nets, shapes: {}, source: draws });
    const name = 'dare lambda=.4 with these masks (kept entries / (1-p), then sum)';
    const expected = tensorsOf(knownTensorMerge(netSchema, 'steps', name));
    expectClose(net['W'], expected['W']);
    expectClose(net['b'], expected['b']);
    const elected = merged(dareMethod, { drop: 0.5, lambda: 0.7, then: 'elect' }, { source: keeping(kept, 'W') });
    expectClose(
      elected['W'],
      flat(matrix('dare', 'drop .5 with the masks of della, rescaled, elected mean, lambda .7')),
    );
    const scaled = { drop: 0.5, lambda: 1, rescale: 'norm' };
    expectClose(
      merged(dareMethod, scaled, { source: keeping(kept, 'W'), weights: [0.5, 0.2, 0.3] })['W'],
      flat(matrix('della', 'scaled to the L1 norm, summed with weights .5 .2 .3')),
    );
  });

  it('DELLA ranks each row, divides by own probabilities, elects; or scales to the norm and adds', () => {
    const options = { drop: 0.3, window: 0.14, rescale: 'expectation' } as const;
    const chances = knownTensorMerge(cubeSchema, 'della', 'drop .3, window .14: keep probability');
    const own = knownTensorMerge(cubeSchema, 'della', 'divided by own probability');
    vectors.forEach((vector, model) => {
      expectClose(keepChances(vector, 6, options), chances[model].flat());
      expectClose(magPrune(place, vector, options, keeping(kept, 'W')(`della/${model}/W`)), own[model].flat());
    });
    const source = keeping(kept, 'W');
    const values = { drop: 0.3, window: 0.14, lambda: 1.1 };
    expectClose(merged(dellaMethod, values, { source })['W'], flat(matrix('della', 'elected mean, lambda 1.1')));
    const weights = [0.5, 0.2, 0.3];
    expectClose(
      merged(dellaMethod, values, { source, weights })['W'],
      flat(matrix('della', 'elected mean, weights .5 .2 .3, lambda 1.1')),
    );
    const linear = { ...values, lambda: 1, then: 'add', rescale: 'norm' };
    expectClose(
      merged(dellaMethod, linear, { source, weights })['W'],
      flat(matrix('della', 'scaled to the L1 norm, summed with weights .5 .2 .3')),
    );
  });

  it('breadcrumbs are as known by rows, and by tensors as mergekit has them', () => {
    const official = 'official, beta .5 gamma .2 (rows of 6: 1 removed, 3 kept)';
    const rows = { beta: 0.5, gamma: 0.2, scope: 'row' } as const;
    const masked = knownTensorMerge(cubeSchema, 'breadcrumbs', official, 'masked tau');
    const bias = matrix('breadcrumbs', official, 'bias masked (4 long: int(.8)=0 removed, 2 kept)');
    vectors.forEach((vector, model) => {
      expectClose(breadcrumbs(place, vector, rows), masked[model].flat());
      expectClose(breadcrumbs({ ...place, shape: [4] }, biasVectors[model], rows), bias[model]);
    });
    expectClose(
      merged(breadcrumbsMethod, { ...rows, alpha: 0.4 })['W'],
      flat(matrix('breadcrumbs', official, 'merged alpha .4, sum')),
    );
    const kit = 'mergekit, density .5 gamma .1 (24 entries: 2 largest removed, 10 smallest removed, 12 kept)';
    const tensor = { beta: 0.5, gamma: 0.1, scope: 'tensor' } as const;
    const whole = knownTensorMerge(cubeSchema, 'breadcrumbs', kit, 'masked tau');
    vectors.forEach((vector, model) => expectClose(breadcrumbs(place, vector, tensor), whole[model].flat()));
    expectClose(
      merged(breadcrumbsMethod, { ...tensor, alpha: 1 })['W'],
      flat(matrix('breadcrumbs', kit, 'merged weight 1, sum (breadcrumbs)')),
    );
    expectClose(
      merged(breadcrumbsMethod, { ...tensor, alpha: 1, then: 'elect and add' })['W'],
      flat(matrix('breadcrumbs', kit, 'merged weight 1, elected, not normalised (breadcrumbs_ties)')),
    );
    const small =
      'small tensor, density .5 gamma .1 of 4: int(.4) = 0 removed, 2 kept (mergekit before 0.1.5 returned all zeros)';
    expectClose(
      breadcrumbs({ ...place, shape: [4] }, flat(row('breadcrumbs', small, 'bias tau 0')), tensor),
      row('breadcrumbs', small, 'kept'),
    );
    // Where both shares can't be had, all that is to be kept is kept: 9 of 10, though 2 were to be taken out.
    const ten = Float32Array.from({ length: 10 }, (_, at) => at + 1);
    const nine = breadcrumbs({ shape: [10], outputAxis: 'first' }, ten, { beta: 0.9, gamma: 0.2, scope: 'tensor' });
    expect([...nine]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
  });

  it('MagMax takes the largest change, of equal ones the later', () => {
    expectClose(merged(magMaxMethod, { lambda: 0.5 })['W'], flat(matrix('magmax', 'merged, lambda .5')));
    const equal = knownTensorMerge(cubeSchema, 'magmax', 'equal magnitudes: 1 and -1 and .5, the later of the two');
    expectClose(magMax(equal.map(flat)), flat(matrix('magmax', 'their change')));
  });

  it('SCE is as known in both of its codes', () => {
    for (const topk of [0.3, 1])
      for (const variant of ['fusechat', 'mergekit'] as const) {
        const name = `${variant}, topk ${topk}`;
        expectClose(merged(sceMethod, { topk, variant })['W'], flat(matrix('sce', name, 'merged')));
        const isIn = selected(vectors, topk);
        const chosen = topk < 1 ? vectors.map((vector) => vector.map((value, at) => value * isIn[at])) : vectors;
        expectClose(sceWeights(chosen, { variant }), row('sce', name, 'weights'));
      }
    const bias = row('sce', 'bias of 4 at .2: int(.8) = 0, mergekit leaves it');
    expectClose(merged(sceMethod, { topk: 0.2, variant: 'mergekit' })['b'], bias);
    expect(() => merged(sceMethod, {}, { weights: [1, 2, 1] })).toThrow(/takes all models alike/);
  });

  it('CABS keeps n of m without overlap, as known', () => {
    const known = (name: string): number[][][] => knownTensorMerge(cubeSchema, 'cabs', name);
    const three = cabs(place, vectors, { n: 1, m: 4 });
    three.forEach((vector, model) => expectClose(vector, known('1 of 4, three tasks')[model].flat()));
    const two = cabs(place, vectors.slice(0, 2), { n: 2, m: 5 });
    const name = '2 of 5 (last block of 4 left out), two tasks';
    two.forEach((vector, model) => expectClose(vector, known(name)[model].flat()));
    expect(three[0].map((_, at) => three.filter((vector) => vector[at] !== 0).length).some((kept) => kept > 1)).toBe(
      false,
    );
    expectClose(
      merged(cabsMethod, { n: 1, m: 4, lambda: 0.8 }, { weights: [1, 0.5, 0.25] })['W'],
      flat(matrix('cabs', '1 of 4, lambda .8, weights 1 .5 .25')),
    );
    expect(() => merged(cabsMethod, { n: 5, m: 4 })).toThrow(/can't keep 5 of 4 entries/);
  });

  it('PCB-Merging is as known by all three formulas', () => {
    for (const [variant, clip] of [
      ['root', 0.0001],
      ['vision', 0.01],
      ['vision es', 0.01],
    ] as const) {
      const name = `${variant.replace(' ', '_')} variant, clip ${clip}`;
      const net = merged(pcbMethod, { ratio: 0.3, lambda: 1.2, variant, clip });
      const expected = row('pcb', name, 'merged tau');
      expectClose(
        net['W'],
        base['W'].map((value, at) => value + expected[at]),
      );
      expectClose(
        net['b'],
        base['b'].map((value, at) => value + expected[24 + at]),
      );
    }
  });

  it('TIES with weights is mergekit`s: they count in the vote and divide', () => {
    const values = { density: 0.3, lambda: 1, scope: 'tensor', keep: 'at-least-1', combine: 'mean' };
    expectClose(
      merged(tiesMethod, values, { weights: [0.5, 0.2, 0.3] })['W'],
      flat(matrix('ties', 'mergekit, density .3, weights .5 .2 .3, lambda 1')),
    );
  });
});

describe('rules for scales', () => {
  it('MetaGPT weighs by squared lengths over the whole net', () => {
    const net = merged(metaGptMethod, {});
    expectClose(net['W'], flat(matrix('metagpt', 'W')));
    expectClose(net['b'], row('metagpt', 'b'));
  });

  it('LiNeS scales by depth as known, from α of the merged vector', () => {
    const scales = row('lines', 'L=4, alpha .25, beta .5');
    expectClose(
      [0, 1, 2, 3].map((layer) => linesScale(0.25, 0.5, layer, 4)),
      scales,
    );
    const single = row('lines', 'single task, alpha .3 (beta = .7): block scales L=4');
    expectClose(
      [0, 1, 2, 3].map((layer) => linesScale(0.3, 0.7, layer, 4)),
      single,
    );
    expect(linesScale(0.25, 0.5, 0, 1)).toBe(0.75);
    expect(linesAlpha(0, 0, 4)).toBe(0.25);
    // At β = 0 every layer has α.
    const alphas = knownTensorMerge(
      z.record(z.string(), z.number()),
      'lines',
      'alpha of a merged vector = |sum tau|_1 / |tau_mtl|_1 / T',
    );
    const sum = vectors[0].map((_, at) => vectors.reduce((total, vector) => total + vector[at], 0));
    expectClose(
      merged(linesMethod, { beta: 0 })['W'],
      base['W'].map((value, at) => value + alphas['tau_mtl = sum'] * sum[at]),
    );
    // The fixture's α is of W alone.
    const alone = { start: { W: base['W'] }, nets: models.map((model) => ({ W: model['W'] })) };
    const lambda = alphas['tau_mtl = disjoint mean (density 1)'];
    expectClose(
      merged(linesMethod, { beta: 0, vector: 'agreeing mean' }, alone)['W'],
      merged(tiesMethod, { density: 1, lambda, keep: 'exact' }, alone)['W'],
    );
  });
});
