import { loadTensorFlow } from '../../engine/backends/backends.ts';
import { stream } from '../../engine/random/streams.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor2D } from '../../engine/tf.ts';
import { productsOf } from '../products.ts';
import type { Product } from '../products.ts';
import { lowPriority, serveLines } from './serve-lines.ts';

/** Elements of a copied array: 64 MB, which no processor's cache holds. */
const COPIED = 8 * 1024 * 1024;

/** TensorFlow's own products, one operation each, without a graph around them. */
function multiplying(products: readonly Product[], times: number): () => Promise<number> {
  const random = stream(1, 'products');
  const matrix = (rows: number, columns: number): Tensor2D => {
    const values = new Float32Array(rows * columns);
    random.fillUniform(values, 0, 1);
    return tf.tensor2d(values, [rows, columns]);
  };
  const pairs = products.map(({ rows, inner, columns, transposeA, transposeB }) => ({
    a: transposeA ? matrix(inner, rows) : matrix(rows, inner),
    b: transposeB ? matrix(columns, inner) : matrix(inner, columns),
    transposeA,
    transposeB,
  }));
  return () => {
    for (let time = 0; time < times; time++)
      for (const { a, b, transposeA, transposeB } of pairs) tf.matMul(a, b, transposeA, transposeB).dispose();
    return Promise.resolve(times);
  };
}

function copying(): () => Promise<number> {
  const from = new Float64Array(COPIED).fill(1),
    to = new Float64Array(COPIED);
  return () => {
    to.set(from);
    return Promise.resolve(1);
  };
}

// Started by the row bound/* as: products.ts sizes 784-400-400-10 | square 1024 | copy.
const [, , what, argument = ''] = process.argv;
lowPriority();
if (what === 'copy') {
  await serveLines({}, copying());
} else {
  const { versions } = await loadTensorFlow('cpu');
  const side = Number(argument);
  await serveLines(
    { ...versions },
    what === 'square'
      ? multiplying([{ rows: side, inner: side, columns: side, transposeA: false, transposeB: false }], 1)
      : multiplying(productsOf(argument.split('-').map(Number)), 16),
  );
}
process.exit(0);
