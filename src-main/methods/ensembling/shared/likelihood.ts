/** Mean of −ln softmax(logits)[label], and its slope at every logit, [rows × classes]. */
export function meanNll(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
): { readonly value: number; readonly slopes: Float64Array } {
  const rows = labels.length;
  const slopes = new Float64Array(rows * classes);
  let value = 0;
  for (let row = 0; row < rows; row += 1) {
    const at = row * classes;
    let largest = -Infinity;
    for (let k = 0; k < classes; k += 1) largest = Math.max(largest, logits[at + k]);
    let sum = 0;
    for (let k = 0; k < classes; k += 1) sum += Math.exp(logits[at + k] - largest);
    value += (largest + Math.log(sum) - logits[at + labels[row]]) / rows;
    for (let k = 0; k < classes; k += 1)
      slopes[at + k] = (Math.exp(logits[at + k] - largest) / sum - (labels[row] === k ? 1 : 0)) / rows;
  }
  return { value, slopes };
}
