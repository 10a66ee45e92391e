import { fork } from 'node:child_process';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
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
const KEPT_TEXT = 2000;

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
  const child = fork(ENTRY, [dataFolder], {
    execArgv: [`--max-old-space-size=${heapMegabytes}`],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  try {
    if (child.pid !== undefined) os.setPriority(child.pid, os.constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or this system has no priorities.
  }
  let said = '';
  child.stderr?.on('data', (text: unknown) => {
    said = (said + String(text)).slice(-KEPT_TEXT);
  });
  const answer = await new Promise<ImportAnswer>((resolve, reject) => {
    child.once('error', reject);
    child.once('message', (message) => {
      const parsed = importAnswer.safeParse(message);
      if (parsed.success) resolve(parsed.data);
      else reject(new Error(`The importing process said something else: ${z.prettifyError(parsed.error)}`));
    });
    child.once('exit', (code, signal) =>
      reject(
        /heap|memory/i.test(said) || signal === 'SIGKILL' || signal === 'SIGABRT'
          ? new DatasetError(
              `${job.path}: the import needed more memory than it may have (${sized(LIMITS.memoryBytes)}), ` +
                'or than there is. Take a part of the rows, or leave columns out of the file.',
            )
          : new Error(`The importing process ended (${signal ?? `exit code ${code ?? 0}`}). ${said}`),
      ),
    );
    child.send(job);
  }).finally(() => child.kill('SIGKILL'));
  if (answer.kind === 'done') return answer.preview;
  throw answer.known ? new DatasetError(answer.message) : new Error(answer.message);
}
