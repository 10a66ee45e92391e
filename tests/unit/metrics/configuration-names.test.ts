import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  configurationName,
  configurationNames,
  nameParts,
  type Nameable,
} from '../../../src-main/metrics/configuration-names.ts';
import { shortNames } from '../../../src-main/metrics/short-names.ts';

const one = (key: string, own: Nameable['own'] = {}, more: Partial<Nameable> = {}): Nameable => ({
  key,
  method: 'ewc',
  title: 'EWC',
  own,
  label: '',
  published: false,
  ...more,
});
const namesOf = (...configurations: readonly Nameable[]): readonly string[] => [
  ...configurationNames(configurations).values(),
];

describe('the name of a configuration', () => {
  test('alone: the method, with what differs from its usual settings', () => {
    expect(configurationName(one('a'))).toBe('EWC');
    expect(configurationName(one('a', { lambda: 500 }))).toBe('EWC, lambda 500');
  });

  test('beside others: the method first, then what differs', () => {
    expect(namesOf(one('a', { memory: 200 }), one('b', { memory: 500 }))).toEqual([
      'EWC, memory 200',
      'EWC, memory 500',
    ]);
    const gdumb = { method: 'gdumb', title: 'GDumb' };
    expect(namesOf(one('a'), one('b', { lambda: 5 }), one('c', {}, gdumb))).toEqual([
      'EWC, default',
      'EWC, lambda 5',
      'GDumb',
    ]);
  });

  test('"published" only where a publication used these settings', () => {
    const published = { published: true };
    expect(namesOf(one('a', {}, published), one('b', { lambda: 5 }, published))[0]).toBe('EWC, published');
  });

  test('settings that all share are left out, unless one would then have nothing to say', () => {
    const epochs = { epochs: 5 };
    expect(namesOf(one('a', { ...epochs, lambda: 1 }), one('b', { ...epochs, lambda: 10 }))).toEqual([
      'EWC, lambda 1',
      'EWC, lambda 10',
    ]);
    expect(namesOf(one('a', epochs), one('b', { ...epochs, lambda: 10 }))).toEqual([
      'EWC, epochs 5',
      'EWC, epochs 5, lambda 10',
    ]);
  });

  test("a person's label stands for the settings; the same label twice does not", () => {
    expect(
      namesOf(one('a', { lambda: 1 }, { label: 'weak' }), one('b', { lambda: 9 }, { label: 'EWC, strong' })),
    ).toEqual(['EWC, weak', 'EWC, strong']);
    expect(namesOf(one('a', { lambda: 1 }, { label: 'mine' }), one('b', { lambda: 9 }, { label: 'Mine ' }))).toEqual([
      'EWC, mine, lambda 1',
      'EWC, Mine, lambda 9',
    ]);
  });

  test('a label that begins like the title but is another word stays whole', () => {
    const der = { method: 'der', title: 'DER' };
    expect(namesOf(one('a', {}, { ...der, label: 'DER++-like' }))).toEqual(['DER, DER++-like']);
    expect(namesOf(one('a', {}, { ...der, label: 'DER' }))).toEqual(['DER']);
  });

  test('two methods of the same title are told apart', () => {
    expect(namesOf(one('ewc'), one('my-ewc', {}, { method: 'my-ewc' }))).toEqual(['EWC [ewc]', 'EWC [my-ewc]']);
  });

  test('its two parts: the method, and the rest that has to stay in sight', () => {
    expect(nameParts({ title: 'EWC', name: 'EWC, lambda 5' })).toEqual(['EWC', ', lambda 5']);
  });
});

/**
 * Titles, labels and settings that are easily confused: with blanks, commas, each other's beginnings, nothing at all.
 */
const words = fc.constantFrom('EWC', 'ewc', 'EWC ', 'DER', 'DER++', 'EWC, lambda 5', '', 'lambda 5', 'x, y 1', '[a]');
const settings = fc.dictionary(
  fc.constantFrom('lambda', 'memory', 'y', '__proto__', 'constructor'),
  fc.oneof(fc.constantFrom(5, 0.1, '5', 'x', '1, y 1', true), fc.double({ noNaN: true })),
  { maxKeys: 3 },
);
const configurations = fc.uniqueArray(
  fc.record({
    key: fc.oneof(fc.constantFrom('a', 'A', ' a', 'ewc'), fc.string({ minLength: 1, maxLength: 4 })),
    method: fc.constantFrom('a', 'b', 'c'),
    title: words,
    own: settings,
    label: words,
    published: fc.boolean(),
  }),
  { selector: ({ key }) => key, maxLength: 12 },
);

test('any two different configurations have different names, and every name begins with the method', () => {
  fc.assert(
    fc.property(configurations, (list) => {
      const names = configurationNames(list);
      expect(names.size).toBe(list.length);
      expect(new Set([...names.values()].map((name) => name.trim().replace(/\s+/g, ' ').toLowerCase())).size).toBe(
        list.length,
      );
      for (const { key, title } of list) expect(names.get(key)?.startsWith(title)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test('a name does not depend on the order of the others', () => {
  fc.assert(
    fc.property(configurations, (list) => {
      const backwards = configurationNames([...list].reverse());
      expect(configurationNames(list).size).toBe(new Set(list.map(({ key }) => key)).size);
      for (const [key, name] of configurationNames(list)) expect(backwards.get(key)).toBe(name);
    }),
  );
});

describe('short names', () => {
  test('keep the beginning and the end', () => {
    expect(shortNames(['Elastic weight consolidation, lambda 500'], 21)).toEqual(['Elastic we…lambda 500']);
  });

  test('never cut two to the same: DER++ does not become DER', () => {
    expect(shortNames(['DER++, memory 200', 'DER, memory 200'], 3)).toEqual(['DER++, memory 200', 'DER, memory 200']);
  });

  test('different names stay different, and are whole or short enough', () => {
    const names = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', '…', '+'), maxLength: 9 }), {
      maxLength: 9,
    });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 6 }), (list, most) => {
        const short = shortNames(list, most);
        expect(new Set(short).size).toBe(list.length);
        short.forEach((text, i) => expect(text === list[i] || [...text].length <= most).toBe(true));
      }),
      { numRuns: 500 },
    );
  });
});
