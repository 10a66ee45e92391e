/** Weight of ½|W|² beside the mean cross-entropy. */
export const PROBE_DECAY = 1e-3;
const STEPS = 500;
const RATE = 0.05;
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

/**
 * Softmax regression on features as they are: a head with biases, from zero by 500 steps of Adam on all rows at once,
 * with a small weight decay, in double precision. Nothing is drawn.
 *
 * @param features [rows × width], row-major.
 * @returns kernel [width × classes], row-major, and bias [classes].
 */
export function linearProbe(
  features: Float32Array,
  labels: Int32Array,
  classes: number,
): { readonly kernel: Float32Array; readonly bias: Float32Array } {
  const rows = labels.length;
  const width = features.length / rows;
  // The bias is the last row of what is learned.
  const weights = new Float64Array((width + 1) * classes);
  const [first, second] = [new Float64Array(weights.length), new Float64Array(weights.length)];
  for (let step = 1; step <= STEPS; step += 1) {
    const gradient = probeGradient(features, labels, weights, classes);
    for (let at = 0; at < weights.length; at += 1) {
      first[at] = BETA1 * first[at] + (1 - BETA1) * gradient[at];
      second[at] = BETA2 * second[at] + (1 - BETA2) * gradient[at] ** 2;
      const mean = first[at] / (1 - BETA1 ** step);
      weights[at] -= (RATE * mean) / (Math.sqrt(second[at] / (1 - BETA2 ** step)) + EPSILON);
    }
  }
  return {
    kernel: new Float32Array(weights.subarray(0, width * classes)),
    bias: new Float32Array(weights.subarray(width * classes)),
  };
}

/** Of the mean cross-entropy of softmax(xW + b) and the weight decay, at weights [width + 1 × classes]. */
export function probeGradient(
  features: Float32Array,
  labels: Int32Array,
  weights: Float64Array,
  classes: number,
): Float64Array {
  const width = features.length / labels.length;
  const gradient = weights.map((weight, at) => (at < width * classes ? PROBE_DECAY * weight : 0));
  labels.forEach((label, row) => {
    const logits = weights.slice(width * classes);
    for (let unit = 0; unit < width; unit += 1) {
      const value = features[row * width + unit];
      for (let c = 0; c < classes; c += 1) logits[c] += value * weights[unit * classes + c];
    }
    const most = Math.max(...logits);
    const shares = logits.map((logit) => Math.exp(logit - most));
    const sum = shares.reduce((total, share) => total + share, 0);
    shares.forEach((share, c) => {
      const error = (share / sum - (c === label ? 1 : 0)) / labels.length;
      for (let unit = 0; unit < width; unit += 1) gradient[unit * classes + c] += error * features[row * width + unit];
      gradient[width * classes + c] += error;
    });
  });
  return gradient;
}
