import type { Catalogue } from './catalogue.ts';
import { importFolder } from './import-folder.ts';
import type { DatasetPaths } from './paths.ts';
import { DatasetError } from './types.ts';
import type { TableOptionsInput, TablePreview } from './tables/options.ts';

/** The work of imports, wherever it is done. */
export interface Imports {
  /** Installs a published dataset from its files in a folder. */
  folder(id: string, folder: string): Promise<void>;
  preview(id: string, file: string, options: TableOptionsInput): Promise<TablePreview>;
  table(id: string, file: string, options: TableOptionsInput): Promise<TablePreview>;
}

/** Imports in this process: for a process that has nothing else to do. */
export function importsHere(paths: DatasetPaths, catalogue: Catalogue): Imports {
  return {
    async folder(id, folder) {
      const entry = catalogue.get(id);
      if (entry === undefined) throw new DatasetError(`There is no published dataset called "${id}".`);
      await importFolder(paths, entry, folder);
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
