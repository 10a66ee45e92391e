import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { claFusion } from '../../../../src-main/methods/merging/clafusion.ts';
import { otFusion } from '../../../../src-main/methods/merging/otfusion.ts';
import type { DenseLayer } from '../../../../src-main/methods/merging/shared/dense-chain.ts';
import { alignLayers, balanced, linearCka } from '../../../../src-main/methods/merging/shared/layer-alignment.ts';
import type { HiddenAnswers } from '../../../../src-main/methods/merging/shared/layer-statistics.ts';
import { expectClose, flat, rectified } from '../../../fixtures/merging/merges.ts';

const net = (name: string, widths: readonly number[]): DenseLayer[] =>
  widths.slice(1).map((outputs, index) => {
    const kernel = new Float32Array(widths[index] * outputs);
    const bias = new Float32Array(outputs);
    stream(5, `${name}/${index}`).fillNormal(kernel, 0, 0.7);
    stream(6, `${name}/${index}`).fillNormal(bias, 0, 0.3);
    return { name: `${name}${index}`, inputs: widths[index], outputs, kernel, bias };
  });
const x = Array.from({ length: 60 }, (_, row) => {
  const source = stream(row, 'x');
  return Array.from({ length: 6 }, () => source.uniform());
});

/** Affine answers of one layer. */
const affine = (rows: readonly (readonly number[])[], { kernel, bias, outputs }: DenseLayer): number[][] =>
  rows.map((row) =>
    Array.from({ length: outputs }, (_, o) =>
      row.reduce((sum, value, i) => sum + value * kernel[i * outputs + o], bias?.[o] ?? 0),
    ),
  );
function answersOf(layers: readonly DenseLayer[]): HiddenAnswers & { readonly logits: Float32Array } {
  let rows: number[][] = x;
  const [before, after]: [Float32Array[], Float32Array[]] = [[], []];
  for (const layer of layers.slice(0, -1)) {
    before.push(flat(affine(rows, layer)));
    rows = rectified(rows, layer);
    after.push(flat(rows));
  }
  return { before, after, rows: x.length, logits: flat(affine(rows, layers[layers.length - 1])) };
}
const plain = { align: 'activations', matched: 1, share: 0.5 } as const;

describe('linear CKA', () => {
  it('is 1 for a layer and itself rotated, scaled and moved, and known for two features', () => {
    const [a, b] = [flat(x).subarray(0, 40), Float32Array.from({ length: 40 }, (_, at) => 0.1 * at * at)];
    expect(linearCka(a, a, 20)).toBeCloseTo(1, 6);
    const turned = Float32Array.from(a, (value, at) =>
      at % 2 === 0 ? 3 * (0.6 * value - 0.8 * a[at + 1]) + 5 : 3 * (0.8 * a[at - 1] + 0.6 * value) - 1,
    );
    expect(linearCka(a, turned, 20)).toBeCloseTo(1, 5);
    expect(linearCka(a, b, 20)).toBeLessThan(0.9);
    // One feature each: the squared correlation, (1/3)² / (2/3 · 2/3).
    expect(linearCka(Float32Array.of(-1, 0, 1), Float32Array.of(-1, 1, 0), 3)).toBeCloseTo(0.25, 6);
    expect(linearCka(Float32Array.of(1, 1, 1), Float32Array.of(1, 2, 3), 3)).toBe(0);
  });
});

describe('alignment of layers', () => {
  const total = (costs: readonly number[], longer: number, map: Iterable<number>): number =>
    [...map].reduce((sum, place, layer) => sum + costs[layer * longer + place], 0);
  /** Every strictly increasing map, one after the other. */
  const all = (shorter: number, longer: number, from = 0): number[][] =>
    shorter === 0
      ? [[]]
      : Array.from({ length: Math.max(0, longer - from - shorter + 1) }, (_, at) => from + at).flatMap((first) =>
          all(shorter - 1, longer, first + 1).map((rest) => [first, ...rest]),
        );

  it('costs as little as the best of all increasing maps, with and without first layers in place', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 2 }),
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 28, maxLength: 28 }),
        (shorter, more, wanted, drawn) => {
          const [longer, matched] = [shorter + more, Math.min(wanted, shorter)];
          const costs = drawn.slice(0, shorter * longer);
          const map = alignLayers(Float64Array.from(costs), shorter, longer, matched);
          const possible = all(shorter, longer).filter((other) =>
            other.every((place, layer) => layer >= matched || place === layer),
          );
          expect(possible).toContainEqual([...map]);
          expect(total(costs, longer, map)).toBe(Math.min(...possible.map((other) => total(costs, longer, other))));
        },
      ),
      { numRuns: 200 },
    ));

  it('refuses a net that is deeper than the other', () => {
    expect(() => alignLayers(new Float64Array(6), 3, 2, 1)).toThrow(/3 layers can't be mapped into 2/);
  });
});

describe('CLAFusion', () => {
  const shallow = net('s', [6, 8, 5, 3]);
  const deep = net('d', [6, 9, 7, 7, 5, 3]);

  it.each([[[0, 3]], [[0, 1]], [[1, 2]]])('makes a net deeper without changing what it answers: %j', (map) => {
    const padded = balanced(shallow, Int32Array.from(map), 4).map(({ layer }) => layer);
    expect(padded).toHaveLength(5);
    expectClose(answersOf(padded).logits, answersOf(shallow).logits);
  });

  it('has the shape and the names of the deeper net', () => {
    for (const align of ['activations', 'weights'] as const) {
      const { fused, map } = claFusion(shallow, deep, [answersOf(shallow), answersOf(deep)], { ...plain, align });
      expect(fused.map(({ name, inputs, outputs }) => [name, inputs, outputs])).toEqual(
        deep.map(({ name, inputs, outputs }) => [name, inputs, outputs]),
      );
      expect([map.length, map[0], map[1] > 0]).toEqual([2, 0, true]);
    }
  });

  it('is OTFusion where both nets are of one depth, and the deeper net alone at a share of 1', () => {
    const other = net('o', [6, 9, 7, 3]);
    const answers = [answersOf(shallow), answersOf(other)] as const;
    const { fused, map } = claFusion(shallow, other, answers, plain);
    const known = otFusion(shallow, other, {
      activations: [answers[0].before, answers[1].before],
      rows: x.length,
      output: 'identity',
      share: 0.5,
    });
    expect([...map]).toEqual([0, 1]);
    fused.forEach((layer, index) => expectClose(layer.kernel, known.fused[index].kernel));
    const alone = claFusion(shallow, deep, [answersOf(shallow), answersOf(deep)], { ...plain, share: 1 });
    alone.fused.forEach((layer, index) => expectClose(layer.kernel, deep[index].kernel));
  });

  it('fuses a net with itself made deeper into the same function', () => {
    const twin = balanced(shallow, Int32Array.of(0, 1), 4).map(({ layer }, index) => ({ ...layer, name: `t${index}` }));
    for (const align of ['activations', 'weights', 'none'] as const) {
      const { fused, map } = claFusion(shallow, twin, [answersOf(shallow), answersOf(twin)], { ...plain, align });
      // The two identities answer as the second layer does: of equal maps the first is taken.
      expect([...map]).toEqual([0, 1]);
      expectClose(answersOf(fused).logits, answersOf(shallow).logits, 1e-4);
    }
  });

  it('refuses to average layers of other shapes as they are', () => {
    expect(() => claFusion(shallow, deep, [answersOf(shallow), answersOf(deep)], { ...plain, align: 'none' })).toThrow(
      /only layers of one shape can be averaged/,
    );
  });
});
