import type { DenseSpec } from './layers/dense.ts';
import type { LayerSpec } from './layers/kinds.ts';
import type { HeadSpec, NetworkSpec, Setting } from './specification.ts';

/** What a mapped network is called: how it was made of the other. */
export type MappedBy = { readonly [setting: string]: Setting };

/**
 * The specification with each layer replaced by what `map` answers for it: one layer, several, or none. Layers within
 * blocks are mapped too. A head is given as the dense layer that it is, and must stay one layer with its name and
 * outputs. The result is a network of its own: its architecture says of which and by what.
 *
 * @throws Error where a head became none or several layers.
 */
export function mapLayers(
  spec: NetworkSpec,
  by: MappedBy,
  map: (layer: LayerSpec, place: 'hidden' | 'head') => LayerSpec | readonly LayerSpec[],
): NetworkSpec {
  const hidden = (layer: LayerSpec): readonly LayerSpec[] =>
    asList(map(layer.kind === 'residual' ? { ...layer, layers: layer.layers.flatMap(hidden) } : layer, 'hidden'));
  const head = ({ name, outputs, layer: own }: HeadSpec): HeadSpec => {
    const before: LayerSpec = own ?? ({ kind: 'dense', name, units: outputs } satisfies DenseSpec);
    const [layer, ...more] = asList(map(before, 'head'));
    if (layer === undefined || more.length > 0)
      throw new Error(`The head ${name} became ${more.length === 0 ? 'no layer' : 'several layers'}; a head is one.`);
    // A head that said nothing of its layer is a plain dense one; what others say (no bias) stays.
    return layer.kind === 'dense' && own === undefined ? { name, outputs } : { name, outputs, layer };
  };
  const [first, ...rest] = spec.heads;
  return {
    ...spec,
    architecture: { ...spec.architecture, mapped: by },
    layers: spec.layers.flatMap(hidden),
    heads: [head(first), ...rest.map(head)],
  };
}

const asList = (layers: LayerSpec | readonly LayerSpec[]): readonly LayerSpec[] =>
  'kind' in layers ? [layers] : layers;
