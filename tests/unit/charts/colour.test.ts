import { describe, expect, it } from 'vitest';
import { contrast, darkStyle, inkOn, lightStyle, luminance, rampColor } from '../../../src-renderer/charts/style.ts';

const STYLES = [
  ['light', lightStyle],
  ['dark', darkStyle],
] as const;

describe('colour', () => {
  it('knows luminance and contrast of black and white', () => {
    expect(luminance('#ffffff')).toBeCloseTo(1, 10);
    expect(contrast('#000000', '#fff')).toBeCloseTo(21, 10);
  });
  it.each(STYLES)('%s: series reach 3:1, texts 4.5:1, labels on every heat colour 4.5:1', (_name, style) => {
    for (const look of style.looks) expect(contrast(look.color, style.surface), look.color).toBeGreaterThanOrEqual(3);
    for (const text of [style.text, style.muted, style.better, style.worse])
      expect(contrast(text, style.surface)).toBeGreaterThanOrEqual(4.5);
    for (let share = 0; share <= 1; share += 0.05) {
      const color = rampColor(style.sequential, share);
      expect(contrast(inkOn(color), color), `${share}`).toBeGreaterThanOrEqual(4.5);
    }
  });
  it.each(STYLES)('%s: the heat ramp leaves the surface step by step', (_name, style) => {
    const distances = style.sequential.map((color) => contrast(color, style.surface));
    expect(distances).toEqual(distances.slice().sort((a, b) => a - b));
  });
});
