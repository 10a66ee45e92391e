import { int } from '../recording/graphdef.ts';
import { isFloat, type Instruction, type Operand, type Program } from '../recording/program.ts';
import { withoutUnused } from '../recording/rewrites.ts';

/** The operation of `native/operations.cc`. */
export const FILTER_GRADIENT = 'TouchstoneFilterGradient';

/**
 * The same step with our own gradients of convolutions' filters, where the stride is 1. On a processor with AVX2,
 * oneDNN's reach half the rate of its other convolutions and are the slowest part of a convolutional network's step.
 * Values stay the same up to rounding.
 */
export function withFilterGradients<O extends string>(program: Program<O>): Program<O> {
  const instructions = program.instructions.map((instruction) => filterGradient(program, instruction) ?? instruction);
  return instructions.every((instruction, i) => instruction === program.instructions[i])
    ? program
    : withoutUnused({ ...program, instructions });
}

function filterGradient(
  program: Program,
  { op, inputs: [images, , gradient], outputs, attributes, reads, writes }: Instruction,
): Instruction | null {
  const { T: type, strides, dilations, padding, data_format: format } = attributes;
  if (op !== 'Conv2DBackpropFilter' || !isFloat(type)) return null;
  const ones = (attribute: typeof strides | undefined): boolean =>
    attribute === undefined || (attribute.kind === 'ints' && attribute.value.every((step) => step === 1));
  if (
    !ones(strides) ||
    !ones(dilations) ||
    (format?.kind === 'string' && format.value !== 'NHWC') ||
    padding?.kind !== 'string'
  )
    return null;
  const shapeOf = (operand: Operand): readonly number[] =>
    'value' in operand ? (program.types.get(operand.value)?.shape ?? []) : [];
  const [height, width] = program.types.get(outputs[0])?.shape ?? [];
  const [, rows] = shapeOf(images),
    [, outRows] = shapeOf(gradient);
  // SAME at stride 1 keeps the size, with the smaller half of the zeros before the image; VALID has none
  const same = padding.value === 'SAME';
  if ((!same && padding.value !== 'VALID') || outRows !== (same ? rows : rows - height + 1)) return null;
  const zerosBefore = (size: number): number => (same ? Math.floor((size - 1) / 2) : 0);
  return {
    op: FILTER_GRADIENT,
    inputs: [images, gradient],
    outputs,
    reads,
    writes,
    attributes: {
      height: int(height),
      width: int(width),
      top: int(zerosBefore(height)),
      left: int(zerosBefore(width)),
    },
  };
}
