import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import breadcrumbs from '../../../../src-main/methods/merging/breadcrumbs.ts';
import cabs, { cabs as cabsVectors } from '../../../../src-main/methods/merging/cabs.ts';
import dareMethod from '../../../../src-main/methods/merging/dare.ts';
import dellaMethod, { keepChances, magPrune } from '../../../../src-main/methods/merging/della.ts';
import karcher from '../../../../src-main/methods/merging/karcher.ts';
import linear from '../../../../src-main/methods/merging/linear.ts';
import lines from '../../../../src-main/methods/merging/lines.ts';
import magMax from '../../../../src-main/methods/merging/magmax.ts';
import metaGpt from '../../../../src-main/methods/merging/metagpt.ts';
import multiSlerp from '../../../../src-main/methods/merging/multi-slerp.ts';
import nuSlerp from '../../../../src-main/methods/merging/nuslerp.ts';
import pcb from '../../../../src-main/methods/merging/pcb.ts';
import sce from '../../../../src-main/methods/merging/sce.ts';
import { keptByChance } from '../../../../src-main/methods/merging/shared/chance.ts';
import { amongLargest, amongSmallest, rowRanks } from '../../../../src-main/methods/merging/shared/ranks.ts';
import { StreamedRanks } from '../../../../src-main/methods/merging/shared/streamed-ranks.ts';
import slerp from '../../../../src-main/methods/merging/slerp.ts';
import taskArithmetic from '../../../../src-main/methods/merging/task-arithmetic.ts';
import ties from '../../../../src-main/methods/merging/ties.ts';
import weightAverage from '../../../../src-main/methods/merging/weight-average.ts';
import { expectClose } from '../../../fixtures/merging/merges.ts';
import { merged } from '../../../fixtures/merging/tensors.ts';

const RUNS = { numRuns: 25 };
const number = fc.float({ min: -2, max: 2, noNaN: true }).filter((value) => value === 0 || Math.abs(value) > 1e-3);
const kernel = fc.array(number, { minLength: 24, maxLength: 24 }).map((values) => Float32Array.from(values));
const net = fc.record({ W: kernel, b: kernel }).map((arrays): NamedArrays => arrays);
const shapes = { W: [4, 6], b: [24] };
/** A start and three experts. */
const given = fc.record({ start: net, nets: fc.tuple(net, net, net) }).map((all) => ({ ...all, shapes }));

function expectNets(actual: NamedArrays, expected: NamedArrays, within = 1e-5): void {
  for (const name of Object.keys(expected)) expectClose(actual[name], expected[name], within);
}

describe('one expert is itself', () => {
  const neutral = [
    [dareMethod, { drop: 0, lambda: 1 }],
    [dellaMethod, { drop: 0, lambda: 1 }],
    [breadcrumbs, { beta: 1, gamma: 0, alpha: 1 }],
    [breadcrumbs, { beta: 1, gamma: 0, alpha: 1, scope: 'tensor', then: 'elect' }],
    [magMax, { lambda: 1 }],
    [sce, { topk: 0.3 }],
    [sce, { topk: 1, variant: 'mergekit' }],
    [cabs, { n: 4, m: 4, lambda: 1 }],
    [metaGpt, {}],
    [lines, { beta: 0 }],
    [ties, { density: 1, lambda: 1 }],
    [linear, {}],
    [slerp, {}],
    [nuSlerp, {}],
    [multiSlerp, {}],
    [karcher, {}],
  ] as const;
  it.each(neutral.map(([method, values]) => ({ id: method.id, method, values })))(
    'by $id with $values',
    ({ method, values }) => {
      fc.assert(
        fc.property(given, (all) => {
          expectNets(merged(method, values, { ...all, nets: [all.nets[0]] }), all.nets[0]);
        }),
        RUNS,
      );
    },
  );
});

describe('the average', () => {
  it('is task arithmetic at 1/T, and what LiNeS, DARE and MetaGPT are at their neutral settings', () => {
    fc.assert(
      fc.property(given, (all) => {
        const average = merged(weightAverage, {}, { ...all, start: null });
        const third = { lambda: 1 / 3 };
        expectNets(merged(linear, {}, all), average);
        expectNets(merged(taskArithmetic, third, all), average);
        expectNets(merged(lines, { beta: 0 }, all), average);
        expectNets(merged(dareMethod, { ...third, drop: 0 }, all), average);
        expectNets(merged(dellaMethod, { ...third, drop: 0, then: 'add' }, all), average);
        expectNets(merged(breadcrumbs, { alpha: 1 / 3, beta: 1, gamma: 0 }, all), average);
        // Equal lengths: models on the other side of the start.
        const [first] = all.nets;
        const turned = Object.fromEntries(
          Object.entries(first).map(([name, values]) => [
            name,
            values.map((value, at) => 2 * all.start[name][at] - value),
          ]),
        );
        const pair = { ...all, nets: [first, turned] };
        expectNets(merged(metaGpt, {}, pair), merged(weightAverage, {}, { ...pair, start: null }));
      }),
      RUNS,
    );
  });

  it('is SCE of changes of equal magnitude and sign', () => {
    fc.assert(
      fc.property(net, net, (start, moved) => {
        const all = { start, nets: [moved, moved], shapes };
        expectNets(merged(sce, { topk: 1 }, all), moved);
        expectNets(merged(sce, { topk: 0.1 }, all), moved);
      }),
      RUNS,
    );
  });

  it('has the sum of TIES at density 1 where signs are equal', () => {
    fc.assert(
      fc.property(given, ({ start, nets }) => {
        const above = nets.map((one) =>
          Object.fromEntries(
            Object.entries(one).map(([name, values]) => [
              name,
              values.map((value, at) => start[name][at] + Math.abs(value)),
            ]),
          ),
        );
        const all = { start, nets: above, shapes };
        for (const keep of ['official', 'exact'])
          expectNets(
            merged(ties, { density: 1, lambda: 1, combine: 'sum', keep }, all),
            merged(taskArithmetic, { lambda: 1 }, all),
          );
      }),
      RUNS,
    );
  });
});

