import { describe, expect, test } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import { PLAIN_VIEW } from '../../../src-main/metrics/pictures/curves.ts';
import { dotPlot, linePlot } from '../../../src-main/reports/pictures.ts';

const texts = (svg: { readonly text: string } | null): string[] =>
  [...(svg?.text ?? '').matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text ?? '');
const look = methodLook('er', null);
const curve = (name: string, heights: readonly number[], axes = {}) => ({
  name: 'ER',
  look,
  curve: {
    key: 'er',
    name,
    x: 'step',
    points: heights.map((mean, i) => ({ x: (i + 1) * 10, mean, low: mean * 0.9, high: mean * 1.1 })),
    axes,
  },
});

describe('pictures of a report', () => {
  test('have axis labels that never repeat', () => {
    const values = [0.9991, 0.9992, 0.9993].map((value, seed) => ({ seed, fold: null, value, trial: `t${seed}` }));
    const estimate = { mean: 0.9992, low: 0.9989, high: 0.9995, deviation: 0.0001, n: 3, folds: 1, seeds: 3, values };
    const ticks = texts(dotPlot('Accuracy', 'share', [{ name: 'ER', look, estimate }])).filter((text) =>
      /^[\d.]+$/.test(text),
    );
    expect(ticks.length).toBeGreaterThan(2);
    expect(new Set(ticks).size).toBe(ticks.length);
  });
  test('draw curves over what the view wants, with its logarithmic axes', () => {
    const stored = [curve('loss', [10, 1, 0.1], { examples: [1280, 2560, 3840], seconds: [60, 600, 1200] })];
    expect(texts(linePlot('loss', stored, PLAIN_VIEW))).toEqual(expect.arrayContaining(['step', '10', '20', '30']));
    expect(texts(linePlot('loss', stored, { x: 'seconds', logX: false, logY: true }))).toEqual(
      expect.arrayContaining(['training time', '10 min', '20 min', '0.1', '1', '10']),
    );
    expect(texts(linePlot('loss', stored, { x: 'examples', logX: true, logY: false }))).toContain('examples seen, log');
  });
  test('keep to a curve’s own x where it does not know what is wanted', () =>
    expect(texts(linePlot('loss', [curve('loss', [3, 2])], { x: 'epoch', logX: false, logY: false }))).toContain(
      'step',
    ));
});
