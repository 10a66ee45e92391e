import { WorkbenchError } from '../workbench/contract.ts';

const usage = (message: string): WorkbenchError =>
  new WorkbenchError({ kind: 'invalid-input', message, remedy: null, details: null });

/** `0-4`, `0,2,5`, `0-2,7` as seeds in order, each once. Throws WorkbenchError for anything else. */
export function parseSeeds(text: string): number[] {
  const seeds = new Set<number>();
  for (const part of text.split(',')) {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
    if (match?.[1] === undefined)
      throw usage(`Seeds are whole numbers, lists and ranges such as 0-4 or 0,2,5; "${text}" is not.`);
    const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
    if (last < first || last - first > 99) throw usage(`The range of seeds ${part} must go up and hold at most 100.`);
    for (let seed = first; seed <= last; seed += 1) seeds.add(seed);
  }
  return [...seeds];
}

export interface MethodArgument {
  readonly method: string;
  /** As typed; turned into the field's kind where the method's form is known. */
  readonly values: Readonly<Record<string, string>>;
}

/** `er`, `er:memory=500`, `ewc:lambda=100:gamma=1`, several with commas. */
export function parseMethods(texts: readonly string[]): MethodArgument[] {
  return texts
    .flatMap((text) => text.split(','))
    .filter((text) => text.trim() !== '')
    .map((text) => {
      const [method = '', ...settings] = text.trim().split(':');
      const values: Record<string, string> = {};
      for (const setting of settings) {
        const at = setting.indexOf('=');
        if (at < 1) throw usage(`"${setting}" in "${text}" is not of the form name=value.`);
        values[setting.slice(0, at)] = setting.slice(at + 1);
      }
      return { method, values };
    });
}
