import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  COLOURS,
  configurationLooks,
  DASHES,
  MARKERS,
  methodLook,
  PALETTE,
  type Look,
} from '../../../src-main/metrics/looks.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { contrast } from '../../../src-renderer/charts/style.ts';

const written = ({ colour, marker, dash }: Look): string => `${colour} ${marker} ${dash}`;
const looksOf = (keys: readonly string[]) =>
  configurationLooks(keys.map((key) => ({ key, method: key.split('@')[0] ?? key, reference: null })));

describe('the look of a method', () => {
  test('follows from its id alone and stays what it is', () => {
    // Fixed: whoever knows DER++ by its blue cross shall find it again in every version.
    expect(written(methodLook('derpp', null))).toBe('6 plus dashed');
    expect(written(methodLook('der', null))).toBe('7 triangle dashed');
    expect(written(methodLook('naive', 'lower'))).toMatch(/^lower triangle-down /);
  });

  test('no two methods of one picture look the same, those of the first study share no colour', async () => {
    const { methods } = await loadMethods();
    // Only methods of one kind of protocol run on the same suite.
    for (const kind of new Set([...methods.values()].map(({ method }) => method.protocol))) {
      const ids = [...methods.values()].flatMap(({ method }) =>
        method.protocol === kind && (method.reference ?? null) === null ? [method.id] : [],
      );
      expect(new Set([...looksOf(ids).values()].map(written)).size).toBe(ids.length);
      // Few have to move on even where all are in one picture: a method keeps its look.
      const moved = ids.filter(
        (id) => written(methodLook(id, null)) !== written(looksOf(ids).get(id) ?? expect.fail()),
      );
      expect(moved.length).toBeLessThanOrEqual(ids.length / 4);
    }
    const first = ['ewc', 'si', 'lwf', 'er', 'derpp', 'mas'].map((id) => methodLook(id, null).colour);
    expect(new Set(first).size).toBe(first.length);
  });

  test('uses every colour, marker and dash about equally', () => {
    const ids = Array.from({ length: 2000 }, (_, i) => `method-${i}`);
    for (const part of ['colour', 'marker', 'dash'] as const) {
      const counts = new Map<string, number>();
      for (const id of ids) {
        const value = methodLook(id, null)[part];
        counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      const wanted = part === 'colour' ? 7 : part === 'marker' ? MARKERS.length : DASHES.length;
      expect(counts.size).toBe(wanted);
      for (const count of counts.values()) expect(Math.abs((count * wanted) / ids.length - 1)).toBeLessThan(0.2);
    }
  });
});

describe('the look of a configuration', () => {
  test('that of the usual settings is its method’s, others share the colour and differ by marker or dash', () => {
    const keys = ['ewc', ...Array.from({ length: 27 }, (_, i) => `ewc@${i}`)];
    const looks = looksOf(keys);
    expect(looks.get('ewc')).toEqual(methodLook('ewc', null));
    expect(new Set([...looks.values()].map(({ colour }) => colour)).size).toBe(1);
    expect(new Set([...looks.values()].map(written)).size).toBe(28);
  });

  test('up to seven of a method, its usual settings among them, have different markers', () => {
    // Tables show the marker alone.
    const some = fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 1, maxLength: MARKERS.length - 1 });
    fc.assert(
      fc.property(some, (values) => {
        const looks = looksOf(['ewc', ...values.map((value) => `ewc@lambda=${value}`)]);
        expect(new Set([...looks.values()].map(({ marker }) => marker)).size).toBe(values.length + 1);
      }),
    );
  });

  test('does not depend on the order, nor on other methods', () => {
    const lists = fc.uniqueArray(fc.constantFrom('er', 'ewc', ...Array.from({ length: 40 }, (_, i) => `ewc@${i}`)));
    fc.assert(
      fc.property(lists, (keys) => {
        const looks = looksOf(keys);
        expect([...looksOf([...keys].reverse())].sort()).toEqual([...looks].sort());
        const alone = looksOf(keys.filter((key) => key.startsWith('ewc')));
        for (const [key, look] of alone) expect(look).toEqual(looks.get(key));
      }),
    );
  });
});

describe('the palette', () => {
  test('is that of the interface’s tokens', () => {
    const css = readFileSync(path.join(import.meta.dirname, '../../../src-renderer/app/tokens.css'), 'utf8');
    const tokens = [...css.matchAll(/--series-(\w+): (#[0-9a-f]{6});/g)].map(([, name, value]) => `${name} ${value}`);
    const palette = (['light', 'dark'] as const).flatMap((theme) =>
      COLOURS.map((name) => `${name} ${PALETTE[theme][name]}`),
    );
    expect(tokens).toEqual(palette);
  });

  test('reaches 3:1 on its surface', () => {
    for (const name of COLOURS) {
      expect(contrast(PALETTE.light[name], '#ffffff')).toBeGreaterThanOrEqual(3);
      expect(contrast(PALETTE.dark[name], '#1c1f23')).toBeGreaterThanOrEqual(3);
    }
  });

  test.each(['light', 'dark'] as const)('colours differ also to colour-blind eyes, %s', (theme) => {
    const colours = COLOURS.slice(0, 7).map((name) => PALETTE[theme][name]);
    for (const sight of Object.values(SIGHT)) {
      const seen = colours.map((colour) => lab(sight, colour));
      seen.forEach((a, i) =>
        seen.slice(i + 1).forEach((b, j) => {
          const distance = Math.hypot(...a.map((value, k) => value - (b[k] ?? 0)));
          expect(`${colours[i]} ${colours[i + j + 1]} ${distance >= 12 ? 'apart' : distance.toFixed(1)}`).toMatch(
            /apart$/,
          );
        }),
      );
    }
  });
});

/** Linear RGB as seen with complete dichromacy: Machado, Oliveira, Fernandes 2009, severity 1. */
const SIGHT = {
  usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
} as const;

/** CIE L*a*b* (D65) of a colour through a matrix on linear RGB. */
function lab(matrix: readonly number[], colour: string): number[] {
  const rgb = [1, 3, 5].map((from) => {
    const share = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const times = (m: readonly number[], v: readonly number[]): number[] =>
    [0, 3, 6].map((row) => v.reduce((sum, value, i) => sum + (m[row + i] ?? 0) * value, 0));
  const seen = times(matrix, rgb).map((value) => Math.min(1, Math.max(0, value)));
  const xyz = times(
    [0.4124564, 0.3575761, 0.1804375, 0.2126729, 0.7151522, 0.072175, 0.0193339, 0.119192, 0.9503041],
    seen,
  );
  const [x = 0, y = 0, z = 0] = xyz.map((value, i) => {
    const ratio = value / ([0.95047, 1, 1.08883][i] ?? 1);
    return ratio > (6 / 29) ** 3 ? Math.cbrt(ratio) : ratio / (3 * (6 / 29) ** 2) + 4 / 29;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}
