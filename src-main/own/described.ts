import type { MethodDescription, SuiteFacts } from '../methods/contract.ts';
import type { SuiteDescription } from '../suites/contract.ts';
import { methodAnswer, suitesAnswer, trialsAnswer } from './messages.ts';
import type { MethodAnswer } from './messages.ts';
import { OwnProcess } from './process.ts';
import type { OwnTimes } from './process.ts';
import { schemaOf } from './schema.ts';

/** What a person's file holds, and of which files with which contents that was said. */
export interface Described<T> {
  readonly content: T;
  readonly files: readonly string[];
  readonly hash: string;
}

/** A file that was edited between two questions about it. */
export class OwnFileChanged extends Error {
  override readonly name = 'OwnFileChanged';
}

/** Asks a file for its method. Rejects with the reason why it cannot be used. */
export async function describeMethod(
  file: string,
  suites: readonly SuiteFacts[],
  times?: Partial<OwnTimes>,
): Promise<Described<MethodDescription>> {
  const host = new OwnProcess(file, times);
  const { method, files, hash } = await host.ask({ kind: 'method', suites }, methodAnswer);
  return { content: described(method, hash, host), files, hash };
}

function described(
  { fields, hasTrials, fits, reference, hidden, tensorMerge, ...header }: MethodAnswer['method'],
  hash: string,
  host: OwnProcess,
): MethodDescription {
  return {
    ...header,
    ...(reference === undefined ? {} : { reference }),
    ...(hidden === undefined ? {} : { hidden }),
    ...(tensorMerge === undefined ? {} : { tensorMerge }),
    schema: schemaOf(fields),
    source: hash,
    fits: ({ id }) => fits[id] ?? `${header.title} was not asked about this suite.`,
    ...(hasTrials
      ? {
          async trials(suite, hyperParameters, seed) {
            const answer = await host.ask({ kind: 'trials', suite, hyperParameters, seed }, trialsAnswer);
            if (answer.hash !== hash)
              throw new OwnFileChanged(`The file of ${header.title} was edited just now. Ask for the study again.`);
            return answer.trials;
          },
        }
      : {}),
  };
}

/** Asks a file for its suites. Rejects with the reason why it cannot be used. */
export async function describeSuites(
  file: string,
  times?: Partial<OwnTimes>,
): Promise<Described<readonly SuiteDescription[]>> {
  const { suites, files, hash } = await new OwnProcess(file, times).ask({ kind: 'suites' }, suitesAnswer);
  return { content: suites.map((suite) => ({ ...suite, source: hash })), files, hash };
}
