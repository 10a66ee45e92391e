import { expect, it } from 'vitest';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { residualCnn } from '../../../../src-main/engine/networks/architectures/residual-cnn.ts';
import type { NetworkSpec } from '../../../../src-main/engine/networks/specification.ts';
import type { NamedArrays } from '../../../../src-main/engine/types.ts';
import type { SuiteFacts } from '../../../../src-main/methods/contract.ts';
import { GRANTS } from '../../../../src-main/methods/grants.ts';
import { learnable } from '../../../../src-main/methods/merging/shared/learnable.ts';
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

it('nothing is learned from the answers of nets with batch norm, within residual blocks neither', () => {
  const network = residualCnn({ input: [8, 8, 1], stages: [4], blocks: 1, outputs: 3, init: 'torch-default' });
  expect(learnable({ id: 'these', network })).toMatch(/networks of these have batch norm/);
  const block = network.layers.filter(({ kind }) => kind === 'residual');
  expect(learnable({ id: 'these', network: { ...network, layers: block } })).not.toBe(true);
  const plain = mlp({ input: 4, hidden: [5], outputs: 3, init: 'torch-default' });
  expect(learnable({ id: 'these', network: plain })).toBe(true);
  for (const id of ['learned-soup', 'atlas', 'supermerge', 'adamerging', 'concrete', 'localize-and-stitch-trained'])
    expect(methods.get(id)?.method.fits(factsOf(network)), id).toMatch(/have batch norm/);
});

/** A suite of two experts from one start, which offers everything. */
const factsOf = (network: NetworkSpec): SuiteFacts => ({
  id: 'these',
  kind: 'experts',
  family: 'merging',
  scenario: '',
  network,
  tasks: 1,
  target: 'classes',
  classes: 3,
  online: false,
  folds: 1,
  grants: GRANTS,
  experts: {
    start: { method: 'train-start', hyperParameters: {} },
    members: [0, 1].map((expert) => ({
      name: `expert/${expert}`,
      task: 0,
      method: 'train-expert',
      hyperParameters: { expert },
      member: null,
    })),
    heads: ['output'],
    frozenHeads: false,
  },
});
