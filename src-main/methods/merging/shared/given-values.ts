import { byNumbersIn } from '../../../base/natural-order.ts';
import { widen, isFloat } from '../../../checkpoints/dtypes.ts';
import type { Checkpoint, CheckpointTensor } from '../../../checkpoints/checkpoint.ts';
import { CheckpointError } from '../../../checkpoints/error.ts';
import { named } from '../../../checkpoints/header.ts';
import type { ParameterSpec } from '../../../engine/types.ts';
import type { NamedArrays } from '../../../engine/types.ts';
import { turned } from './output-rows.ts';

type Parameter = Pick<ParameterSpec, 'name' | 'shape' | 'role'>;

/** The tensor of a file that is a parameter, and whether its axes are the other way round. */
export interface GivenTensor {
  readonly parameter: Parameter;
  readonly tensor: CheckpointTensor;
  readonly isTransposed: boolean;
}

/**
 * Which tensor of a file is which parameter of a network of dense layers. Files of this program name parameters as they
 * are here; in others kernels are transposed, as in PyTorch, and layers follow one another in the order of their names.
 *
 * @throws CheckpointError that says which tensor does not fit, and what would.
 */
export function givenTensors(checkpoint: Checkpoint, parameters: readonly Parameter[]): readonly GivenTensor[] {
  const { path, tensors, metadata } = checkpoint;
  const isOurs = metadata['touchstone.layout'] === 'in-out';
  const floats = [...tensors.values()]
    .filter(({ dtype, shape }) => isFloat(dtype) && shape.length > 0)
    // `net.2.weight` before `net.10.weight`.
    .sort((a, b) => byNumbersIn(a.name, b.name));
  if (floats.length !== parameters.length)
    throw new CheckpointError(
      `${path} has ${floats.length} tensors of numbers, and the architecture has ${parameters.length}: ` +
        `${parameters.map(({ name, shape }) => `${name} [${shape.join(', ')}]`).join(', ')}.`,
      'Say the hidden layers that the models have.',
    );
  const kernels = floats.filter(({ shape }) => shape.length > 1);
  const others = floats.filter(({ shape }) => shape.length === 1);
  return parameters.map((parameter) => {
    const isKernel = parameter.shape.length > 1;
    const tensor = tensors.get(parameter.name) ?? (isKernel ? kernels : others)[placeOf(parameter, parameters)];
    if (tensor === undefined) throw new CheckpointError(`${path} has nothing that could be ${parameter.name}.`);
    const wanted = isKernel && !isOurs ? parameter.shape.toReversed() : parameter.shape;
    if (String(tensor.shape) !== String(wanted))
      throw new CheckpointError(
        `${path}: ${named(tensor.name)} has the shape [${tensor.shape.join(', ')}]; for ${parameter.name} the ` +
          `architecture takes [${wanted.join(', ')}].`,
        'Say the hidden layers that the models have.',
      );
    return { parameter, tensor, isTransposed: isKernel && !isOurs };
  });
}

/** The how-manieth of its kind a parameter is. */
const placeOf = (parameter: Parameter, parameters: readonly Parameter[]): number =>
  parameters.filter(({ shape }) => shape.length > 1 === parameter.shape.length > 1).indexOf(parameter);

/** The values of a network from a file. @throws CheckpointError */
export function givenValues(checkpoint: Checkpoint, parameters: readonly Parameter[]): NamedArrays {
  return Object.fromEntries(
    givenTensors(checkpoint, parameters).map(({ parameter, tensor, isTransposed }) => {
      const bytes = new Uint8Array(tensor.bytes);
      tensor.file.read(tensor.begin, bytes);
      const values = new Float32Array(tensor.entries);
      if (isFloat(tensor.dtype) && widen(tensor.dtype, bytes, values) >= 0)
        throw new CheckpointError(`${checkpoint.path}: ${named(tensor.name)} has NaN or an infinite number.`);
      return [parameter.name, isTransposed ? turned(values, parameter.shape[1], parameter.shape[0]) : values];
    }),
  );
}
