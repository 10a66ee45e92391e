import { wholeNumber } from '../base/numbers.ts';
import type { WholeRange } from '../base/numbers.ts';
import { WorkbenchError } from './contract/contract.ts';

/**
 * The whole number that a variable of the environment holds, undefined where it is not set. Throws WorkbenchError of
 * kind `invalid-input`.
 */
export function wholeSetting(name: string, range: WholeRange, env: NodeJS.ProcessEnv): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = wholeNumber(text, range);
  if (value === null)
    throw new WorkbenchError({
      kind: 'invalid-input',
      message: `${name} is a whole number from ${range.least} to ${range.most}, not ${JSON.stringify(text)}.`,
      remedy: `Correct the variable, or leave it out.`,
      details: null,
    });
  return value;
}
