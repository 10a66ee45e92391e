import { expect, it } from 'vitest';
import { z } from 'zod';
import { inputSentences } from '../../../src-main/base/input-words.ts';
import { contract } from '../../../src-main/workbench/contract/contract.ts';
import { invalidInput } from '../../../src-main/workbench/wire.ts';

const said = (schema: z.ZodType, input: unknown): string => {
  const parsed = schema.safeParse(input);
  return parsed.success ? '' : inputSentences(parsed.error);
};

it.each([
  [z.object({ seeds: z.array(z.number()).max(2) }), { seeds: [1, 2, 3] }, 'The seeds must have at most 2 entries.'],
  [z.object({ id: z.string() }), {}, 'The id is missing.'],
  [z.object({ id: z.string() }), { id: 7 }, 'The id must be of another type: string.'],
  [z.object({ port: z.number().min(1) }), { port: 0 }, 'The port must be at least 1.'],
  [z.object({ share: z.number().lt(1) }), { share: 1 }, 'The share must be less than 1.'],
  [z.object({ paper: z.enum(['a4', 'letter']) }), { paper: 'a5' }, 'The paper must be one of a4, letter.'],
  [z.strictObject({}), { more: 1 }, 'The input has no field "more".'],
  [z.object({ methods: z.array(z.object({ label: z.string().min(1) })) }), { methods: [{ label: '' }] }, 'is empty.'],
  [z.object({ a: z.union([z.string(), z.number()]) }), { a: null }, 'The a is not of its form.'],
])('%# a person reads sentences, not the words of a parser', (schema, input, sentence) => {
  expect(said(schema, input)).toContain(sentence);
  expect(said(schema, input)).not.toMatch(/✖|→|Too (big|small)|Invalid|\n/);
});

it.each(['', '  '])('a study without a name, "%s", is refused in one sentence', (name) => {
  const parsed = contract['study.rename'].input.safeParse({ id: 'x', name });
  expect(parsed.error && invalidInput('study.rename', parsed.error).failure.message).toBe('The name is blank.');
});
