import type { NamedArrays, NetworkValues } from '../types.ts';
import type { Stream } from '../random/streams.ts';
import { product } from './layers/layer.ts';
import type { LayerTensor } from './layers/layer.ts';
import type { InitScheme } from './specification.ts';

/**
 * Starting values of all layers. Every parameter draws from its own child stream `<stream>/<parameter>`, so that adding
 * a layer does not change the others.
 *
 * - `torch-default`: kernels and biases uniform in ±1/√fan_in (PyTorch's nn.Linear and nn.Conv2d: Kaiming uniform with
 *   a = √5).
 * - `glorot-uniform`: kernels uniform in ±√(6/(fan_in + fan_out)) (Glorot & Bengio 2010), biases 0.
 * - `glorot-normal`: kernels normal with variance 2/(fan_in + fan_out), biases 0.
 * - `he-normal`: kernels normal with variance 2/fan_in (He et al. 2015), biases 0.
 *
 * Norms start at scale 1, offset 0, mean 0, variance 1; masks at 1. A tensor with a start of its own keeps to that.
 */
export function initialValues(
  parameters: readonly LayerTensor[],
  state: readonly LayerTensor[],
  scheme: InitScheme,
  stream: Stream,
): NetworkValues {
  const started = (tensors: readonly LayerTensor[]): NamedArrays =>
    Object.fromEntries(tensors.map((tensor) => [tensor.name, startOf(tensor, scheme, stream)]));
  return { params: started(parameters), state: started(state) };
}

function startOf({ name, shape, role, fan, start }: LayerTensor, scheme: InitScheme, stream: Stream): Float32Array {
  const values = new Float32Array(product(shape));
  const symmetric = (bound: number): void => stream.child(name).fillUniform(values, -bound, bound);
  if (start === 'signs') {
    symmetric(1);
    return values.map((value) => (value < 0 ? -1 : 1));
  }
  if (start === 'alike') {
    symmetric(1 / Math.sqrt(fan.in));
    const width = shape[shape.length - 1];
    return values.map((_, at) => values[at % width]);
  }
  if (start !== undefined) {
    stream.child(name).fillNormal(values, start.mean, start.deviation);
    return values;
  }
  switch (role) {
    case 'scale':
    case 'factor':
    case 'mask':
    case 'variance':
      return values.fill(1);
    case 'offset':
    case 'mean':
      return values;
    case 'bias':
      if (scheme === 'torch-default') symmetric(1 / Math.sqrt(fan.in));
      return values;
    case 'kernel':
      if (scheme === 'torch-default') symmetric(1 / Math.sqrt(fan.in));
      else if (scheme === 'glorot-uniform') symmetric(Math.sqrt(6 / (fan.in + fan.out)));
      else
        stream
          .child(name)
          .fillNormal(values, 0, Math.sqrt(2 / (scheme === 'glorot-normal' ? fan.in + fan.out : fan.in)));
      return values;
  }
}
