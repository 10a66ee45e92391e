import type { CompiledStep, Engine } from '../../../engine/types.ts';

/** Rows in one product: few enough to be small beside what they are added to. */
const ROWS = 2000;

/** Adds Σ rowᵀ row over rows [n × width] to a matrix [width × width] in double precision. */
export type AddScatter = (matrix: Float64Array, rows: Float32Array) => Promise<void>;

export function scatterOf(engine: Engine, width: number): AddScatter {
  const product: CompiledStep<{ readonly rows: { shape: [-1, number]; dtype: 'float32' } }, 'product'> =
    engine.compileStep({
      name: 'continual/scatter',
      inputs: { rows: { shape: [-1, width], dtype: 'float32' } },
      body: ({ rows }) => ({ product: rows.as2D(-1, width).transpose().matMul(rows.as2D(-1, width)) }),
    });
  return async (matrix, rows) => {
    for (let from = 0; from < rows.length; from += ROWS * width) {
      const [{ product: part }] = await product.run([{ rows: rows.slice(from, from + ROWS * width) }]);
      for (let i = 0; i < matrix.length; i++) matrix[i] += part[i];
    }
  };
}