describe('on the sphere', () => {
  const free = { start: null, shapes };
  const isWide = ({ W, b }: NamedArrays): boolean => [W, b].every((values) => values.some((value) => value !== 0));
  const solid = net.filter(isWide);

  it('only ratios of weights count', () => {
    fc.assert(
      fc.property(solid, solid, fc.double({ min: 0.1, max: 9, noNaN: true }), (a, b, factor) => {
        for (const method of [linear, slerp, nuSlerp, karcher]) {
          const by = (weights: readonly number[]) => merged(method, {}, { ...free, nets: [a, b], weights });
          expectNets(by([factor, 3 * factor]), by([1, 3]), 1e-4);
        }
      }),
      RUNS,
    );
  });

  it('the length of a model changes the length of the mean, never its direction', () => {
    fc.assert(
      fc.property(solid, solid, solid, (a, b, c) => {
        const long: NamedArrays = { W: c['W'].map((value) => 4 * value), b: c['b'] };
        for (const method of [multiSlerp, karcher]) {
          const [one, other] = [
            merged(method, {}, { ...free, nets: [a, b, c] })['W'],
            merged(method, {}, { ...free, nets: [a, b, long] })['W'],
          ];
          const norm = (values: Float32Array): number => Math.hypot(...values);
          expectClose(
            one.map((value) => value / norm(one)),
            other.map((value) => value / norm(other)),
          );
          const grown = (norm(a['W']) + norm(b['W']) + 4 * norm(c['W'])) / 3;
          expectClose([norm(other) / grown], [1]);
        }
      }),
      RUNS,
    );
  });

  it('two models with equal weights have one mean, whichever way it is reached', () => {
    fc.assert(
      fc.property(solid, solid, (a, b) => {
        const all = { ...free, nets: [a, b] };
        expectNets(merged(multiSlerp, {}, all), merged(karcher, { tolerance: 1e-8 }, all));
      }),
      RUNS,
    );
  });
});

