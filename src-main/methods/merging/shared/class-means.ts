/**
 * The mean of the features of each class, brought to unit length, as the kernel of a head without bias: with features
 * of unit length its logits are cosines.
 *
 * @param features [rows × width], row-major.
 * @returns [width × classes], row-major. Throws an Error where a class has no row, or its mean is zero.
 */
export function classMeans(features: Float32Array, labels: Int32Array, classes: number): Float32Array {
  const width = features.length / labels.length;
  const sums = Array.from({ length: classes }, () => new Float64Array(width));
  labels.forEach((label, row) => {
    for (let unit = 0; unit < width; unit += 1) sums[label][unit] += features[row * width + unit];
  });
  const kernel = new Float32Array(width * classes);
  sums.forEach((sum, label) => {
    const length = Math.hypot(...sum);
    if (length === 0) throw new Error(`The features of class ${label} add up to zero: no head can be made of them.`);
    for (let unit = 0; unit < width; unit += 1) kernel[unit * classes + label] = sum[unit] / length;
  });
  return kernel;
}
