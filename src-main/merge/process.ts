import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boundedChild } from '../base/bounded-child.ts';
import { CheckpointError } from '../checkpoints/error.ts';
import { mergeAnswer, STOP } from './messages.ts';
import type { MergeAnswer, MergeJob } from './messages.ts';

const ENTRY = fileURLToPath(new URL('./merge-main.ts', import.meta.url));
const HEAP_MEGABYTES = 2048;
/** A process that is told to stop clears up; one that does not is ended. */
const STOP_MS = 5000;

type Ending = Exclude<MergeAnswer, { kind: 'progress' | 'failed' }>;

export interface MergeWatch {
  readonly onProgress?: (progress: { readonly done: number; readonly total: number | null }) => void;
  readonly signal?: AbortSignal;
}

/**
 * Merges, looks or checks in a process of its own: whoever has to answer others goes on answering.
 *
 * @throws CheckpointError with the sentence that the process gave.
 */
export async function mergeInProcess(dataFolder: string, job: MergeJob, watch: MergeWatch = {}): Promise<Ending> {
  const child = boundedChild({
    entry: ENTRY,
    args: [dataFolder],
    heapMegabytes: HEAP_MEGABYTES,
    name: 'The merging process',
    tooLarge: () =>
      new CheckpointError('The merge needed more memory than there is.', 'Allow it less, or merge smaller models.'),
  });
  let killing: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.say(STOP);
    killing = setTimeout(() => child.end(), STOP_MS);
  };
  watch.signal?.addEventListener('abort', stop);
  try {
    let said = answerOf(await child.ask(job));
    while (said.kind === 'progress') {
      watch.onProgress?.(said);
      said = answerOf(await child.next());
    }
    if (said.kind !== 'failed') return said;
    throw said.isFault ? new Error(said.message) : new CheckpointError(said.message, said.remedy);
  } catch (error) {
    if (watch.signal?.aborted === true) return { kind: 'stopped' };
    throw error;
  } finally {
    clearTimeout(killing);
    watch.signal?.removeEventListener('abort', stop);
    child.end();
  }
}

function answerOf(said: unknown): MergeAnswer {
  const answer = mergeAnswer.safeParse(said);
  if (answer.success) return answer.data;
  throw new Error(`The merging process said something else: ${z.prettifyError(answer.error)}`);
}
