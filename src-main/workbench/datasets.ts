import type { DatasetStore } from '../datasets/store.ts';
import type { Broadcast } from './broadcast.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Output } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';
import { asWorkbenchError } from './wire.ts';

type DatasetOperation =
  'window.choose' | 'data.list' | 'data.get' | 'data.preview' | 'data.import' | 'data.remove' | 'data.verify';

/** What can be done with data sets; downloads and imports are told to everybody who listens. */
export function datasetHandlers(
  datasets: DatasetStore,
  broadcast: Broadcast,
  onChange: () => Promise<void>,
): Pick<Handlers, DatasetOperation> {
  return {
    // The desktop shell answers this itself (electron/dialogs.ts).
    'window.choose': async () => {
      throw new WorkbenchError({
        kind: 'unavailable',
        message: 'Only the desktop window can open a dialog.',
        remedy: 'Type the path.',
        details: null,
      });
    },
    'data.list': async () => (await datasets.list()).map(plainDataset),
    'data.get': async ({ id }) => {
      const found = await getDataset(datasets, broadcast, id);
      await onChange();
      tellThere(broadcast, found);
      return found;
    },
    'data.preview': ({ id, path, options }) => datasets.preview(id, path, options),
    'data.import': async ({ id, path, options }) => {
      const { info, preview } = await datasets.import(id, path, options);
      const plain = plainDataset(info);
      await onChange();
      tellThere(broadcast, plain);
      return { info: plain, preview };
    },
    'data.remove': async ({ id }) => {
      const { bytes } = await datasets.info(id);
      await datasets.remove(id);
      await onChange();
      return { id, bytes };
    },
    'data.verify': async ({ id }) => {
      const ids =
        id === undefined
          ? (await datasets.list()).filter(({ state }) => state !== 'absent').map((info) => info.id)
          : [id];
      const verdicts: Output<'data.verify'> = [];
      for (const one of ids) verdicts.push({ ...(await datasets.verify(one)) });
      return verdicts;
    },
  };
}

async function getDataset(datasets: DatasetStore, broadcast: Broadcast, id: string): Promise<Output<'data.get'>> {
  try {
    const info = plainDataset(
      await datasets.get(id, ({ done, total, rate, message }) =>
        broadcast.tell({ kind: 'data', dataset: id, state: 'downloading', done, total, rate, message }),
      ),
    );
    return info;
  } catch (error) {
    const { message } = asWorkbenchError(error);
    broadcast.tell({ kind: 'data', dataset: id, state: 'failed', done: 0, total: null, rate: null, message });
    throw error;
  }
}

function tellThere(broadcast: Broadcast, { id, bytes, title, kind }: Output<'data.get'>): void {
  const isSuite = kind === 'table';
  const message = isSuite ? `${title} is here, and a suite by itself in New study.` : `${title} is here.`;
  broadcast.tell({ kind: 'data', dataset: id, state: 'done', done: bytes, total: bytes, rate: null, message });
}

function plainDataset({ table: _, ...info }: Awaited<ReturnType<DatasetStore['info']>>): Output<'data.get'> {
  return { ...info, rows: { ...info.rows }, shape: [...info.shape], classes: [...info.classes] };
}
