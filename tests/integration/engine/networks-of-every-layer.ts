import { cnn } from '../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';

/** Small networks that together have every kind of layer. */
export const DENSE: NetworkSpec = mlp({
  input: 12,
  hidden: [8, 8],
  outputs: 3,
  init: 'torch-default',
  dropout: 0.2,
  batchNorm: true,
});
export const CONVOLUTIONAL: NetworkSpec = cnn({
  input: [8, 8, 3],
  conv: [4, 4],
  dense: 8,
  outputs: 3,
  init: 'he-normal',
  batchNorm: true,
});

/** Every kind of layer that the two above do not have. */
export const OTHER_DENSE: NetworkSpec = {
  architecture: { kind: 'by hand' },
  input: [12],
  layers: [
    { kind: 'low-rank-dense', name: 'a', units: 8, rank: 2, scale: 1.5 },
    { kind: 'layer-norm', name: 'a' },
    { kind: 'leaky-relu', slope: 0.1 },
    { kind: 'residual', layers: [{ kind: 'masked-dense', name: 'b', units: 8 }, { kind: 'sigmoid' }] },
    { kind: 'batch-ensemble-dense', name: 'c', units: 6, members: 2 },
    { kind: 'relu' },
    { kind: 'scale', name: 'd' },
    { kind: 'maxout-dense', name: 'e', units: 6, pieces: 2 },
    { kind: 'packed-dense', name: 'f', units: 6, groups: 2 },
    {
      kind: 'row-masks',
      masks: [
        [1, 1, 0, 1, 1, 1],
        [0, 1, 1, 1, 1, 0],
      ],
    },
    { kind: 'unit-length', scale: 3 },
  ],
  heads: [
    { name: 'output', outputs: 3, layer: { kind: 'member-heads', name: 'output', units: 3, members: 1, groups: 3 } },
  ],
  init: 'torch-default',
};
export const SPARSE: NetworkSpec = {
  architecture: { kind: 'by hand' },
  input: [12],
  layers: [
    { kind: 'standardised-dense', name: 'a', units: 8 },
    { kind: 'ash', alpha: 3, deviations: 0.5, hard: false },
    { kind: 'standardised-dense', name: 'b', units: 8 },
    { kind: 'ash', alpha: 3, deviations: 0.5, hard: true },
    { kind: 'standardised-dense', name: 'c', units: 8 },
    { kind: 'top-k', k: 4, most: 2 },
    { kind: 'dense', name: 'd', units: 8 },
    { kind: 'gelu' },
  ],
  heads: [{ name: 'output', outputs: 3, layer: { kind: 'pairwise', name: 'output', units: 3 } }],
  init: 'torch-default',
};
export const OF_TABLES: NetworkSpec = {
  architecture: { kind: 'by hand' },
  input: [12],
  layers: [
    { kind: 'feature-tokens', name: 'a', units: 4, widths: [1, 3, 1, 7], first: true },
    { kind: 'residual', layers: [{ kind: 'attention', name: 'b', heads: 2, dropout: { rate: 0.1, draw: 1 } }] },
    {
      kind: 'residual',
      layers: [
        { kind: 'layer-norm', name: 'c' },
        { kind: 'token-dense', name: 'c', units: 6 },
        { kind: 'reglu' },
        { kind: 'token-dense', name: 'd', units: 4 },
      ],
    },
    { kind: 'first-token' },
    { kind: 'experts', name: 'f', experts: 2, units: 4, blocks: 2, gate: 'gumbel', draw: 2 },
    { kind: 'member-scale', name: 'e', members: 2, start: 'signs', biasFan: 4 },
    { kind: 'relu' },
  ],
  heads: [{ name: 'output', outputs: 3, layer: { kind: 'member-dense', name: 'output', units: 3, members: 2 } }],
  init: 'torch-default',
};
export const OF_COLUMNS: NetworkSpec = {
  architecture: { kind: 'by hand' },
  input: [12],
  layers: [
    {
      kind: 'periodic',
      name: 'p',
      inputs: [true, ...new Array<boolean>(11).fill(false)],
      frequencies: 2,
      deviation: 1,
    },
    { kind: 'piecewise-linear', edges: [[-1, 0, 0.5], [-1, 1], ...new Array<number[]>(13).fill([])] },
    { kind: 'feature-tokens', name: 'a', units: 4, widths: [5, 3, 1, 7], first: false },
    {
      kind: 'residual',
      layers: [
        { kind: 'rms-norm', name: 'b' },
        { kind: 'mamba', name: 'b', expand: 2, stateSize: 3, window: 2 },
      ],
    },
    { kind: 'hopular', name: 'd', heads: 2, memory: 2, ownRow: 'masked' },
    { kind: 'interacting', name: 'c', heads: 2, units: 3 },
    { kind: 'mean-token' },
  ],
  heads: [{ name: 'output', outputs: 3 }],
  init: 'torch-default',
};
export const OTHER_CONVOLUTIONAL: NetworkSpec = {
  architecture: { kind: 'by hand' },
  input: [8, 8, 3],
  layers: [
    { kind: 'masked-convolution', name: 'a', filters: 4, size: 3 },
    { kind: 'group-norm', name: 'a', groups: 2 },
    { kind: 'relu' },
    { kind: 'max-pool' },
    { kind: 'batch-ensemble-convolution', name: 'b', filters: 4, size: 3, members: 2 },
    { kind: 'relu' },
    { kind: 'maxout-convolution', name: 'c', filters: 4, size: 3, pieces: 2 },
    { kind: 'packed-convolution', name: 'd', filters: 4, size: 3, groups: 2 },
    { kind: 'flatten-groups', groups: 2 },
  ],
  heads: [{ name: 'output', outputs: 3 }],
  init: 'he-normal',
};

export const PLAIN: NetworkSpec = mlp({ input: 12, hidden: [8, 8], outputs: 3, init: 'torch-default' });
