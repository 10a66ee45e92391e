import { BATCH } from './suites.ts';

/** One matrix product: [rows × inner] · [inner × columns]; a transposed operand is stored the other way round. */
export interface Product {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/**
 * The products of one training step of a dense network with these layer sizes: forward, gradient of the kernel, and of
 * the inputs but the first.
 */
export function productsOf(sizes: readonly number[], batch = BATCH): Product[] {
  return sizes.slice(0, -1).flatMap((inputs, layer) => {
    const outputs = sizes[layer + 1];
    return [
      { rows: batch, inner: inputs, columns: outputs, transposeA: false, transposeB: false },
      { rows: inputs, inner: batch, columns: outputs, transposeA: true, transposeB: false },
      ...(layer === 0 ? [] : [{ rows: batch, inner: outputs, columns: inputs, transposeA: false, transposeB: true }]),
    ];
  });
}

/** A multiply-add counts as two. */
export const flopsOf = (products: readonly Product[]): number =>
  products.reduce((sum, { rows, inner, columns }) => sum + 2 * rows * inner * columns, 0);
