import type { NamedArrays, ParameterSpec } from '../../../engine/types.ts';

/** One affine map y = xW + b of a network whose layers follow one another. */
export interface DenseLayer {
  /** Prefix of its tensors. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** [inputs × outputs], row-major. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array | null;
}

/**
 * The affine maps of a network in the order of its parameters, for merges that need to know which unit feeds which.
 *
 * @throws RangeError when it has other tensors than kernels of two axes and biases, or layers that don't follow one
 *   another.
 */
export function denseChain(parameters: readonly ParameterSpec[], values: NamedArrays): DenseLayer[] {
  const layers: DenseLayer[] = [];
  for (const { name, shape, role } of parameters) {
    const prefix = name.slice(0, name.lastIndexOf('/'));
    if (role === 'bias') continue;
    if (role !== 'kernel' || shape.length !== 2)
      throw new RangeError(`This merge knows dense layers only; ${name} is no kernel of two axes.`);
    const [inputs, outputs] = shape;
    const before = layers.at(-1);
    if (before !== undefined && before.outputs !== inputs)
      throw new RangeError(
        `Layer ${prefix} takes ${inputs} inputs, but ${before.name} before it has ${before.outputs}.`,
      );
    layers.push({ name: prefix, inputs, outputs, kernel: values[name], bias: values[`${prefix}/bias`] ?? null });
  }
  return layers;
}

/** The tensors of these layers under the names they came with. */
export function chainValues(layers: readonly DenseLayer[]): NamedArrays {
  return Object.fromEntries(
    layers.flatMap(({ name, kernel, bias }): [string, Float32Array][] => [
      [`${name}/kernel`, kernel],
      ...(bias === null ? [] : [[`${name}/bias`, bias] as [string, Float32Array]]),
    ]),
  );
}
