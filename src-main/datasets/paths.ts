import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

/** Where a data folder keeps its datasets. Names that begin with a dot are never datasets. */
export interface DatasetPaths {
  readonly root: string;
  folder(id: string): string;
  receipt(id: string): string;
  /**
   * Something that is being put together, on the same disk as the final place, so that a rename puts it there whole.
   */
  staging(id: string): string;
  /** Unfinished downloads, kept to be resumed. */
  downloads(id: string): string;
  generated(id: string): string;
}

export function datasetPaths(dataFolder: string): DatasetPaths {
  const root = join(dataFolder, 'datasets');
  return {
    root,
    folder: (id) => join(root, id),
    receipt: (id) => join(root, id, 'receipt.json'),
    staging: (id) => join(root, `.incoming-${id}-${process.pid}-${randomUUID()}`),
    downloads: (id) => join(root, '.downloads', id),
    generated: (id) => join(root, '.generated', `${id}.bin`),
  };
}
