import type { Attribute } from './graphdef.ts';
import type { Operand, Program } from './program.ts';

const size = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

/** Floating-point operations of one step. */
export function programFlops(program: Program): number {
  const shapeOf = (operand: Operand): readonly number[] =>
    'handle' in operand ? operand.handle.shape : (program.types.get(operand.value)?.shape ?? []);
  return program.instructions.reduce(
    (sum, { op, inputs, outputs, attributes }) =>
      sum +
      operationFlops(
        op,
        inputs.map(shapeOf),
        outputs.map((value) => shapeOf({ value })),
        attributes,
      ),
    0,
  );
}

/**
 * Floating-point operations of one graph operation from its shapes: a multiply-add counts as two; element-wise
 * operations and reductions count one per element of their largest operand; moving data counts nothing.
 */
export function operationFlops(
  op: string,
  inputs: readonly (readonly number[])[],
  outputs: readonly (readonly number[])[],
  attributes: Readonly<Record<string, Attribute>>,
): number {
  switch (op) {
    case 'MatMul':
    case 'BatchMatMul':
    case 'BatchMatMulV2':
    case '_FusedMatMul': {
      const left = inputs[0];
      const transposed = attributes['transpose_a'] ?? attributes['adj_x'];
      const inner = transposed?.kind === 'bool' && transposed.value ? left[left.length - 2] : left[left.length - 1];
      return 2 * size(outputs[0]) * inner;
    }
    // filter [h, w, in, out]: every output position does h·w·in multiply-adds per output channel
    case 'Conv2D':
      return 2 * size(outputs[0]) * size(inputs[1].slice(0, 3));
    case 'Conv2DBackpropFilter':
      return 2 * size(inputs[2]) * size(outputs[0].slice(0, 3));
    case 'Conv2DBackpropInput':
      return 2 * size(inputs[2]) * size(inputs[1].slice(0, 3));
    case 'ResourceApplyGradientDescent':
      return 2 * size(inputs[0]);
    case 'ResourceApplyMomentum':
      return 4 * size(inputs[0]);
    case 'ResourceApplyAdagradV2':
      return 6 * size(inputs[0]);
    case 'ResourceApplyAdam':
      return 12 * size(inputs[0]);
    case 'Softmax':
    case 'LogSoftmax':
      return 5 * size(outputs[0]);
    case 'SparseSoftmaxCrossEntropyWithLogits':
      return 8 * size(inputs[0]);
    case 'Reshape':
    case 'Identity':
    case 'Cast':
    case 'GatherV2':
    case 'ResourceGather':
    case 'ReadVariableOp':
    case 'AssignVariableOp':
    case 'ResourceScatterUpdate':
    case 'Pack':
    case 'Unpack':
    case 'ConcatV2':
    case 'Split':
    case 'SplitV':
    case 'Slice':
    case 'StridedSlice':
    case 'Transpose':
    case 'Tile':
    case 'Fill':
    case 'ZerosLike':
    case 'OnesLike':
    case 'BroadcastTo':
    case 'PadV2':
    case 'Pad':
    case 'ExpandDims':
    case 'Squeeze':
    case 'Range':
    case 'OneHot':
    case 'Shape':
    case 'ReverseV2':
    case 'Select':
    case 'SelectV2':
      return 0;
    default:
      return Math.max(0, ...inputs.map(size), ...outputs.map(size));
  }
}
