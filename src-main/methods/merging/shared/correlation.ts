/** Products of deviations below this count as this: the authors' value. */
const SMALLEST_PRODUCT = 1e-7;

/**
 * Covariance E[ab] − E[a]E[b] of all units of several models over the same rows, units of one model after those of the
 * one before.
 *
 * @param features [rows × units], row-major, one a model.
 * @returns [units × units] of all models together, row-major.
 */
export function covariances(features: readonly Float32Array[], rows: number): Float64Array {
  const widths = features.map(({ length }) => length / rows);
  const units = widths.reduce((a, b) => a + b, 0);
  const mean = new Float64Array(units);
  const products = new Float64Array(units * units);
  const all = new Float64Array(units);
  for (let pass = 0; pass < 2; pass += 1) {
    for (let row = 0; row < rows; row += 1) {
      let at = 0;
      features.forEach((values, model) => {
        all.set(values.subarray(row * widths[model], (row + 1) * widths[model]), at);
        at += widths[model];
      });
      for (let i = 0; i < units; i += 1) {
        if (pass === 0) mean[i] += all[i] / rows;
        else {
          const centred = all[i] - mean[i];
          if (centred !== 0) for (let j = i; j < units; j += 1) products[i * units + j] += centred * (all[j] - mean[j]);
        }
      }
    }
  }
  for (let i = 0; i < units; i += 1)
    for (let j = i; j < units; j += 1) {
      products[i * units + j] /= rows;
      products[j * units + i] = products[i * units + j];
    }
  return products;
}

/** Correlations from covariances [units × units]; a unit that never changes correlates with none. */
export function correlations(covariance: Float64Array): Float64Array {
  const units = Math.sqrt(covariance.length);
  const deviation = Float64Array.from({ length: units }, (_, unit) => Math.sqrt(covariance[unit * (units + 1)]));
  return covariance.map(
    (value, at) => value / Math.max(deviation[Math.floor(at / units)] * deviation[at % units], SMALLEST_PRODUCT),
  );
}
