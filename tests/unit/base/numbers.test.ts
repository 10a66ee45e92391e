import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, wholeNumber } from '../../../src-main/base/numbers.ts';

/** Everything that JavaScript's Number takes for a number and people do not write. */
const NOT_DECIMAL = [
  '',
  ' ',
  ' 5 ',
  '5 ',
  '\t5',
  '0x10',
  '0b11',
  '0o17',
  '1_000',
  '1,5',
  'Infinity',
  '-Infinity',
  'NaN',
  '1e400',
  '-1e400',
  '1e-400',
  '.',
  'e5',
  '1e',
  '+-1',
  '٣',
  '9007199254740993',
];

describe('decimal numbers', () => {
  it.each(NOT_DECIMAL)('%j is none', (text) => {
    expect(decimal(text)).toBeNull();
    expect(wholeNumber(text, { least: 0, most: Number.MAX_SAFE_INTEGER })).toBeNull();
  });

  it.each([
    ['0', 0],
    ['-0.0', -0],
    ['+5', 5],
    ['1.', 1],
    ['.5', 0.5],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['0e999', 0],
    ['007', 7],
    ['9007199254740991', 9007199254740991],
  ])('%s is %d', (text, value) => {
    expect(decimal(text)).toBe(value);
  });

  it('every number comes back from how it is written', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        fc.pre(!Number.isInteger(value) || Number.isSafeInteger(value) || String(value).includes('e'));
        expect(decimal(String(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('what it takes has only the characters of decimal numbers', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcdefxoEe+-._ ,\t∞') }), (text) => {
        if (decimal(text) !== null) expect(text).toMatch(/^[0-9eE+.-]+$/);
      }),
    );
  });
});

describe('whole numbers', () => {
  it('are digits within a range', () => {
    const port = { least: 0, most: 65535 };
    expect([wholeNumber('0', port), wholeNumber('65535', port)]).toEqual([0, 65535]);
    for (const text of ['65536', '0x50', '80.0', '8e1', '+80', '-1', '٨٠']) expect(wholeNumber(text, port)).toBeNull();
  });

  it('agree with BigInt about every run of digits', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,20}$/), fc.nat(), fc.nat(), (text, a, b) => {
        const range = { least: Math.min(a, b), most: Math.max(a, b) };
        const value = BigInt(text);
        const inside = value >= BigInt(range.least) && value <= BigInt(range.most) && text.length <= 16;
        expect(wholeNumber(text, range)).toBe(inside ? Number(value) : null);
      }),
    );
  });
});
