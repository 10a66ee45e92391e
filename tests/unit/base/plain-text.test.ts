import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPlain, printable } from '../../../src-main/base/plain-text.ts';
import { contract } from '../../../src-main/workbench/contract/contract.ts';

describe('plain text', () => {
  it.each(['\u001b[2J', 'a\nb', 'a\0', '\u007f', '\u0085', '\u202e', '\u2066', '\u2028', '\ud800'])(
    '%j is not plain, and printable writes it out',
    (text) => {
      expect(isPlain(text)).toBe(false);
      expect(isPlain(printable(text))).toBe(true);
    },
  );

  it.each(['EWC λ = 100', 'Größe', 'می‌خواهم', '👩‍🔬', '評価', 'a "quoted" name; rm -rf ~'])(
    '%s is plain and stays',
    (text) => {
      expect(isPlain(text)).toBe(true);
      expect(printable(text)).toBe(text);
    },
  );

  it('what is printed holds no control character but line breaks and tabs', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text, true)).not.toMatch(/[\0-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(JSON.parse(printable(JSON.stringify(text), true))).toBe(text);
      }),
    );
  });
});

describe('names of studies', () => {
  const request = { suites: ['s'], methods: [{ method: 'm' }], seeds: [0] };
  const accepted = (name: string): boolean =>
    contract['study.create'].input.safeParse({ ...request, name }).success &&
    contract['study.rename'].input.safeParse({ id: 'x', name }).success;

  it('are plain and not blank, wherever they are given', () => {
    expect(accepted('Ordinary name')).toBe(true);
    for (const name of ['', '   ', 'a\u001b[31mred', 'line\nbreak', 'x'.repeat(121)])
      expect(accepted(name)).toBe(false);
  });

  it('so are suites, methods and labels', () => {
    const create = contract['study.create'].input;
    for (const wrong of [
      { suites: ['a\u0007'] },
      { methods: [{ method: 'a\u0007' }] },
      { methods: [{ method: 'm', label: 'a\u0007' }] },
      { seeds: [1.5] },
      { seeds: [2 ** 31] },
    ])
      expect(create.safeParse({ name: 'n', ...request, ...wrong }).success).toBe(false);
  });
});
