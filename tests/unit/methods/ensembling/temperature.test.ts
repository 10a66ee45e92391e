import { describe, expect, it } from 'vitest';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { meanProbabilities } from '../../../../src-main/methods/ensembling/shared/combine.ts';
import { fitTemperature } from '../../../../src-main/methods/ensembling/temperature-scaling.ts';

function lossAt(logits: Float32Array, labels: Int32Array, classes: number, temperature: number): number {
  let sum = 0;
  labels.forEach((label, row) => {
    const scaled = [...logits.subarray(row * classes, (row + 1) * classes)].map((value) => value / temperature);
    sum += Math.log(scaled.reduce((total, value) => total + Math.exp(value), 0)) - scaled[label];
  });
  return sum / labels.length;
}

describe('fitTemperature', () => {
  it('has a closed form for two classes with one margin: share right = σ(margin / T)', () => {
    // 8 of 10 right with logits ±m: the best distribution is .8/.2, so m/T = ln 4.
    const margin = 5;
    const labels = Int32Array.from({ length: 10 }, (_, row) => (row < 8 ? 0 : 1));
    const logits = Float32Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? margin : 0));
    expect(fitTemperature(logits, labels, 2)).toBeCloseTo(margin / Math.log(4), 6);
  });

  it('is not beaten by any temperature of a fine grid', () => {
    const source = stream(3, 'logits');
    const classes = 5;
    const labels = Int32Array.from({ length: 400 }, () => source.integer(classes));
    const logits = Float32Array.from(
      { length: 400 * classes },
      (_, at) => 3 * source.normal() + (labels[Math.floor(at / classes)] === at % classes ? 2.5 : 0),
    );
    const fitted = fitTemperature(logits, labels, classes);
    const best = lossAt(logits, labels, classes, fitted);
    expect(fitted).toBeGreaterThan(1.2); // these logits are overconfident by construction
    for (let temperature = 0.2; temperature < 20; temperature *= 1.01)
      expect(lossAt(logits, labels, classes, temperature)).toBeGreaterThanOrEqual(best - 1e-12);
  });

  it('stays within its range where every answer is right, or none', () => {
    const logits = Float32Array.of(1, 0, 1, 0);
    expect(fitTemperature(logits, Int32Array.of(0, 0), 2)).toBe(0.05);
    expect(fitTemperature(logits, Int32Array.of(1, 1), 2)).toBe(100);
  });
});

describe('meanProbabilities', () => {
  it('averages distributions, not logits', () => {
    // Members say .9/.1 and .5/.5 → .7/.3; shifting one member's logits changes nothing.
    const mean = meanProbabilities([Float32Array.of(Math.log(9) + 50, 50), Float32Array.of(-7, -7)], 2);
    expect(Math.exp(mean[0])).toBeCloseTo(0.7, 5);
    expect(Math.exp(mean[1])).toBeCloseTo(0.3, 5);
  });
});
