import { describe, expect, it } from 'vitest';
import { linesPicture, type LinesSpec } from '../../../src-renderer/charts/options/lines.ts';
import { renderSvg } from '../../../src-renderer/charts/render.ts';
import { lightStyle } from '../../../src-renderer/charts/style.ts';

const line = (name: string, ...points: readonly (readonly [number, number])[]) => ({
  key: name,
  name,
  points: points.map(([x, y]) => ({ x, y })),
});
const draw = (spec: Partial<LinesSpec> & Pick<LinesSpec, 'series'>, width = 640): string[] => {
  const picture = linesPicture({ name: 'curves', xLabel: 'step', yLabel: 'loss', ...spec }, lightStyle);
  return [...renderSvg(picture, lightStyle, { width }).matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(
    ([, text]) => text ?? '',
  );
};

describe('curves, as they are drawn', () => {
  it('have axis labels that never repeat where values lie close together', () => {
    const texts = draw({ series: [line('a', [1, 0.9912], [2, 0.9988], [3, 1])], scale: 100, yLabel: 'accuracy (%)' });
    const labels = texts.filter((text) => /^\d+(\.\d+)?$/.test(text));
    expect(labels).toContain('99.2');
    expect(new Set(labels).size).toBe(labels.length);
  });
  it('have a logarithmic axis where it is chosen and every value is above 0', () => {
    const series = [line('a', [1, 1000], [10, 1], [100, 0.01])];
    expect(draw({ series, logY: true })).toEqual(expect.arrayContaining(['0.01', '1', '100', 'loss, log']));
    expect(draw({ series: [...series, line('b', [1, 0], [2, 5])], logY: true })).toContain('loss');
    expect(draw({ series, logX: true })).toEqual(expect.arrayContaining(['1', '10', '100', 'step, log']));
  });
  it('show times in the unit that fits', () =>
    expect(draw({ series: [line('a', [0, 1], [1800, 2])], xLabel: 'training time', xUnit: 'seconds' })).toEqual(
      expect.arrayContaining(['10 min', '20 min', '30 min']),
    ));
  it('follow the lines that are shown: a hidden one leaves the axes to the others', () => {
    const series = [line('small', [1, 1], [2, 2]), line('large', [1, 1000], [2, 2000])];
    expect(draw({ series })).toContain('2000');
    expect(draw({ series, place: { width: 640, hidden: new Set(['large']) } })).not.toContain('2000');
  });
  it('of a sweep hold their intervals, and say where these reach too far', () => {
    // Means and 95 % intervals of an EWC sweep over three seeds.
    const swept = (wide: number) => [
      {
        key: 'ewc',
        name: 'EWC',
        points: [
          { x: 1, y: 0.9834, low: 0.9825 - wide, high: 0.9843 },
          { x: 10, y: 0.9839, low: 0.983, high: 0.9848 + wide },
        ],
      },
    ];
    const texts = (wide: number) => draw({ series: swept(wide), scale: 100, yLabel: 'accuracy (%)', holdsBands: true });
    const marks = texts(0).flatMap((text) => (/^9\d\.\d+$/.test(text) ? [Number(text)] : []));
    expect(Math.min(...marks)).toBeLessThanOrEqual(98.25);
    expect(Math.max(...marks)).toBeGreaterThanOrEqual(98.45);
    expect(texts(0)).toContain('accuracy (%)');
    expect(texts(0.3)).toContain('accuracy (%); intervals reach beyond');
  });
  it('keep the raw line behind the smooth one', () => {
    const points = Array.from({ length: 40 }, (_, x) => [x, x % 2] as const);
    const series = (smoothing: number): number => {
      const { option } = linesPicture(
        { name: 'c', series: [line('a', ...points)], xLabel: 'x', yLabel: 'y', smoothing },
        lightStyle,
      );
      return Array.isArray(option.series) ? option.series.length : 0;
    };
    expect([series(0), series(0.6)]).toEqual([1, 2]);
  });
  it('never clip names in the legend so that two look alike', () => {
    const names = ['lambda 1', 'lambda 10'].map((end) => `A method whose name is far too long for a legend, ${end}`);
    const series = names.map((name) => line(name, [1, 1], [2, 2]));
    const shown = draw({ series }, 1400).filter((text) => text.includes('lambda'));
    expect(shown).toHaveLength(2);
    expect(new Set(shown).size).toBe(2);
  });
  it('say how many names have no room', () => {
    const series = Array.from({ length: 300 }, (_, i) => line(`EWC, lambda ${i}`, [1, i], [2, i]));
    const texts = draw({ series });
    const names = texts.filter((text) => text.startsWith('EWC'));
    expect(names.length).toBeGreaterThan(5);
    expect(texts).toContain(`and ${300 - names.length} more`);
  });
});
