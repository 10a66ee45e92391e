/** ln softmax of each row, [rows × classes]. */
export function logSoftmaxRows(logits: Float32Array, classes: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += classes) {
    let largest = -Infinity;
    for (let c = 0; c < classes; c += 1) largest = Math.max(largest, logits[at + c]);
    let sum = 0;
    for (let c = 0; c < classes; c += 1) sum += Math.exp(logits[at + c] - largest);
    const normaliser = largest + Math.log(sum);
    for (let c = 0; c < classes; c += 1) out[at + c] = logits[at + c] - normaliser;
  }
  return out;
}

/** ln of the mean of the members' softmax distributions, computed by log-sum-exp. */
export function meanProbabilities(members: readonly Float32Array[], classes: number): Float32Array {
  const logs = members.map((logits) => logSoftmaxRows(logits, classes));
  const out = new Float32Array(members[0].length);
  for (let at = 0; at < out.length; at += 1) {
    const largest = Math.max(...logs.map((values) => values[at]));
    out[at] = largest + Math.log(logs.reduce((sum, values) => sum + Math.exp(values[at] - largest), 0) / logs.length);
  }
  return out;
}
