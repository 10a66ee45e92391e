import type { NetworkSpec } from '../../../engine/networks/specification.ts';

/**
 * Where the representation z of a network is to be had: after so many of its layers. It is what the heads are given,
 * before it is brought to unit length where the network does that (as CLIP's encoder answers, whose heads normalise).
 */
export function representationAt({ layers }: Pick<NetworkSpec, 'layers'>): number {
  return layers.at(-1)?.kind === 'unit-length' ? layers.length - 1 : layers.length;
}

/** The network that ends with the representation. */
export function representing<S extends Pick<NetworkSpec, 'layers'>>(spec: S): S {
  return { ...spec, layers: spec.layers.slice(0, representationAt(spec)) };
}
