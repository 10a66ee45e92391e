import { z } from 'zod';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import { defineTrainingMethod } from './shared/driver.ts';

export interface MaxoutSettings {
  readonly pieces: number;
  readonly width: number;
  readonly inputRate: number;
  readonly rate: number;
}

/** The network with maxout units in place of hidden layers and their rectifiers, and dropout before and behind them. */
export function maxoutNetwork(spec: NetworkSpec, { pieces, width, inputRate, rate }: MaxoutSettings): NetworkSpec {
  let draws = 1;
  const kept = (units: number): number => Math.max(1, Math.round(width * units));
  const mapped = mapLayers(spec, { kind: 'maxout', pieces, width, inputRate, rate }, (layer, place) => {
    if (place === 'head') return layer;
    if (layer.kind === 'dense') return { kind: 'maxout-dense', name: layer.name, units: kept(layer.units), pieces };
    if (layer.kind === 'convolution') {
      const { name, size, filters } = layer;
      return { kind: 'maxout-convolution', name, size, filters: kept(filters), pieces };
    }
    if (layer.kind === 'relu' || layer.kind === 'leaky-relu') return { kind: 'dropout', rate, draw: draws++ };
    return layer.kind === 'dropout' ? [] : layer;
  });
  return { ...mapped, layers: [{ kind: 'dropout', rate: inputRate, draw: 0 }, ...mapped.layers] };
}

/** Kernels whose weights into one unit have a norm above `most` are scaled down to it. */
export function withMaxNorm(kernel: Tensor, most: number): Tensor {
  // Weights into a unit: all axes but the last, of maxout in dense layers also but the first (the pieces).
  const axes = kernel.rank === 3 ? [1] : Array.from({ length: kernel.rank - 1 }, (_, axis) => axis);
  const norms = tf.sqrt(tf.sum(tf.square(kernel), axes, true));
  return tf.mul(kernel, tf.minimum(1, tf.div(most, tf.maximum(norms, 1e-12))));
}

/**
 * Maxout with dropout (Goodfellow et al. 2013): each hidden unit is the maximum of several affine maps; units are
 * dropped at random in training, and all answer with halved weights afterwards.
 */
export default defineTrainingMethod({
  id: 'maxout',
  version: 1,
  title: 'Maxout with dropout',
  summary: 'Hidden units that are the maximum of several affine maps, trained with dropout and bounded weights.',
  paper: {
    title: 'Maxout Networks',
    authors: 'Goodfellow, Warde-Farley, Mirza, Courville, Bengio',
    year: 2013,
    reference: 'arXiv:1302.4389',
    equations: 'Section 3; max-norm and dropout as in section 5.1',
    deviations:
      'The suite’s optimiser and budget. Half as many units as the suite’s network has, of two pieces each, so that ' +
      'there are no more parameters.',
  },
  targets: ['classes', 'numbers'],
  fits: ({ id, network: { layers } }) =>
    layers.some(({ kind }) => kind === 'residual')
      ? `The network of ${id} has residual blocks, whose sums need layers of equal width; this changes widths.`
      : true,
  fields: {
    pieces: z.number().int().min(2).max(10).default(2).describe('Affine maps of which a unit is the maximum'),
    width: z.number().min(0.05).max(2).default(0.5).describe('Share of the units that the suite’s network has'),
    inputRate: z.number().min(0).max(0.9).default(0.2).describe('Share of the inputs that are dropped'),
    rate: z.number().min(0).max(0.9).default(0.5).describe('Share of the hidden units that are dropped'),
    maxNorm: z.number().min(0.1).max(100).default(2).describe('Largest norm of the weights into one unit'),
  },
  hooks: ({ maxNorm, ...settings }, { network: { spec } }) => ({
    network: maxoutNetwork(spec, settings),
    afterUpdate(scope, { trained }) {
      for (const [name, variable] of Object.entries(trained.variables.parameters))
        if (name.endsWith('/kernel')) scope.assign(variable, withMaxNorm(scope.read(variable), maxNorm));
    },
  }),
});
