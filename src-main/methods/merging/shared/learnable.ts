import type { LayerSpec } from '../../../engine/networks/layers/kinds.ts';
import type { SuiteFacts } from '../../contract.ts';

/** Whether one of the layers, also of those within residual blocks, is of one of these kinds. */
export const hasLayer = (layers: readonly LayerSpec[], ...kinds: readonly LayerSpec['kind'][]): boolean =>
  layers.some((layer) => kinds.includes(layer.kind) || (layer.kind === 'residual' && hasLayer(layer.layers, ...kinds)));

/** Why nothing can be learned from what a merged net of a suite answers, or true. */
export const learnable = ({ id, network }: Pick<SuiteFacts, 'id' | 'network'>): true | string =>
  !hasLayer(network.layers, 'batch-norm') ||
  `The networks of ${id} have batch norm, whose statistics a merged net has only when it is made.`;
