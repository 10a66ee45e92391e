import type { Artefact } from '../methods/contract.ts';
import { safetensorsOf } from '../checkpoints/encoded.ts';
import type { ParameterSpec } from '../engine/types.ts';

/** `in-out`: kernels as this program has them; `out-in`: transposed and named as in PyTorch. */
export type ExportLayout = 'in-out' | 'out-in';

type Model = Extract<Artefact, { kind: 'model' }>;

const TORCH_ROLES: Readonly<Record<ParameterSpec['role'], string>> = {
  kernel: 'weight',
  bias: 'bias',
  scale: 'weight',
  offset: 'bias',
  mean: 'running_mean',
  variance: 'running_var',
  factor: 'factor',
  mask: 'mask',
};

/** A trained network as a safetensors file, its architecture and where it comes from in the header. */
export async function exportedNetwork(
  { spec, arrays }: Model,
  layout: ExportLayout,
  from: Readonly<Record<string, string>>,
): Promise<Uint8Array> {
  // The engine is loaded only where somebody exports.
  const { buildNetwork } = await import('../engine/networks/networks.ts');
  const { params, state } = buildNetwork(spec);
  const tensors = [...params, ...state].map(({ name, shape, role }) => {
    const values = arrays[name];
    if (values === undefined) throw new RangeError(`The network was stored without its tensor ${name}.`);
    if (layout === 'in-out') return { name, shape, values };
    const path = name.split('/').slice(0, -1).join('.');
    return { name: `${path}.${TORCH_ROLES[role]}`, ...outputsFirst(shape, role, values) };
  });
  return safetensorsOf(tensors, {
    ...(layout === 'out-in' ? { format: 'pt' } : {}),
    'touchstone.layout': layout,
    // Rows of a kernel behind a flattened image, in both layouts.
    'touchstone.images': 'height, width, channels',
    'touchstone.network': JSON.stringify(spec),
    ...from,
  });
}

/** Kernels [in, out] become [out, in], filters [height, width, in, out] become [out, in, height, width]. */
function outputsFirst(
  shape: readonly number[],
  role: ParameterSpec['role'],
  values: Float32Array,
): { readonly shape: readonly number[]; readonly values: Float32Array } {
  if ((role !== 'kernel' && role !== 'mask') || (shape.length !== 2 && shape.length !== 4)) return { shape, values };
  const [height, width, inputs, outputs] = shape.length === 2 ? [1, 1, ...shape] : shape;
  const turned = new Float32Array(values.length);
  let at = 0;
  for (let o = 0; o < outputs; o += 1)
    for (let i = 0; i < inputs; i += 1)
      for (let y = 0; y < height; y += 1)
        for (let x = 0; x < width; x += 1) turned[at++] = values[((y * width + x) * inputs + i) * outputs + o];
  return { shape: shape.length === 2 ? [outputs, inputs] : [outputs, inputs, height, width], values: turned };
}
