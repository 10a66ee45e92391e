import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canonicalHash } from './canonical-hash.ts';
import { loadCatalogue } from './catalogue.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { sha256Of } from './checksums.ts';
import { decodeFiles } from './decode.ts';
import type { ReadSource } from './decode.ts';
import { reason, refusal } from './refuse.ts';
import { DatasetError } from './types.ts';
import type { Dataset, DatasetInfo } from './types.ts';

export interface DatasetStoreOptions {
  /** The program's `resources` folder; by default the one beside the sources. */
  readonly resources?: string;
  /** The user's data folder; what is installed goes into its `datasets`. */
  readonly dataFolder: string;
  /** Instead of the built-in catalogue (tests). */
  readonly catalogue?: Catalogue;
}

export interface DatasetStore {
  list(): Promise<DatasetInfo[]>;
  /** The dataset's arrays. Throws DatasetError when it is unknown, absent or damaged. */
  open(id: string): Promise<Dataset>;
  /** The canonical hash, without opening where it is known. */
  sha256(id: string): Promise<string>;
}

/** The `resources` folder beside the sources. */
export const RESOURCES = fileURLToPath(new URL('../../resources/', import.meta.url));

/**
 * The datasets of one data folder: shipped ones are read from `resources`, others from `<dataFolder>/datasets`.
 *
 * @throws DatasetError when the shipped manifest is missing or broken.
 */
export function openDatasetStore({ resources = RESOURCES, catalogue = loadCatalogue(resources) }: DatasetStoreOptions): DatasetStore {
  const entryOf = (id: string): CatalogueEntry => {
    const entry = catalogue.get(id);
    if (entry === undefined) throw new DatasetError(`There is no dataset called "${id}". Known are: ${[...catalogue.keys()].join(', ')}.`);
    return entry;
  };
  const open = async (id: string): Promise<Dataset> => {
    const entry = entryOf(id);
    const decoded = await decodeFiles(entry, shippedFiles(entry, resources));
    return { id, title: entry.title, ...decoded, sha256: entry.sha256 ?? canonicalHash(decoded) };
  };
  return {
    list: async () => [...catalogue.values()].map(infoOf),
    open,
    sha256: async (id) => entryOf(id).sha256 ?? (await open(id)).sha256,
  };
}

function infoOf(entry: CatalogueEntry): DatasetInfo {
  return {
    id: entry.id, title: entry.title, kind: entry.kind, state: 'shipped', rows: entry.rows, shape: entry.shape, classes: entry.classes,
    licence: entry.licence, source: entry.source, citation: entry.citation, bytes: entry.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0), sha256: entry.sha256,
  };
}

/** Reads a shipped set's files, each compared with the manifest's checksum: the canonical hash there is then right without computing it. */
function shippedFiles(entry: CatalogueEntry, resources: string): ReadSource {
  return async (name) => {
    const where = join(resources, 'datasets', entry.folder ?? entry.id, name);
    const bytes = await readFile(where).catch((error: unknown) => {
      throw refusal({ where, expected: `a file of the shipped dataset "${entry.id}"`, found: reason(error), remedy: 'The installation is damaged: install Touchstone again.' });
    });
    const found = sha256Of(bytes);
    const expected = entry.files.find((file) => file.name === name)?.sha256;
    if (expected !== found) throw refusal({ where, expected: `SHA-256 ${expected ?? '(none in the manifest)'}`, found, remedy: 'The file was changed: install Touchstone again.' });
    return { bytes, where };
  };
}
