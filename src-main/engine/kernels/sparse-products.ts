import { DATA_TYPES, flag, float, int } from '../recording/graphdef.ts';
import { isFloat, isTrue, usesOf, type Instruction, type Program, type ValueId } from '../recording/program.ts';
import { withoutUnused } from '../recording/rewrites.ts';
import type { TensorData, Variable } from '../types.ts';

/** The operation of `native/operations.cc`. */
export const SPARSE_PRODUCT = 'TouchstoneSparseProduct';

/** So much of a variable has to be its background; below, a product with everything is as fast. */
const LEAST_SHARE = 2 / 3;
/** A smaller inner dimension is not worth the looking. */
const LEAST_INNER = 64;
/** What is looked at of a variable: so many stretches of so many elements, evenly spread. */
const STRETCHES = 64,
  STRETCH = 1024;

/**
 * The value that at least two thirds of a large float32 variable are, such as the background of written digits. Judged
 * by some of its elements. Null where there is none.
 */
export function backgroundOf(data: TensorData): number | null {
  if (!(data instanceof Float32Array) || data.length < STRETCHES * STRETCH) return null;
  const seen = Array.from({ length: STRETCHES }, (_, i) =>
    Math.floor((i * (data.length - STRETCH)) / (STRETCHES - 1)),
  ).map((from) => data.subarray(from, from + STRETCH));
  // Boyer and Moore: strike out pairs of different values. A value with more than half of the votes remains.
  let candidate = NaN,
    lead = 0,
    found = 0;
  for (const stretch of seen) {
    for (const value of stretch) {
      if (lead === 0) candidate = value;
      lead += value === candidate ? 1 : -1;
    }
  }
  for (const stretch of seen) for (const value of stretch) if (value === candidate) found++;
  return Number.isFinite(candidate) && found >= LEAST_SHARE * STRETCHES * STRETCH ? candidate : null;
}

/**
 * The same step with products that leave out the background of what is gathered from `backgrounds`' variables: on
 * written digits a quarter to a half of the time of a whole product, forward and for the gradient of the weights. A
 * bias that is added becomes part of the product where nothing else needs what is in between. Values stay the same up
 * to rounding where all weights are finite: a weight that isn't one does not meet the pixels that are 0.
 */
export function withSparseProducts<O extends string>(
  program: Program<O>,
  backgrounds: (variable: Variable) => number | null,
): Program<O> {
  const known = { backgrounds: new Map<ValueId, number>(), scalars: scalarsOf(program) };
  const uses = usesOf(program);
  const products = new Map<ValueId, Instruction>();
  const instructions = program.instructions.map((instruction): Instruction => {
    const background = propagated(instruction, known, backgrounds);
    if (background !== null) known.backgrounds.set(instruction.outputs[0], background);
    const replacement =
      sparseProduct(program, instruction, known.backgrounds) ??
      withBias(instruction, (value) => (uses.get(value)?.length === 1 ? products.get(value) : undefined)) ??
      instruction;
    if (replacement.op === SPARSE_PRODUCT) products.set(replacement.outputs[0], replacement);
    return replacement;
  });
  return products.size === 0 ? program : withoutUnused({ ...program, instructions });
}

/** What is known of the values of a step: which most elements have, and which all have. */
interface Known {
  readonly backgrounds: ReadonlyMap<ValueId, number>;
  readonly scalars: ReadonlyMap<ValueId, number>;
}

/**
 * The background of what an instruction makes: what moves elements keeps it, arithmetic with one number and squaring go
 * for it as for every other element.
 */
function propagated(
  { op, inputs }: Instruction,
  { backgrounds, scalars }: Known,
  ofVariable: (variable: Variable) => number | null,
): number | null {
  const [first, ...rest] = inputs;
  if (op === 'ResourceGather' && 'handle' in first) return ofVariable(first.handle);
  const background = 'value' in first ? backgrounds.get(first.value) : undefined;
  if (background === undefined) return null;
  const values = rest.flatMap((operand) => ('value' in operand ? [operand.value] : []));
  const scalar = scalars.get(values[0]);
  switch (op) {
    case 'Reshape':
    case 'Identity':
    case 'GatherV2':
    case 'Slice':
    case 'StridedSlice':
      return background;
    case 'PadV2':
      return scalars.get(values[1]) === background ? background : null;
    // the last input says along which axis
    case 'ConcatV2':
      return values.slice(0, -1).every((value) => backgrounds.get(value) === background) ? background : null;
    case 'Square':
      return Math.fround(background * background);
    case 'Add':
    case 'AddV2':
      return scalar === undefined ? null : Math.fround(background + scalar);
    case 'Sub':
      return scalar === undefined ? null : Math.fround(background - scalar);
    case 'Mul':
      return scalar === undefined ? null : Math.fround(background * scalar);
    case 'Div':
    case 'RealDiv':
      return scalar === undefined ? null : Math.fround(background / scalar);
    default:
      return null;
  }
}

/** Whether there is a sparse product for it: a · b or aᵀ · b in float32. */
export const canBeSparse = ({ op, attributes }: Instruction): boolean =>
  op === 'MatMul' && !isTrue(attributes['transpose_b']) && isFloat(attributes['T']);

/**
 * The sparse product that such a product becomes, for a left side with this background; its result is `whole` where
 * that is given and has elements.
 */
export function sparseForm(product: Instruction, background: number, whole?: ValueId): Instruction {
  return {
    ...product,
    op: SPARSE_PRODUCT,
    inputs: [...product.inputs, ...(whole === undefined ? [] : [{ value: whole }])],
    attributes: {
      biases: int(0),
      wholes: int(whole === undefined ? 0 : 1),
      transpose_a: flag(isTrue(product.attributes['transpose_a'])),
      background: float(background),
    },
  };
}

function sparseProduct(
  program: Program,
  product: Instruction,
  backgrounds: ReadonlyMap<ValueId, number>,
): Instruction | null {
  if (!canBeSparse(product)) return null;
  const [a] = product.inputs;
  const background = 'value' in a ? backgrounds.get(a.value) : undefined;
  const columns = 'value' in a ? (program.types.get(a.value)?.shape[1] ?? 0) : 0;
  return background === undefined || columns < LEAST_INNER ? null : sparseForm(product, background);
}

/** A bias added to a sparse product that nothing else needs. */
function withBias(
  { op, inputs: [to, bias], outputs }: Instruction,
  onlyHere: (value: ValueId) => Instruction | undefined,
): Instruction | null {
  const product = op === 'BiasAdd' && 'value' in to ? onlyHere(to.value) : undefined;
  if (product === undefined || isTrue(product.attributes['transpose_a'])) return null;
  return {
    ...product,
    inputs: [...product.inputs, bias],
    outputs,
    attributes: { ...product.attributes, biases: int(1) },
  };
}

/** The numbers among a step's constants. */
function scalarsOf({ constants }: Program): ReadonlyMap<ValueId, number> {
  return new Map(
    constants.flatMap(({ value, dtype, shape, content }) =>
      dtype === DATA_TYPES.float32 && shape.length === 0
        ? [[value, new DataView(content.buffer, content.byteOffset).getFloat32(0, true)]]
        : [],
    ),
  );
}
