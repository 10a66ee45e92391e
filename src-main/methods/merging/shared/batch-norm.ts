import { mapLayers } from '../../../engine/networks/map-layers.ts';
import { NORM_EPSILON } from '../../../engine/networks/layers/batch-norm.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import type { NamedArrays } from '../../../engine/types.ts';

/** The same chain of dense layers with batch norm after every hidden one, which then has no bias of its own. */
export const withBatchNorm = (spec: NetworkSpec): NetworkSpec =>
  mapLayers(spec, { kind: 'batch-norm' }, (layer, place) =>
    layer.kind === 'dense' && place === 'hidden'
      ? [
          { ...layer, bias: false },
          { kind: 'batch-norm', name: layer.name },
        ]
      : layer,
  );

/**
 * Batch norms folded into the affine maps that they normalise: W′ = W γ / √(σ² + ε), b′ = β + (b − μ) γ / √(σ² + ε), by
 * the running statistics. Output units are the last axis of a kernel. The net answers as it did in evaluation mode.
 */
export function foldBatchNorms(values: NamedArrays): NamedArrays {
  const isOfNorm = (name: string): boolean => `${layerOf(name)}/variance` in values && NORM.test(name);
  const folded = Object.fromEntries(Object.entries(values).filter(([name]) => !isOfNorm(name)));
  for (const [name, variance] of Object.entries(values)) {
    const layer = layerOf(name);
    if (name !== `${layer}/variance`) continue;
    const [scale, offset, mean] = ['scale', 'offset', 'mean'].map((role) => values[`${layer}/${role}`]);
    const factors = scale.map((gamma, unit) => gamma / Math.sqrt(variance[unit] + NORM_EPSILON));
    const bias = values[`${layer}/bias`];
    folded[`${layer}/kernel`] = values[`${layer}/kernel`].map((weight, at) => weight * factors[at % factors.length]);
    folded[`${layer}/bias`] = offset.map(
      (beta, unit) => beta + ((bias === undefined ? 0 : bias[unit]) - mean[unit]) * factors[unit],
    );
  }
  return folded;
}

const NORM = /\/(scale|offset|mean|variance)$/;
const layerOf = (tensor: string): string => tensor.slice(0, tensor.lastIndexOf('/'));
