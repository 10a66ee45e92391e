import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boundedChild } from '../base/bounded-child.ts';
import { DatasetError } from '../datasets/types.ts';
import { ensembleAnswer } from './messages.ts';
import type { EnsembleAnswer, EnsembleJob, EnsembleQuestion, EnsembleResult } from './messages.ts';
import type { Outside, OutsideFiles } from './outside.ts';

const ENTRY = fileURLToPath(new URL('./ensemble-main.ts', import.meta.url));
const HEAP_MEGABYTES = 2048;

/**
 * Combines in a process of its own: whoever has to answer others goes on answering. Ended where the signal says so.
 *
 * @throws DatasetError with the sentence that the process gave.
 */
export async function ensembleInProcess(
  job: EnsembleJob,
  version: string,
  signal: AbortSignal,
): Promise<EnsembleResult> {
  const said = await asked({ ask: 'combine', job }, version, signal);
  if (said.kind !== 'done') throw new Error('The combining process said nothing about the ensemble.');
  return said.result;
}

/**
 * Reads and checks predictions in a process of its own.
 *
 * @throws DatasetError with the sentence that the process gave.
 */
export async function outsideInProcess(files: OutsideFiles, dataFolder: string): Promise<Outside> {
  const models = files.models.map((model) => ({ ...model }));
  const question: EnsembleQuestion = { ask: 'read', files: { ...files, models }, dataFolder };
  const said = await asked(question, '', new AbortController().signal);
  if (said.kind !== 'read') throw new Error('The combining process said nothing about the predictions.');
  return said.outside;
}

async function asked(
  question: EnsembleQuestion,
  version: string,
  signal: AbortSignal,
): Promise<Exclude<EnsembleAnswer, { kind: 'failed' }>> {
  const child = boundedChild({
    entry: ENTRY,
    args: [version],
    heapMegabytes: HEAP_MEGABYTES,
    name: 'The combining process',
    tooLarge: () => new DatasetError('These predictions need more memory than there is. Take fewer models or rows.'),
  });
  const stop = (): void => child.end();
  signal.addEventListener('abort', stop);
  try {
    const said = ensembleAnswer.safeParse(await child.ask(question));
    if (!said.success) throw new Error(`The combining process said something else: ${z.prettifyError(said.error)}`);
    const answer = said.data;
    if (answer.kind !== 'failed') return answer;
    throw answer.isFault ? new Error(answer.message) : new DatasetError(answer.message);
  } finally {
    signal.removeEventListener('abort', stop);
    child.end();
  }
}
