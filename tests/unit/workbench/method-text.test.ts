import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseMethods } from '../../../src-main/cli/arguments.ts';
import { configurationsOf } from '../../../src-main/cli/configurations.ts';
import { formFields } from '../../../src-main/methods/hyper-parameters.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { MethodInfo, StudyRequest } from '../../../src-main/workbench/contract/contract.ts';
import { methodText } from '../../../src-main/workbench/method-text.ts';
import { quotedValue } from '../../../src-main/workbench/quoted.ts';
import { buildRequest, draftOf } from '../../../src-renderer/views/new-study/form.ts';

const CHOICES = ['plain', 'a,b', 'a:b', 'a|b', 'a;b', 'say "x"', ' blanks ', '', 'x=y', '1..5', '"', '""'] as const;
/** A schema with a field of every kind that a form has. */
const schema = z.object({
  number: z.number().default(1),
  integer: z.int().default(1),
  boolean: z.boolean().default(false),
  choice: z.enum(CHOICES).default('plain'),
  digit: z.literal([1, 2, 4]).default(2),
  text: z.string().default(''),
});
const info: MethodInfo = {
  id: 'mine',
  version: 1,
  title: 'Mine',
  summary: '',
  family: 'continual',
  paper: null,
  asks: [],
  protocol: 'stream',
  file: '',
  reference: null,
  origin: 'built-in',
  settings: {},
  look: methodLook('mine', null),
  fields: formFields(schema),
};
/** −0 is written, stored and hashed as 0. */
const number = fc
  .oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(2 ** 53, -(2 ** 60), 1e21, 5e-324))
  .map((value) => value + 0);
const sign = fc.constantFrom(',', ':', '|', ';', '=', '"', ' ', '\n', '\\', '…', '..', 'a', '1', ' log 5', '\u00a0');
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(sign, { maxLength: 8 }).map((parts) => parts.join('')),
);
const values = fc.record(
  {
    number,
    integer: fc.maxSafeInteger().map((value) => value + 0),
    boolean: fc.boolean(),
    choice: fc.constantFrom(...CHOICES),
    digit: fc.constantFrom(1, 2, 4),
    text,
  },
  { requiredKeys: [] },
);

describe('a method with its values as text', () => {
  const read = (word: string) => parseMethods([word]).flatMap((one) => configurationsOf(one, info));

  it('is read back as it was, for any value of any kind', () => {
    fc.assert(
      fc.property(values, (hyperParameters) => {
        expect(read(methodText('mine', hyperParameters))).toEqual([{ method: 'mine', hyperParameters }]);
      }),
      { numRuns: 500 },
    );
  });

  it('stands beside others, and a sweep of such values is each of them', () => {
    fc.assert(
      fc.property(fc.uniqueArray(text, { minLength: 1, maxLength: 4 }), (several) => {
        const swept = `mine:text=${several.map(quotedValue).join('|')}`;
        const found = parseMethods([`er, ${swept} ,der`]);
        expect(found.map(({ method }) => method)).toEqual(['er', 'mine', 'der']);
        expect(found.slice(1, 2).flatMap((one) => configurationsOf(one, info))).toEqual(
          several.map((value) => ({ method: 'mine', hyperParameters: { text: value } })),
        );
      }),
    );
  });

  it('comes back from the form of another study too', () => {
    fc.assert(
      fc.property(values, (hyperParameters) => {
        const request: StudyRequest = {
          name: 'again',
          suites: ['s'],
          methods: [{ method: 'mine', hyperParameters }],
          seeds: [0],
          backend: 'auto',
          references: true,
        };
        const built = buildRequest({ ...draftOf(request), name: 'again' }, new Map([['mine', info]]), '');
        expect(built).toEqual({ ok: true, request });
      }),
    );
  });

  it('is plain where it can be', () => {
    expect(methodText('ewc', { lambda: 100, labels: 'given', online: true })).toBe(
      'ewc:lambda=100:labels=given:online=true',
    );
    expect(methodText('mine', { text: 'a,"b"' })).toBe('mine:text="a,""b"""');
  });

  it('a quotation mark inside a word is a letter; one that is not closed, or is followed by more, is refused', () => {
    expect(read('mine:text=5" disk')).toEqual([{ method: 'mine', hyperParameters: { text: '5" disk' } }]);
    expect(() => read('mine:text="a')).toThrow('not closed');
    expect(() => read('mine:text="a"b')).toThrow('nothing of the same value may follow');
    expect(() => read('mine:text=a:b')).toThrow('stands in quotation marks');
  });
});
