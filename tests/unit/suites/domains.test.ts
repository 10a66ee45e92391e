import { describe, expect, it } from 'vitest';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { inDomains } from '../../../src-main/suites/merging/shared/domains.ts';
import type { Domain } from '../../../src-main/suites/merging/shared/domains.ts';
import { drawnRuns } from '../../../src-main/suites/merging/shared/drawn-runs.ts';
import { VIEWS } from '../../../src-main/suites/merging/shared/views.ts';

const PIXELS = 784;
const draws = (name = 'rows') => stream(3, name);
const images = (count: number): Float32Array =>
  Float32Array.from({ length: count * PIXELS }, (_, at) => ((at * 7919) % 1000) / 1000);
const seen = (x: Float32Array, domains: readonly Domain[], y = new Int32Array(x.length / PIXELS)) =>
  inDomains({ rows: y.length, x, y }, domains, draws());

describe('domains', () => {
  it('rotated: by 90° it is the view turned, by 0° the image', () => {
    const x = images(2);
    const turned = seen(x, [{ kind: 'rotated', degrees: 90 }]).x;
    VIEWS.turned(x).forEach((value, at) => expect(turned[at]).toBeCloseTo(value, 5));
    seen(x, [{ kind: 'rotated', degrees: 0 }]).x.forEach((value, at) => expect(value).toBeCloseTo(x[at], 6));
  });

  it('rotated: a bright corner leaves the picture at 45°', () => {
    const x = new Float32Array(PIXELS);
    x[0] = 1;
    expect(seen(x, [{ kind: 'rotated', degrees: 45 }]).x.every((value) => value === 0)).toBe(true);
  });

  it('blurred: a point in the middle spreads evenly and keeps its sum', () => {
    const x = new Float32Array(PIXELS);
    x[14 * 28 + 14] = 1;
    const blurred = seen(x, [{ kind: 'blurred', deviation: 1.5 }]).x;
    expect(blurred.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(blurred[14 * 28 + 16]).toBeCloseTo(blurred[12 * 28 + 14], 7);
    // A Gaussian of deviation 1.5 falls by exp(−2²/(2·1.5²)) over two pixels.
    expect(blurred[14 * 28 + 16] / blurred[14 * 28 + 14]).toBeCloseTo(Math.exp(-4 / 4.5), 5);
  });

  it('noisy: with the deviation told, within [0, 1], the same each time', () => {
    const x = new Float32Array(20 * PIXELS).fill(0.5);
    const { x: noisy } = seen(x, [{ kind: 'noisy', deviation: 0.1 }]);
    const variance = noisy.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / noisy.length;
    expect(Math.sqrt(variance)).toBeCloseTo(0.1, 2);
    expect(Math.min(...noisy)).toBeGreaterThanOrEqual(0);
    expect(seen(x, [{ kind: 'noisy', deviation: 0.1 }]).x).toEqual(noisy);
  });

  it('coloured: a quarter of the labels is wrong, and the colour agrees with them as often as told', () => {
    const rows = 4000;
    const y = Int32Array.from({ length: rows }, (_, row) => row % 10);
    const x = new Float32Array(rows * PIXELS).fill(1);
    const { x: coloured, y: labels } = seen(x, [{ kind: 'coloured', agreement: 0.8 }], y);
    expect(coloured.length).toBe(rows * 392);
    let [wrong, agree] = [0, 0];
    labels.forEach((label, row) => {
      const channel = coloured[row * 392] === 1 ? 0 : 1;
      expect(coloured[row * 392 + 196 * channel]).toBe(1);
      expect(coloured[row * 392 + 196 * (1 - channel)]).toBe(0);
      wrong += label === Number(y[row] < 5) ? 0 : 1;
      agree += label === channel ? 1 : 0;
    });
    expect(wrong / rows).toBeCloseTo(0.25, 1);
    expect(agree / rows).toBeCloseTo(0.8, 1);
    expect(seen(x, [{ kind: 'coloured', agreement: null }], y).y).toEqual(y);
  });

  it('are dealt in turn, and must be of one size', () => {
    const x = images(4);
    const { x: dealt } = seen(x, [
      { kind: 'rotated', degrees: 0 },
      { kind: 'rotated', degrees: 90 },
    ]);
    const turned = VIEWS.turned(x);
    for (const row of [0, 1, 2, 3])
      expect(dealt[row * PIXELS + 40]).toBeCloseTo((row % 2 === 0 ? x : turned)[row * PIXELS + 40], 5);
    expect(() =>
      seen(x, [
        { kind: 'coloured', agreement: 0.5 },
        { kind: 'rotated', degrees: 0 },
      ]),
    ).toThrow(/examples of one size/);
  });
});

it('drawn runs lie within their ranges, differ, and are the same whenever they are drawn', () => {
  const ranges = {
    learningRate: [1e-4, 1e-2],
    weightDecay: [1e-4, 1e-1],
    epochs: [3, 8],
    smoothing: [0.01, 0.2],
    noise: [0.05, 0.3],
    mixup: [0.1, 1],
  } as const;
  const runs = drawnRuns('some', 24, ranges);
  expect(drawnRuns('some', 24, ranges)).toEqual(runs);
  const rates = runs.map(({ hyperParameters }) => Number(hyperParameters['learningRate']));
  expect(new Set(rates).size).toBe(24);
  expect(rates.every((rate) => rate >= 1e-4 && rate <= 1e-2)).toBe(true);
  // Log-uniform: about half of the draws lie below the geometric middle.
  expect(rates.filter((rate) => rate < 1e-3).length).toBeGreaterThan(5);
  expect(rates.filter((rate) => rate > 1e-3).length).toBeGreaterThan(5);
  expect(new Set(runs.map(({ hyperParameters }) => hyperParameters['order'])).size).toBe(24);
});
