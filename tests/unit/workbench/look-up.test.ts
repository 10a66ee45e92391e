import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lookUp } from '../../../src-main/workbench/look-up.ts';

interface Thing {
  readonly id: string;
  readonly name: string;
}

const among = (things: readonly Thing[]) => (text: string) =>
  lookUp(text, {
    what: 'study',
    exact: (id) => things.find((thing) => thing.id === id) ?? null,
    beginning: (start) => things.filter(({ id }) => id.startsWith(start)),
    named: (name) => things.filter((thing) => thing.name === name),
    describe: ({ id }) => id,
    remedy: null,
  });

describe('a look-up', () => {
  const find = among([
    { id: 'abcdef01', name: 'one' },
    { id: 'abcd9999', name: 'two' },
    { id: '77777777', name: 'abcdef' },
    { id: '88888888', name: 'two' },
  ]);

  it.each(['', 'a', 'ab', 'abc', '7', '777'])('with %j names nothing, even where only one thing fits', (text) => {
    expect(() => find(text)).toThrow(
      `"${text}" names no study: give at least 4 characters of its id, or its whole name`,
    );
  });

  it('takes a whole id, four characters that are its alone, or a whole name', () => {
    expect(find('abcdef01').name).toBe('one');
    expect(find('abcd9').name).toBe('two');
    expect(find('7777').id).toBe('77777777');
    expect(find('one').id).toBe('abcdef01');
  });

  it('refuses what may be several, and says which', () => {
    expect(() => find('abcd')).toThrow('"abcd" may be any of 2: abcdef01; abcd9999. Give more of the id.');
    expect(() => find('two')).toThrow('any of 2');
    // The name of one and the beginning of another's id.
    expect(() => find('abcdef')).toThrow('any of 2: 77777777; abcdef01');
    expect(() => find('nothing')).toThrow('There is no study "nothing".');
  });

  it('never answers a thing that another one fits as well', () => {
    const thing = fc.record({
      id: fc.stringMatching(/^[ab]{4,6}$/),
      name: fc.stringMatching(/^[ab]{1,5}$/),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(thing, { selector: ({ id }) => id }),
        fc.stringMatching(/^[ab]{0,6}$/),
        (things, text) => {
          const fits = things.filter(({ id, name }) => name === text || (text.length >= 4 && id.startsWith(text)));
          const whole = things.find(({ id }) => id === text);
          const found = whole ?? (fits.length === 1 ? fits[0] : undefined);
          if (found === undefined) expect(() => among(things)(text)).toThrow();
          else expect(among(things)(text)).toBe(found);
        },
      ),
    );
  });
});
