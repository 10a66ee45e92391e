import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import type { Method } from '../contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';

/** The network with so many times the units and filters in each hidden layer. */
export const widened = (spec: NetworkSpec, factor: number): NetworkSpec =>
  mapLayers(spec, { kind: 'wide', factor }, (layer, place) => {
    if (place === 'hidden' && layer.kind === 'dense') return { ...layer, units: factor * layer.units };
    return layer.kind === 'convolution' ? { ...layer, filters: factor * layer.filters } : layer;
  });

/** A wide variant of the suite's network, trained as the suite says: a teacher, or a control of the same size. */
const trainWide: Method = {
  ...defineTrainingMethod({
    id: 'train-wide',
    version: 1,
    title: 'A wider network',
    summary: 'Trains the suite’s network with more units in each hidden layer, with the suite’s optimiser and budget.',
    paper: null,
    targets: ['classes', 'numbers'],
    fields: { factor: z.number().int().min(1).max(32).default(4).describe('How many times as wide') },
    hooks: ({ factor }, { network: { spec } }) => ({ network: widened(spec, factor) }),
  }),
  hidden: true,
};
export default trainWide;