describe('what is kept', () => {
  const one = Float32Array.from({ length: 24 }, (_, at) => (at % 2 === 0 ? 1 : -1) * (0.1 + 0.05 * at));
  const place = { shape: [4, 6], outputAxis: 'first' } as const;
  const options = { drop: 0.6, window: 0.4, rescale: 'expectation' } as const;
  const TRIALS = 3000;
  /** Mean of what is drawn, entry by entry, in units of its standard error from the vector; chances of each to stay. */
  function deviations(draw: (trial: number) => Float32Array, chance: (at: number) => number): number[] {
    const sums = new Float64Array(one.length);
    for (let trial = 0; trial < TRIALS; trial += 1) draw(trial).forEach((value, at) => (sums[at] += value));
    return [...one].map((value, at) => {
      const error = Math.abs(value) * Math.sqrt((1 / chance(at) - 1) / TRIALS);
      return Math.abs(sums[at] / TRIALS - value) / error;
    });
  }

  it('DARE and the DELLA of its authors give the task vector on average', () => {
    const dared = deviations(
      (trial) => keptByChance(one, 0.5, stream(trial, 'dare'), 'expectation'),
      () => 0.5,
    );
    const chances = keepChances(one, 6, options);
    const pruned = deviations(
      (trial) => magPrune(place, one, options, stream(trial, 'della')),
      (at) => chances[at],
    );
    for (const all of [dared, pruned]) expect(Math.max(...all)).toBeLessThan(4);
  });

  it('DELLA keeps large entries more often than DARE does at the same density, which is its mean in every row', () => {
    const chances = keepChances(one, 6, options);
    for (let from = 0; from < 24; from += 6) {
      const row = [...chances.subarray(from, from + 6)];
      expectClose([row.reduce((sum, value) => sum + value, 0) / 6], [0.4]);
      // Rows of `one` grow in magnitude.
      expect(row).toEqual([...row].sort((a, b) => a - b));
      expectClose([row[0], row[5]], [0.2, 0.6]);
    }
    expect([...keepChances(Float32Array.of(3, 1), 1, options)]).toEqual([0.4, 0.4]);
    expect(() => magPrune(place, one, { ...options, drop: 0.9 }, stream(0, 'x'))).toThrow(/narrower window/);
  });

  it('masks belong to a model and a tensor by name, not to the order of tensors', () => {
    const draws = (names: readonly string[]): NamedArrays => {
      const of = (from: number): NamedArrays =>
        Object.fromEntries(names.map((name) => [name, one.map((value) => value + from)]));
      return merged(dareMethod, {}, { start: of(0), nets: [of(1), of(2)], shapes: {} });
    };
    const [first, second] = [draws(['a', 'b', 'c']), draws(['c', 'b'])];
    expect(second['b']).toEqual(first['b']);
    expect(second['c']).toEqual(first['c']);
    expect(first['a']).not.toEqual(first['b']);
  });

  it('breadcrumbs keep the same number in every row', () => {
    fc.assert(
      fc.property(
        kernel.filter((values) => values.every((value) => value !== 0)),
        (W) => {
          const start = { W: new Float32Array(24) };
          const kept = merged(breadcrumbs, { beta: 0.4, gamma: 0.2, alpha: 1 }, { start, nets: [{ W }], shapes });
          for (let from = 0; from < 24; from += 6)
            expect(kept['W'].subarray(from, from + 6).filter((value) => value !== 0)).toHaveLength(2);
        },
      ),
      RUNS,
    );
  });

  it('CABS never overlaps, whatever there is', () => {
    fc.assert(
      fc.property(kernel, kernel, kernel, (a, b, c) => {
        const all = cabsVectors(place, [a, b, c], { n: 2, m: 4 });
        all[0].forEach((_, at) => expect(all.filter((vector) => vector[at] !== 0).length).toBeLessThan(2));
      }),
      RUNS,
    );
  });

  it('PCB leaves all but a share r of the entries of each model where they were', () => {
    fc.assert(
      fc.property(given, (all) => {
        for (const variant of ['vision', 'root', 'vision es']) {
          const moved = merged(pcb, { ratio: 0.1, variant }, all);
          const changed = Object.keys(moved).flatMap((name) =>
            [...moved[name]].filter((value, at) => value !== all.start[name][at]),
          );
          // 48 entries: ⌊48 · 0.9⌋ = 43 are below or at the bound.
          expect(changed.length).toBeLessThanOrEqual(3 * 4);
        }
      }),
      { numRuns: 6 },
    );
  });

  it('rows are those of output units in both layouts', () => {
    fc.assert(
      fc.property(given, (all) => {
        const turned = ({ W, b }: NamedArrays): NamedArrays => ({
          W: W.map((_, at) => W[(at % 4) * 6 + Math.floor(at / 4)]),
          b,
        });
        const other = {
          start: turned(all.start),
          nets: all.nets.map(turned),
          shapes: { W: [6, 4], b: [24] },
          outputAxis: 'last',
        } as const;
        for (const method of [dellaMethod, breadcrumbs, cabs])
          expect(merged(method, {}, other)).toEqual(turned(merged(method, {}, all)));
      }),
      RUNS,
    );
  });
});

describe('ranks', () => {
  it('of rows are those of a sort by magnitude, earlier ones first among equals', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(-2, -1, -0.5, 0, 0.5, 1, 3), { minLength: 6, maxLength: 6 }), (values) => {
        const order = [...values.keys()].sort((a, b) => Math.abs(values[a]) - Math.abs(values[b]) || a - b);
        const ranks = rowRanks(Float32Array.from([...values, ...values]), 6);
        expect([...ranks.subarray(6)]).toEqual(values.map((_, at) => order.indexOf(at)));
        expect(ranks.subarray(0, 6)).toEqual(ranks.subarray(6));
        const back = rowRanks(Float32Array.from(values).reverse(), 6, 'later').reverse();
        expect(back).toEqual(ranks.subarray(6));
        const [small, large] = [amongSmallest, amongLargest].map((among) => [...among(Float32Array.from(values), 2)]);
        expect(small).toEqual(values.map((_, at) => Number(order.indexOf(at) < 2)));
        const down = [...values.keys()].sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b);
        expect(large).toEqual(values.map((_, at) => Number(down.indexOf(at) < 2)));
      }),
      RUNS,
    );
  });

  it('of a stream are those of a sort, with negative numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1, maxLength: 40 }), fc.nat(39), (values, nth) => {
        const array = Float32Array.from(values);
        const rank = 1 + (nth % array.length);
        const ranks = new StreamedRanks();
        const cut = Math.floor(array.length / 2);
        for (const part of [array.subarray(0, cut), array.subarray(cut)]) ranks.showFirst(part);
        ranks.seek([rank, array.length]);
        for (const part of [array.subarray(0, cut), array.subarray(cut)]) ranks.showAgain(part);
        const sorted = array.toSorted();
        expect(ranks.found().map((value) => value + 0)).toEqual([sorted[rank - 1] + 0, sorted[array.length - 1] + 0]);
      }),
      RUNS,
    );
    expect(() => new StreamedRanks().showFirst(Float32Array.of(1, Number.NaN))).toThrow(/NaN/);
  });
});
