import { describe, expect, it } from 'vitest';
import { linearProbe, PROBE_DECAY, probeGradient } from '../../../../src-main/methods/merging/shared/linear-probe.ts';

/** Three classes in a plane, four rows of each, apart from one another. */
const features = Float32Array.from(
  [
    [2, 0],
    [0, 2],
    [-2, -2],
  ].flatMap(([x = 0, y = 0]) => [0, 1, 2, 3].flatMap((i) => [x + 0.2 * Math.cos(i), y + 0.3 * Math.sin(2 * i)])),
);
const labels = Int32Array.from({ length: 12 }, (_, row) => Math.floor(row / 4));

/** Mean cross-entropy with weight decay, written out. */
function loss(weights: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < 12; row += 1) {
    const [x = 0, y = 0] = features.subarray(2 * row, 2 * row + 2);
    const logits = [0, 1, 2].map((c) => x * (weights[c] ?? 0) + y * (weights[3 + c] ?? 0) + (weights[6 + c] ?? 0));
    sum += Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0)) - (logits[labels[row] ?? 0] ?? 0);
  }
  return sum / 12 + (PROBE_DECAY / 2) * weights.subarray(0, 6).reduce((total, weight) => total + weight ** 2, 0);
}

describe('a linear probe', () => {
  it('has the gradient of the mean cross-entropy with weight decay, by differences', () => {
    const weights = Float64Array.from({ length: 9 }, (_, at) => Math.sin(at));
    const gradient = probeGradient(features, labels, weights, 3);
    weights.forEach((_, at) => {
      const moved = (by: number): number => loss(weights.map((weight, place) => weight + (place === at ? by : 0)));
      expect(gradient[at]).toBeCloseTo((moved(1e-5) - moved(-1e-5)) / 2e-5, 6);
    });
  });

  it('tells apart what a line can, and ends near the minimum', () => {
    const { kernel, bias } = linearProbe(features, labels, 3);
    const found = Float64Array.from([...kernel, ...bias]);
    for (let row = 0; row < 12; row += 1) {
      const [x = 0, y = 0] = features.subarray(2 * row, 2 * row + 2);
      const logits = [0, 1, 2].map((c) => x * (kernel[c] ?? 0) + y * (kernel[3 + c] ?? 0) + (bias[c] ?? 0));
      expect(logits.indexOf(Math.max(...logits))).toBe(labels[row]);
    }
    expect(Math.hypot(...probeGradient(features, labels, found, 3))).toBeLessThan(1e-2);
    expect(loss(found)).toBeLessThan(0.05);
  });
});
