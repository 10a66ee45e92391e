import { importJob } from './import-process.ts';
import type { ImportAnswer } from './import-process.ts';
import { importsHere } from './imports.ts';
import { loadCatalogue } from './catalogue.ts';
import { datasetPaths } from './paths.ts';
import { reason } from './refuse.ts';
import { openDatasetStore } from './store.ts';
import { RESOURCES } from './resources.ts';
import { DatasetError } from './types.ts';

// Forked by import-process.ts as: import-main.ts <data folder>. Does one import and is ended by who asked.
const [, , dataFolder = ''] = process.argv;
process.once('disconnect', () => process.exit());
process.once('message', (message) => {
  void answer(message).then((said) => process.send?.(said));
});

async function answer(message: unknown): Promise<ImportAnswer> {
  try {
    const job = importJob.parse(message);
    const paths = datasetPaths(dataFolder);
    const imports = importsHere(paths, loadCatalogue(RESOURCES));
    if (job.kind === 'get') {
      const tell = (said: ImportAnswer): void => void process.send?.(said);
      await imports.get(job.id, (progress) => tell({ kind: 'progress', progress }), new AbortController().signal);
      return { kind: 'done', preview: null };
    }
    if (job.kind === 'draw') return { kind: 'drawn', sha256: await imports.draw(job.id) };
    if (job.kind === 'verify') {
      const { ok, message: found } = await openDatasetStore({ dataFolder }).verify(job.id);
      return { kind: 'verified', ok, message: found };
    }
    if (job.kind === 'folder') {
      await imports.folder(job.id, job.path);
      return { kind: 'done', preview: null };
    }
    return { kind: 'done', preview: await imports[job.kind](job.id, job.path, job.options) };
  } catch (error) {
    const known = error instanceof DatasetError;
    return {
      kind: 'failed',
      of: error instanceof DatasetError ? error.of : 'fault',
      message: known || !(error instanceof Error) ? reason(error) : (error.stack ?? error.message),
    };
  }
}
