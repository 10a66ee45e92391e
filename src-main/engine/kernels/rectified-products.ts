import { float, int } from '../recording/graphdef.ts';
import {
  isTrue,
  newValue,
  typeOf,
  usesOf,
  valuesOf,
  type Instruction,
  type Program,
  type ValueId,
  type ValueType,
} from '../recording/program.ts';
import { withoutUnused } from '../recording/rewrites.ts';
import { canBeSparse, sparseForm } from './sparse-products.ts';

/** Operations of `native/operations.cc`. */
export const IF_DENSE = 'TouchstoneIfDense',
  RECTIFIED_GRADIENT = 'TouchstoneRectifiedGradient';

/**
 * With more than this share of units on, a product with everything is as fast. This is for three products: the one
 * after the units, the gradient of its weights, and the gradient before the rectifier.
 */
const MOST_ON = { product: 0.45, weights: 0.4, rectifier: 0.25 } as const;
/** A matrix with fewer rows or columns is not worth the looking. */
const LEAST_SIZE = 64;

/**
 * The same step, where products of rectified units leave out the units that are off. There are three of them: the
 * product after the units, the gradient of its weights, and the gradient before the rectifier, which is 0 there
 * anyway. Each step counts how many units are on. Where there are too many, TensorFlow computes the product. Values
 * stay the same up to rounding where all weights are finite.
 */
export function withRectifiedProducts<O extends string>(program: Program<O>): Program<O> {
  const products = new RectifiedProducts(program);
  const instructions = program.instructions.flatMap(
    (instruction) => products.product(instruction) ?? products.gradient(instruction) ?? [instruction],
  );
  return products.types.size === program.types.size
    ? program
    : withoutUnused({ ...program, instructions, types: products.types });
}

/** What stands in the place of an instruction, or null where it stays. */
type Replacement = readonly Instruction[] | null;

class RectifiedProducts {
  /** Those of the program and of what has come in. */
  readonly types: Map<ValueId, ValueType>;
  private readonly uses: ReturnType<typeof usesOf>;
  private readonly makers: ReadonlyMap<ValueId, Instruction>;

  constructor(program: Program) {
    this.types = new Map(program.types);
    this.uses = usesOf(program);
    this.makers = new Map(
      program.instructions.flatMap((instruction) =>
        instruction.outputs.map((value): [ValueId, Instruction] => [value, instruction]),
      ),
    );
  }

  /** h · w, or hᵀ · d, for units h. */
  product(instruction: Instruction): Replacement {
    if (!canBeSparse(instruction)) return null;
    const [units, other] = valuesOf(instruction);
    if (!this.areUnits(units) || !this.isLarge(other)) return null;
    const { before, whole } = this.ifDense(
      instruction,
      units,
      isTrue(instruction.attributes['transpose_a']) ? MOST_ON.weights : MOST_ON.product,
    );
    return [...before, sparseForm(instruction, 0, whole)];
  }

  /** d · wᵀ where units are on. */
  gradient({ op, inputs: [given, units], outputs }: Instruction): Replacement {
    if (op !== 'ReluGrad' || !('value' in given) || !('value' in units) || this.uses.get(given.value)?.length !== 1)
      return null;
    const product = this.makers.get(given.value);
    if (
      product?.op !== 'MatMul' ||
      isTrue(product.attributes['transpose_a']) ||
      !isTrue(product.attributes['transpose_b'])
    )
      return null;
    if (!this.areUnits(units.value) || !this.isLarge(valuesOf(product)[1])) return null;
    const { before, whole } = this.ifDense(product, units.value, MOST_ON.rectifier);
    return [
      ...before,
      {
        op: RECTIFIED_GRADIENT,
        inputs: [...product.inputs, units, { value: whole }],
        outputs,
        reads: [],
        writes: [],
        attributes: {},
      },
    ];
  }

  /**
   * What TensorFlow computes. Where more than this share of the units are on: the product. Otherwise: the product of a
   * matrix without elements, which costs nothing.
   */
  private ifDense(
    product: Instruction,
    units: ValueId,
    share: number,
  ): { before: readonly Instruction[]; whole: ValueId } {
    const [a] = valuesOf(product);
    const given = this.fresh(a),
      whole = this.fresh(product.outputs[0]);
    return {
      whole,
      before: [
        // Without columns where it is transposed: without rows it would not fit the other matrix.
        {
          op: IF_DENSE,
          inputs: [{ value: a }, { value: units }],
          outputs: [given],
          reads: [],
          writes: [],
          attributes: {
            background: float(0),
            share: float(share),
            axis: int(isTrue(product.attributes['transpose_a']) ? 1 : 0),
          },
        },
        { ...product, inputs: [{ value: given }, product.inputs[1]], outputs: [whole] },
      ],
    };
  }

  /** A new value as large as one that is there, or without elements. */
  private fresh(like: ValueId): ValueId {
    return newValue(this.types, typeOf(this, like));
  }

  private areUnits(value: ValueId): boolean {
    const maker = this.makers.get(value);
    return (
      this.isLarge(value) && (maker?.op === 'Relu' || (maker?.op === 'Square' && this.areUnits(valuesOf(maker)[0])))
    );
  }

  private isLarge(value: ValueId): boolean {
    const { shape } = typeOf(this, value);
    return shape.length === 2 && shape.every((size) => size >= LEAST_SIZE);
  }
}
