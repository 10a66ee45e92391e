import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boundedChild } from '../base/bounded-child.ts';
import type { OnProgress } from './download.ts';
import type { Imports } from './imports.ts';
import { tableOptions, tablePreview } from './tables/options.ts';
import type { TablePreview } from './tables/options.ts';
import { LIMITS, sized } from './tables/limits.ts';
import { DatasetError } from './types.ts';

/** What the importing process is asked for, once in its life. */
export const importJob = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('get'), id: z.string() }),
  z.strictObject({ kind: z.literal('draw'), id: z.string() }),
  z.strictObject({ kind: z.literal('verify'), id: z.string() }),
  z.strictObject({ kind: z.literal('folder'), id: z.string(), path: z.string() }),
  z.strictObject({ kind: z.literal('preview'), id: z.string(), path: z.string(), options: tableOptions }),
  z.strictObject({ kind: z.literal('table'), id: z.string(), path: z.string(), options: tableOptions }),
]);
export type ImportJob = z.input<typeof importJob>;

const downloadProgress = z.strictObject({
  dataset: z.string(),
  file: z.string(),
  done: z.number(),
  total: z.number().nullable(),
  rate: z.number().nullable(),
  message: z.string(),
});

/**
 * What it answers: how far it is, and in the end one of the others. Failures are of the data, of what was
 * asked for, or faults of the program.
 */
export const importAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('progress'), progress: downloadProgress }),
  z.strictObject({ kind: z.literal('drawn'), sha256: z.string() }),
  z.strictObject({ kind: z.literal('verified'), ok: z.boolean(), message: z.string() }),
  z.strictObject({ kind: z.literal('done'), preview: tablePreview.nullable() }),
  z.strictObject({ kind: z.literal('failed'), message: z.string(), of: z.enum(['data', 'request', 'fault']) }),
]);
export type ImportAnswer = z.output<typeof importAnswer>;

const ENTRY = fileURLToPath(new URL('./import-main.ts', import.meta.url));
const HEAP_MEGABYTES = 2048;

/** Does each in a process of its own, with a bound on its memory: whoever has to answer others goes on answering. */
export function importsInProcess(dataFolder: string, heapMegabytes = HEAP_MEGABYTES): Imports {
  const ask = (job: ImportJob, watch: Watch = {}): Promise<Ending> => askProcess(dataFolder, job, heapMegabytes, watch);
  return {
    async get(id, onProgress, signal) {
      await ask({ kind: 'get', id }, { onProgress, signal });
    },
    async draw(id) {
      const said = await ask({ kind: 'draw', id });
      if (said.kind !== 'drawn') throw new Error('The process that draws a dataset said nothing about it.');
      return said.sha256;
    },
    async verify(id) {
      const said = await ask({ kind: 'verify', id });
      if (said.kind !== 'verified') throw new Error('The process that verifies a dataset said nothing about it.');
      return { id, ok: said.ok, message: said.message };
    },
    async folder(id, path) {
      await ask({ kind: 'folder', id, path });
    },
    preview: async (id, path, options) => understood(await ask({ kind: 'preview', id, path, options })),
    table: async (id, path, options) => understood(await ask({ kind: 'table', id, path, options })),
  };
}

type Ending = Extract<ImportAnswer, { kind: 'done' | 'drawn' | 'verified' }>;

interface Watch {
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

function understood(said: Ending): TablePreview {
  if (said.kind !== 'done' || said.preview === null)
    throw new Error('The importing process said nothing about the table.');
  return said.preview;
}

async function askProcess(
  dataFolder: string,
  job: ImportJob,
  heapMegabytes: number,
  { onProgress, signal }: Watch,
): Promise<Ending> {
  const child = boundedChild({
    entry: ENTRY,
    args: [dataFolder],
    heapMegabytes,
    name: 'The importing process',
    tooLarge: () =>
      new DatasetError(
        `${'path' in job ? job.path : job.id}: the import needed more memory than it may have ` +
          `(${sized(LIMITS.memoryBytes)}), ` +
          'or than there is. Take a part of the rows, or leave columns out of the file.',
      ),
  });
  const stop = (): void => child.end();
  signal?.addEventListener('abort', stop);
  try {
    let said = answerOf(await child.ask(job));
    while (said.kind === 'progress') {
      onProgress?.(said.progress);
      said = answerOf(await child.next());
    }
    if (said.kind !== 'failed') return said;
    throw said.of === 'fault' ? new Error(said.message) : new DatasetError(said.message, { of: said.of });
  } catch (error) {
    if (signal?.aborted === true) throw new DatasetError(`Getting "${job.id}" was cancelled.`);
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
    child.end();
  }
}

function answerOf(said: unknown): ImportAnswer {
  const answer = importAnswer.safeParse(said);
  if (answer.success) return answer.data;
  throw new Error(`The importing process said something else: ${z.prettifyError(answer.error)}`);
}
