import type { InitScheme, NamedArrays, NetworkValues, ParameterSpec } from '../types.ts';
import type { Stream } from '../random/streams.ts';
import { layerParameters, layerState } from './layers.ts';
import type { LayerSpec } from './layers.ts';

/**
 * Starting values of all layers. Every parameter draws from its own child stream `<stream>/<parameter>`, so that adding
 * a layer does not change the others.
 *
 * - `torch-default`: kernels and biases uniform in ±1/√fan_in (PyTorch's nn.Linear and nn.Conv2d: Kaiming uniform with
 *   a = √5).
 * - `glorot-uniform`: kernels uniform in ±√(6/(fan_in + fan_out)) (Glorot & Bengio 2010), biases 0.
 * - `he-normal`: kernels normal with variance 2/fan_in (He et al. 2015), biases 0.
 *
 * Batch norm starts at scale 1, offset 0, mean 0, variance 1.
 */
export function initialValues(layers: readonly LayerSpec[], scheme: InitScheme, stream: Stream): NetworkValues {
  const params: NamedArrays = {};
  const state: NamedArrays = {};
  for (const layer of layers) {
    for (const parameter of layerParameters(layer)) params[parameter.name] = startOf(parameter, layer, scheme, stream);
    for (const parameter of layerState(layer)) state[parameter.name] = startOf(parameter, layer, scheme, stream);
  }
  return { params, state };
}

function startOf(parameter: ParameterSpec, layer: LayerSpec, scheme: InitScheme, stream: Stream): Float32Array {
  const values = new Float32Array(product(parameter.shape));
  const receptive = product(layer.kernel.slice(0, -2));
  const fanIn = receptive * layer.kernel[layer.kernel.length - 2];
  const fanOut = receptive * layer.kernel[layer.kernel.length - 1];
  switch (parameter.role) {
    case 'scale':
    case 'variance':
      return values.fill(1);
    case 'offset':
    case 'mean':
      return values;
    case 'bias':
      if (scheme === 'torch-default') fillSymmetric(values, 1 / Math.sqrt(fanIn), stream.child(parameter.name));
      return values;
    case 'kernel':
      if (scheme === 'torch-default') fillSymmetric(values, 1 / Math.sqrt(fanIn), stream.child(parameter.name));
      else if (scheme === 'glorot-uniform')
        fillSymmetric(values, Math.sqrt(6 / (fanIn + fanOut)), stream.child(parameter.name));
      else stream.child(parameter.name).fillNormal(values, 0, Math.sqrt(2 / fanIn));
      return values;
  }
}

function fillSymmetric(values: Float32Array, bound: number, stream: Stream): void {
  stream.fillUniform(values, -bound, bound);
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((result, number) => result * number, 1);
}
