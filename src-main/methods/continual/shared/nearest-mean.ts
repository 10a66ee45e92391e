/** Rows of features: `values` is [rows × width], row-major. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly width: number;
}

const countOf = ({ values, width }: Rows): number => values.length / width;

/** Every row divided by its Euclidean length; a row of zeros stays as it is. */
export function unitRows({ values, width }: Rows): Rows & { readonly values: Float64Array } {
  const unit = Float64Array.from(values);
  for (let from = 0; from < unit.length; from += width) {
    let square = 0;
    for (let i = from; i < from + width; i++) square += unit[i] * unit[i];
    const length = Math.sqrt(square);
    if (length > 0) for (let i = from; i < from + width; i++) unit[i] /= length;
  }
  return { values: unit, width };
}

/** The mean of the rows. */
export function meanRow(rows: Rows): Float64Array {
  const { values, width } = rows;
  const mean = new Float64Array(width);
  for (let i = 0; i < values.length; i++) mean[i % width] += values[i];
  return mean.map((sum) => sum / countOf(rows));
}

/**
 * Herding (Rebuffi et al. 2017, algorithm 4): `count` different rows in the order in which they are chosen. The k-th
 * is the one with which the mean of the k chosen is nearest to the mean of all; of equals the first. The first m of
 * the order are what a smaller memory would have chosen.
 */
export function herding(rows: Rows, count: number): Int32Array {
  const { values, width } = rows;
  const [mean, chosen] = [meanRow(rows), new Float64Array(width)];
  const squares = Float64Array.from({ length: countOf(rows) }, (_, row) =>
    dot(values, row * width, values, row * width),
  );
  const free = new Set(squares.keys());
  return Int32Array.from({ length: Math.min(count, squares.length) }, (_, k) => {
    // |k mean - chosen - row|² is least where |row|² - 2 row·(k mean - chosen) is.
    const wanted = mean.map((value, i) => (k + 1) * value - chosen[i]);
    let [best, least] = [-1, Infinity];
    for (const row of free) {
      const distance = squares[row] - 2 * dot(values, row * width, wanted, 0);
      if (distance < least) [best, least] = [row, distance];
    }
    free.delete(best);
    for (let i = 0; i < width; i++) chosen[i] += values[best * width + i];
    return best;
  });

  function dot(a: ArrayLike<number>, fromA: number, b: ArrayLike<number>, fromB: number): number {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += a[fromA + i] * b[fromB + i];
    return sum;
  }
}

/** The mean of a class's exemplars by which it is recognised: of their unit features, and of unit length itself. */
export function prototype(exemplars: Rows): Float64Array {
  return unitRows({ values: meanRow(unitRows(exemplars)), width: exemplars.width }).values;
}
