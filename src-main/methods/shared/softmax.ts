/** ln softmax of each row, [rows × classes] row-major. */
export function logSoftmaxRows(logits: Float32Array, classes: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += classes) {
    const { largest, sum } = powers(logits, at, classes);
    const normaliser = largest + Math.log(sum);
    for (let c = 0; c < classes; c += 1) out[at + c] = logits[at + c] - normaliser;
  }
  return out;
}

/** Distributions from logits or log-probabilities, [rows × classes] row-major. */
export function softmaxRows(logits: Float32Array, classes: number): Float32Array {
  const out = new Float32Array(logits.length);
  for (let at = 0; at < logits.length; at += classes) {
    const { largest, sum } = powers(logits, at, classes);
    for (let c = 0; c < classes; c += 1) out[at + c] = Math.exp(logits[at + c] - largest) / sum;
  }
  return out;
}

/** The largest value of the row that begins at `at`, and Σ exp(value − largest), which cannot overflow. */
function powers(logits: Float32Array, at: number, classes: number): { largest: number; sum: number } {
  let largest = -Infinity;
  for (let c = 0; c < classes; c += 1) largest = Math.max(largest, logits[at + c]);
  let sum = 0;
  for (let c = 0; c < classes; c += 1) sum += Math.exp(logits[at + c] - largest);
  return { largest, sum };
}
