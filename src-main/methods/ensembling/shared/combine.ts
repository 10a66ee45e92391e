import { logSoftmaxRows } from '../../shared/softmax.ts';

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
