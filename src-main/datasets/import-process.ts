import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { boundedChild } from '../base/bounded-child.ts';
import type { Imports } from './imports.ts';
import { tableOptions, tablePreview } from './tables/options.ts';
import type { TablePreview } from './tables/options.ts';
import { LIMITS, sized } from './tables/limits.ts';
import { DatasetError } from './types.ts';

/** What the importing process is asked for, once in its life. */
export const importJob = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('folder'), id: z.string(), path: z.string() }),
  z.strictObject({ kind: z.literal('preview'), id: z.string(), path: z.string(), options: tableOptions }),
  z.strictObject({ kind: z.literal('table'), id: z.string(), path: z.string(), options: tableOptions }),
]);
export type ImportJob = z.input<typeof importJob>;

/** What it answers, once. `known` failures are about the data; others are faults of the program. */
export const importAnswer = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('done'), preview: tablePreview.nullable() }),
  z.strictObject({ kind: z.literal('failed'), message: z.string(), known: z.boolean() }),
]);
export type ImportAnswer = z.output<typeof importAnswer>;

const ENTRY = fileURLToPath(new URL('./import-main.ts', import.meta.url));
const HEAP_MEGABYTES = 2048;

/** Imports each in a process of its own, with a bound on its memory: whoever has to answer others goes on answering. */
export function importsInProcess(dataFolder: string, heapMegabytes = HEAP_MEGABYTES): Imports {
  const ask = (job: ImportJob): Promise<TablePreview | null> => askProcess(dataFolder, job, heapMegabytes);
  return {
    async folder(id, path) {
      await ask({ kind: 'folder', id, path });
    },
    preview: async (id, path, options) => understood(await ask({ kind: 'preview', id, path, options })),
    table: async (id, path, options) => understood(await ask({ kind: 'table', id, path, options })),
  };
}

function understood(preview: TablePreview | null): TablePreview {
  if (preview === null) throw new Error('The importing process said nothing about the table.');
  return preview;
}

async function askProcess(dataFolder: string, job: ImportJob, heapMegabytes: number): Promise<TablePreview | null> {
  const child = boundedChild({
    entry: ENTRY,
    args: [dataFolder],
    heapMegabytes,
    name: 'The importing process',
    tooLarge: () =>
      new DatasetError(
        `${job.path}: the import needed more memory than it may have (${sized(LIMITS.memoryBytes)}), ` +
          'or than there is. Take a part of the rows, or leave columns out of the file.',
      ),
  });
  const said = await child.ask(job).finally(() => child.end());
  const answer = importAnswer.safeParse(said);
  if (!answer.success) throw new Error(`The importing process said something else: ${z.prettifyError(answer.error)}`);
  if (answer.data.kind === 'done') return answer.data.preview;
  throw answer.data.known ? new DatasetError(answer.data.message) : new Error(answer.data.message);
}
