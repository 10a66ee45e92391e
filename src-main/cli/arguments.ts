import type { z } from 'zod';
import { scalarFromText } from '../methods/field-text.ts';
import { formFields } from '../methods/hyper-parameters.ts';
import type { HyperParameters } from '../methods/contract.ts';
import { WorkbenchError } from '../workbench/contract/contract.ts';
import { readMethods } from '../workbench/method-text.ts';
import type { MethodText } from '../workbench/method-text.ts';
import { parseSeeds } from '../workbench/seeds.ts';

const usage = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy: null, details: null });

/** The seeds that an option names, by `parseSeeds`. Throws WorkbenchError with its sentence. */
export function seedsArgument(text: string): number[] {
  const parsed = parseSeeds(text);
  if (!parsed.ok) throw usage(parsed.message);
  return [...parsed.seeds];
}

/** `name=value` texts as the settings of a method: each read as the kind of value that its field has. */
export function settingsArgument(schema: z.ZodObject, texts: readonly string[]): HyperParameters {
  const fields = formFields(schema);
  return Object.fromEntries(
    texts.map((text) => {
      const [name] = text.split('=', 1);
      const field = fields.find((each) => each.name === name);
      return [name, scalarFromText(text.slice(name.length + 1), field)];
    }),
  );
}

/**
 * `er`, `er:memory=500`, `ewc:lambda=100:gamma=1`, several with commas; a value that holds one of these signs stands in
 * quotation marks. Throws WorkbenchError for what is not of this form or said twice.
 */
export function parseMethods(texts: readonly string[]): MethodText[] {
  return texts.flatMap((text) => {
    const read = readMethods(text);
    if (!read.ok) throw usage(read.message);
    return read.methods;
  });
}
