/** A probability of a class, put right. */
export type BinaryMap = (probability: number) => number;

/**
 * A binary map fitted to held-out rows: from the probabilities that were told for a class, and whether a row is of it.
 */
export type FitBinaryMap = (told: Float64Array, positive: readonly boolean[]) => BinaryMap;

/**
 * Calibration of several classes by binary maps (Zadrozny & Elkan 2002, one against rest): one map a class on its own
 * probability, then the row is divided by its sum; a row of zeros says 1/K of every class. Two classes have one map,
 * of the second, as scikit-learn has it.
 *
 * @param probabilities of the held-out rows [rows × classes]
 * @returns distributions from distributions, row-major
 */
export function calibrateOneVsRest(
  probabilities: ArrayLike<number>,
  labels: Int32Array,
  classes: number,
  fit: FitBinaryMap,
): (probabilities: ArrayLike<number>) => Float64Array {
  const mapOf = (k: number): BinaryMap =>
    fit(
      Float64Array.from(labels, (_, row) => probabilities[row * classes + k]),
      Array.from(labels, (label) => label === k),
    );
  if (classes === 2) {
    const second = mapOf(1);
    return (given) =>
      Float64Array.from(given, (_, at) => (at % 2 === 0 ? 1 - second(given[at + 1]) : second(given[at])));
  }
  const maps = Array.from({ length: classes }, (_, k) => mapOf(k));
  return (given) => {
    const out = Float64Array.from(given, (probability, at) => maps[at % classes](probability));
    for (let at = 0; at < out.length; at += classes) {
      const row = out.subarray(at, at + classes);
      const sum = row.reduce((total, value) => total + value, 0);
      for (let k = 0; k < classes; k += 1) row[k] = sum > 0 ? row[k] / sum : 1 / classes;
    }
    return out;
  };
}
