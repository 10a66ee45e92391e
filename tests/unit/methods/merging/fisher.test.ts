import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import { fisherMerge } from '../../../../src-main/methods/merging/fisher.ts';
import { expectClose, netSchema, tensorsOf } from '../../../fixtures/merging/merges.ts';

const fixture = z
  .object({ experts: z.array(netSchema), fishers: z.array(netSchema), fisher_merging: netSchema })
  .parse(
    JSON.parse(
      readFileSync(path.join(import.meta.dirname, '../../../fixtures/merging/fisher.json'), 'utf8'),
    ) as unknown,
  );
const plain = { normalise: false, floor: 0, floorOn: 'target' } as const;
const normed = { normalise: true, floor: 1e-6, floorOn: 'target' } as const;

const entries = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 });
const nets = fc.array(entries, { minLength: 2, maxLength: 4 });
const net = (values: readonly number[]): NamedArrays => ({ w: Float32Array.from(values) });

describe('Fisher merging', () => {
  it('merges three models as known', () => {
    const merged = fisherMerge(fixture.experts.map(tensorsOf), fixture.fishers.map(tensorsOf), plain);
    for (const [name, values] of Object.entries(tensorsOf(fixture.fisher_merging))) expectClose(merged[name], values);
  });

  it('brings every information to norm 1 over the whole net, coefficients after it', () => {
    // Norms 5 and 10: weights (.6, .8) and (.6, .8) · c.
    const fishers = [
      { a: Float32Array.of(3), b: Float32Array.of(4) },
      { a: Float32Array.of(6), b: Float32Array.of(8) },
    ];
    const models = [
      { a: Float32Array.of(1), b: Float32Array.of(2) },
      { a: Float32Array.of(3), b: Float32Array.of(6) },
    ];
    const even = fisherMerge(models, fishers, normed);
    expectClose([even['a'][0], even['b'][0]], [2, 4]);
    const uneven = fisherMerge(models, fishers, { ...normed, coefficients: [1, 3] });
    expectClose([uneven['a'][0], uneven['b'][0]], [2.5, 5]);
  });

  it('is the average where all informations are equal, and one model is itself', () =>
    fc.assert(
      fc.property(nets, entries, (values, information) => {
        const fisher = net(information.map((f) => f * f + 0.01));
        const merged = fisherMerge(
          values.map(net),
          values.map(() => fisher),
          normed,
        );
        expectClose(
          merged['w'],
          values[0].map((_, at) => values.reduce((sum, v) => sum + v[at], 0) / values.length),
        );
        expectClose(fisherMerge([net(values[0])], [fisher], normed)['w'], values[0]);
      }),
      { numRuns: 50 },
    ));

  it('answers the target where no answer hangs on an entry, or a mean where all have the floor', () => {
    const models = [net([1, 1]), net([5, 5])];
    const fishers = [net([0, 3]), net([0, 4])];
    expectClose(fisherMerge(models, fishers, normed)['w'], [1, 3]);
    expectClose(fisherMerge(models, fishers, { ...normed, normalise: false, floorOn: 'all' })['w'], [3, 23 / 7]);
    expectClose(fisherMerge(models, [net([0, 0]), net([0, 0])], { ...normed, floor: 0 })['w'], [1, 1]);
  });

  it('averages what no information says anything of', () => {
    const [a, b] = [1, 3].map((value) => ({ ...net([value]), mean: Float32Array.of(value) }));
    expectClose(fisherMerge([a, b], [net([1]), net([1])], normed)['mean'], [2]);
  });

  it('refuses an information of other tensors, by name', () => {
    expect(() => fisherMerge([net([1]), net([2])], [net([1]), {}], normed)).toThrow(
      /Fisher information of model 1 has no entries for w/,
    );
  });
});
