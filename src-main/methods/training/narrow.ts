import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { defineTrainingMethod } from './shared/driver.ts';

/** The network with so large a share of the units or filters of each hidden layer, at least one. */
export const narrowed = (spec: NetworkSpec, width: number): NetworkSpec => {
  const share = (count: number): number => Math.max(1, Math.round(count * width));
  return mapLayers(spec, { kind: 'narrow', width }, (layer, place) => {
    if (place === 'head') return layer;
    if (layer.kind === 'dense') return { ...layer, units: share(layer.units) };
    return layer.kind === 'convolution' ? { ...layer, filters: share(layer.filters) } : layer;
  });
};

/** The small dense network that a pruned one of as many parameters is compared with (Zhu & Gupta 2017, section 4). */
export default defineTrainingMethod({
  id: 'narrow',
  version: 1,
  title: 'Narrower network',
  summary: 'The network with fewer units in every hidden layer, trained as the whole one would be.',
  paper: {
    title: 'To prune, or not to prune: exploring the efficacy of pruning for model compression',
    authors: 'Zhu, Gupta',
    year: 2017,
    reference: 'arXiv:1710.01878',
    equations: 'Section 4: small-dense models, by a width multiplier',
  },
  targets: ['classes', 'numbers'],
  fields: {
    width: z.number().min(0.01).max(1).default(0.2).describe('Share of the units of each hidden layer that are left'),
  },
  hooks: ({ width }, { network: { spec } }) => ({ network: narrowed(spec, width) }),
});
