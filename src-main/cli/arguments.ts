import { WorkbenchError } from '../workbench/contract.ts';
import { parseSeeds } from '../workbench/seeds.ts';

const usage = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy: null, details: null });

/** The seeds that an option names, by `parseSeeds`. Throws WorkbenchError with its sentence. */
export function seedsArgument(text: string): number[] {
  const parsed = parseSeeds(text);
  if (!parsed.ok) throw usage(parsed.message);
  return [...parsed.seeds];
}

export interface MethodArgument {
  readonly method: string;
  /** As typed; turned into the field's kind where the method's form is known. */
  readonly values: ReadonlyMap<string, string>;
}

/** `er`, `er:memory=500`, `ewc:lambda=100:gamma=1`, several with commas. Throws WorkbenchError for what is not of this form or said twice. */
export function parseMethods(texts: readonly string[]): MethodArgument[] {
  return texts
    .flatMap((text) => text.split(','))
    .filter((text) => text.trim() !== '')
    .map((text) => {
      const [method = '', ...settings] = text.trim().split(':');
      const values = new Map<string, string>();
      for (const setting of settings) {
        const at = setting.indexOf('=');
        if (at < 1) throw usage(`"${setting}" in "${text}" is not of the form name=value.`);
        const [name, value] = [setting.slice(0, at), setting.slice(at + 1)];
        const before = values.get(name);
        if (before !== undefined)
          throw usage(`"${text}" gives ${name} twice, ${before} and ${value}; two configurations are two methods.`);
        values.set(name, value);
      }
      return { method, values };
    });
}
