import { int, type Attribute } from './graphdef.ts';
import { isFloat, isTrue, typeOf, usesOf, valuesOf, type Instruction, type Program, type ValueId, type ValueType } from './program.ts';
import { withoutUnused } from './rewrites.ts';
import { SPARSE_PRODUCT } from './sparse-products.ts';

/** Operations of `native/operations.cc`. */
export const IF_DENSE = 'TouchstoneIfDense', RECTIFIED_GRADIENT = 'TouchstoneRectifiedGradient';

/** With more than this share of units that are on, a product with everything is as fast: the one after the units, the gradient of its weights, the gradient before the rectifier. */
const MOST_ON = { product: 0.45, weights: 0.4, rectifier: 0.25 } as const;
/** A matrix with fewer rows or columns is not worth the looking. */
const LEAST_SIZE = 64;

/**
 * The same step with products of rectified units that leave out the units that are off, where most of them are: the product after the units, the gradient of its weights, and the
 * gradient before the rectifier, of which nothing is computed where it is 0 anyway. How many are on is counted in each step; where it is more than a quarter, the product is
 * TensorFlow's. Values stay the same up to rounding where all weights are finite.
 */
export function withRectifiedProducts<O extends string>(program: Program<O>): Program<O> {
  const uses = usesOf(program);
  const makers = new Map(program.instructions.flatMap((instruction) => instruction.outputs.map((value): [ValueId, Instruction] => [value, instruction])));
  const types = new Map(program.types);
  let next = Math.max(...types.keys()) + 1;
  const fresh = (type: ValueType): ValueId => {
    types.set(next, type);
    return next++;
  };
  const isUnits = (value: ValueId): boolean => {
    const maker = makers.get(value);
    return isLarge(typeOf(program, value)) && (maker?.op === 'Relu' || (maker?.op === 'Square' && isUnits(valuesOf(maker)[0])));
  };
  /** What TensorFlow computes: the product, or where few units are on a matrix without elements. */
  const ifDense = (product: Instruction, a: ValueId, judged: ValueId, share: number): { instructions: Instruction[]; whole: ValueId } => {
    const rows = !isTrue(product.attributes['transpose_a']);
    const gated = fresh(typeOf(program, a)), whole = fresh(typeOf(program, product.outputs[0]));
    return {
      whole,
      instructions: [
        { op: IF_DENSE, inputs: [{ value: a }, { value: judged }], outputs: [gated], reads: [], writes: [], attributes: { background: float(0), share: float(share), axis: int(rows ? 0 : 1) } },
        { ...product, inputs: [{ value: gated }, product.inputs[1]], outputs: [whole] },
      ],
    };
  };
  const instructions = program.instructions.flatMap((instruction): Instruction[] => {
    const { op, attributes, outputs } = instruction;
    const [a, b] = valuesOf(instruction);
    if (op === 'MatMul' && !isTrue(attributes['transpose_b']) && isFloat(attributes['T']) && isUnits(a) && isLarge(typeOf(program, b))) {
      const { instructions: before, whole } = ifDense(instruction, a, a, isTrue(attributes['transpose_a']) ? MOST_ON.weights : MOST_ON.product);
      const attribute: Record<string, Attribute> = { biases: int(0), wholes: int(1), transpose_a: { kind: 'bool', value: isTrue(attributes['transpose_a']) }, background: float(0) };
      return [...before, { ...instruction, op: SPARSE_PRODUCT, inputs: [...instruction.inputs, { value: whole }], attributes: attribute }];
    }
    const product = op === 'ReluGrad' && uses.get(a)?.length === 1 ? makers.get(a) : undefined;
    const [d, w] = product === undefined ? [] : valuesOf(product);
    if (product?.op === 'MatMul' && !isTrue(product.attributes['transpose_a']) && isTrue(product.attributes['transpose_b']) && isUnits(b) && isLarge(typeOf(program, w))) {
      const { instructions: before, whole } = ifDense(product, d, b, MOST_ON.rectifier);
      return [...before, { op: RECTIFIED_GRADIENT, inputs: [...product.inputs, { value: b }, { value: whole }], outputs, reads: [], writes: [], attributes: {} }];
    }
    return [instruction];
  });
  return withoutUnused({ ...program, instructions, types });
}

const float = (value: number): Attribute => ({ kind: 'float', value });
const isLarge = ({ shape }: ValueType): boolean => shape.length === 2 && shape.every((size) => size >= LEAST_SIZE);
