import { quotedValue, splitQuoted, unquoted } from './quoted.ts';

/** Methods with their values as they are typed: `ewc:lambda=100:labels=given`, several with commas between them. */

export interface MethodText {
  readonly method: string;
  /** As typed; turned into the field's kind where the method's form is known. */
  readonly values: ReadonlyMap<string, string>;
}

export type ReadMethods =
  { readonly ok: true; readonly methods: readonly MethodText[] } | { readonly ok: false; readonly message: string };

const OPENERS = ',:=|;';

/** The text that `readMethods` reads back. */
export function methodText(method: string, values: Readonly<Record<string, number | string | boolean>>): string {
  const settings = Object.entries(values).map(([name, value]) => `:${quotedValue(name)}=${quotedValue(value)}`);
  return `${quotedValue(method)}${settings.join('')}`;
}

/** The methods of one text, or the sentence why it is not of this form. */
export function readMethods(text: string): ReadMethods {
  const several = splitQuoted(text, ',', OPENERS);
  if (!several.ok) return several;
  const methods: MethodText[] = [];
  for (const part of several.parts) {
    if (part.trim() === '') continue;
    const read = readMethod(part.trim());
    if (!read.ok) return read;
    methods.push(...read.methods);
  }
  return { ok: true, methods };
}

function readMethod(text: string): ReadMethods {
  const parts = splitQuoted(text, ':', OPENERS);
  if (!parts.ok) return parts;
  const [method = '', ...settings] = parts.parts;
  const values = new Map<string, string>();
  for (const setting of settings) {
    const sides = splitQuoted(setting, '=', OPENERS);
    if (!sides.ok) return sides;
    const [given = '', ...rest] = sides.parts;
    const name = unquoted(given);
    if (name === '' || rest.length === 0)
      return {
        ok: false,
        message:
          `"${setting}" in "${text}" is not of the form name=value. ` +
          'A value with a comma, a colon or a bar in it stands in quotation marks: name="a:b".',
      };
    const value = rest.join('=');
    const before = values.get(name);
    if (before !== undefined)
      return {
        ok: false,
        message: `"${text}" gives ${name} twice, ${before} and ${value}; two configurations are two methods.`,
      };
    values.set(name, value);
  }
  return { ok: true, methods: [{ method: unquoted(method), values }] };
}
