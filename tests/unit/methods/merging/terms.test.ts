import { expect, it } from 'vitest';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import { loadMethods } from '../../../../src-main/methods/registry.ts';
import type { TensorMerge } from '../../../../src-main/methods/tensor-merge.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { mergeTensors } from '../../../../src-main/methods/merging/shared/tensor-merge.ts';
import { base, models } from '../../../fixtures/merging/tensors.ts';

const { methods } = await loadMethods();
const merges = [...methods.values()].flatMap(({ method: { id, tensorMerge } }) =>
  tensorMerge === undefined ? [] : [[id, tensorMerge] as const],
);
/** Masks have no validation rows here, and the tensors are small. */
const settings: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'tall-masks': { lambda: 0.4 },
  'consensus-merging': { maskLambda: 0.4 },
  'one-bit-merging': { lambda: 0.3 },
  negmerge: { lambda: 1 },
  breadcrumbs: { beta: 0.6 },
  'localize-and-stitch': { sparsity: 0.6 },
};

const of = (id: string, merge: TensorMerge, weights: readonly number[], start: NamedArrays | null): number[] =>
  mergeTensors(merge, settings[id] ?? {}, {
    base: start,
    models,
    shapes: { W: [4, 6], b: [4] },
    weights,
    stream: (name) => stream(7, name),
    outputAxis: 'first',
  }).flatMap((net) => Object.values(net).flatMap((values) => [...values]));

it.each(merges)('%s: weights of models count, or are refused', (id, merge) => {
  const start = merge.needsStart ? base : null;
  const alike = of(id, merge, [1, 1, 1], start);
  if (['model-stock', 'negmerge', 'sce'].includes(id)) {
    expect(() => of(id, merge, [1, 9, 3], start)).toThrow(/takes all models alike: leave weights out/);
    expect(of(id, merge, [2, 2, 2], start)).toEqual(alike);
  } else expect(of(id, merge, [1, 9, 3], start)).not.toEqual(alike);
});

it.each(merges.filter(([, { needsStart }]) => !needsStart))('%s: says whether it looks at a start', (id, merge) => {
  const isOther = String(of(id, merge, [1, 1, 1], base)) !== String(of(id, merge, [1, 1, 1], null));
  expect(isOther).toBe(merge.usesBase);
});
