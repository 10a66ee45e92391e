import type { Catalogue } from './catalogue.ts';
import type { CatalogueEntry } from './entry.ts';
import { getDataset } from './download.ts';
import type { OnProgress } from './download.ts';
import { openGenerated } from './generated.ts';
import { importFolder } from './import-folder.ts';
import type { DatasetPaths } from './paths.ts';
import { DatasetError } from './types.ts';
import type { TableOptionsInput, TablePreview } from './tables/options.ts';

export interface Verification {
  readonly id: string;
  readonly ok: boolean;
  /** What was compared, or what is wrong and what to do. */
  readonly message: string;
}

/** Work on data sets that takes long, wherever it is done. */
export interface Imports {
  /** Downloads and installs a published dataset. */
  get(id: string, onProgress: OnProgress, signal: AbortSignal): Promise<void>;
  /** The canonical hash of a generated dataset, which is drawn for it where it must. */
  draw(id: string): Promise<string>;
  /** `DatasetStore.verify`; null: the store does it itself. */
  readonly verify: ((id: string) => Promise<Verification>) | null;
  /** Installs a published dataset from its files in a folder. */
  folder(id: string, folder: string): Promise<void>;
  preview(id: string, file: string, options: TableOptionsInput): Promise<TablePreview>;
  table(id: string, file: string, options: TableOptionsInput): Promise<TablePreview>;
}

/** Imports in this process: for a process that has nothing else to do. */
export function importsHere(paths: DatasetPaths, catalogue: Catalogue): Imports {
  const published = (id: string): CatalogueEntry => {
    const entry = catalogue.get(id);
    if (entry === undefined) throw new DatasetError(`There is no published dataset called "${id}".`);
    return entry;
  };
  return {
    async get(id, onProgress, signal) {
      await getDataset(paths, published(id), onProgress, signal);
    },
    verify: null,
    draw: async (id) => (await openGenerated(paths, published(id))).sha256,
    async folder(id, folder) {
      await importFolder(paths, published(id), folder);
    },
    // Loaded when they are needed: trial workers open datasets and import none.
    async preview(id, file, options) {
      return (await import('./tables/import.ts')).previewTable(id, file, options);
    },
    async table(id, file, options) {
      return (await (await import('./tables/import.ts')).importTable(paths, id, file, options)).preview;
    },
  };
}
