import type { Attribute } from './graphdef.ts';
import { isTrue, sameShape, type ValueType } from './program.ts';

/** Operations whose result has the shape of their largest operand, and its type. */
const ARITHMETIC: ReadonlySet<string> = new Set([
  'Add',
  'AddV2',
  'Sub',
  'Mul',
  'RealDiv',
  'Div',
  'Square',
  'Sqrt',
  'Neg',
  'Relu',
]);

/**
 * The shape of an operation's result, where it is known without running it; null otherwise. A step is recorded on
 * zeros and its values do not matter, so operations that take long need not run. `contentOf`: the numbers of an input
 * that is a constant.
 */
export function resultShape(
  op: string,
  attributes: Readonly<Record<string, Attribute>>,
  inputs: readonly ValueType[],
  contentOf: (input: number) => readonly number[] | null,
): readonly number[] | null {
  const [a, b] = inputs.map(({ shape }) => shape);
  if (ARITHMETIC.has(op)) return b === undefined || sameShape(a, b) || b.length === 0 ? a : a.length === 0 ? b : null;
  switch (op) {
    case 'MatMul':
      return [...rows(a, isTrue(attributes['transpose_a'])), ...columns(b, isTrue(attributes['transpose_b']))];
    case 'BatchMatMul':
    case 'BatchMatMulV2':
      return sameShape(a.slice(0, -2), b.slice(0, -2))
        ? [...a.slice(0, -2), ...rows(a, isTrue(attributes['adj_x'])), ...columns(b, isTrue(attributes['adj_y']))]
        : null;
    case 'Conv2D':
      return convolved(a, b, attributes);
    case 'Conv2DBackpropFilter':
      return contentOf(1);
    case 'Conv2DBackpropInput':
      return contentOf(0);
    default:
      return null;
  }
}

const rows = (shape: readonly number[], transposed: boolean): readonly number[] =>
  transposed ? shape.slice(-1) : shape.slice(-2, -1);
const columns = (shape: readonly number[], transposed: boolean): readonly number[] => rows(shape, !transposed);

function convolved(
  images: readonly number[],
  filter: readonly number[],
  { strides, padding, dilations, data_format: format }: Readonly<Record<string, Attribute>>,
): readonly number[] | null {
  if (
    format?.kind !== 'string' ||
    format.value !== 'NHWC' ||
    strides?.kind !== 'ints' ||
    padding?.kind !== 'string' ||
    dilations?.kind !== 'ints' ||
    dilations.value.some((step) => step !== 1)
  )
    return null;
  const along = (axis: 1 | 2): number => {
    const places = padding.value === 'SAME' ? images[axis] : images[axis] - filter[axis - 1] + 1;
    return Math.ceil(places / strides.value[axis]);
  };
  return padding.value === 'SAME' || padding.value === 'VALID' ? [images[0], along(1), along(2), filter[3]] : null;
}
