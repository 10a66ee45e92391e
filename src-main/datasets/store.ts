import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { touchstoneCommand } from '../base/command-line.ts';
import { loadCatalogue } from './catalogue.ts';
import type { Catalogue, CatalogueEntry } from './catalogue.ts';
import { sha256Of } from './checksums.ts';
import { canonicalHash } from './canonical-hash.ts';
import { decodeFiles } from './decode.ts';
import type { ReadSource } from './decode.ts';
import { getDataset, importAdvice } from './download.ts';
import type { OnProgress } from './download.ts';
import { generatedHash, openGenerated } from './generated.ts';
import { importFolder } from './import-folder.ts';
import { importTable, previewTable } from './import-table.ts';
import type { TableImportOptions, TablePreview } from './import-table.ts';
import { checkRecorded, installedFiles, readReceipt, userEntries } from './installed.ts';
import type { Receipt } from './installed.ts';
import { datasetPaths } from './paths.ts';
import { reason, refusal } from './refuse.ts';
import { DatasetError } from './types.ts';
import type { Dataset, DatasetInfo, DatasetState } from './types.ts';

export type { DownloadProgress, OnProgress } from './download.ts';
export type { TableImportOptions, TablePreview } from './import-table.ts';

export interface DatasetStoreOptions {
  /** The program's `resources` folder; by default the one beside the sources. */
  readonly resources?: string;
  /** The user's data folder; what is installed goes into its `datasets`. */
  readonly dataFolder: string;
  /** Instead of the built-in catalogue (tests). */
  readonly catalogue?: Catalogue;
}

export interface Verification {
  readonly id: string;
  readonly ok: boolean;
  /** What was compared, or what is wrong and what to do. */
  readonly message: string;
}

export interface DatasetStore {
  /** Everything in the catalogue, then the user's own sets. */
  list(): Promise<DatasetInfo[]>;
  info(id: string): Promise<DatasetInfo>;
  /** The dataset's arrays. Throws DatasetError when it is unknown, absent or damaged. */
  open(id: string): Promise<Dataset>;
  /** The canonical hash, without opening the dataset where it is known. Throws DatasetError as `open`. */
  sha256(id: string): Promise<string>;
  /** Compares the dataset's files with their checksums; never throws for a dataset that is known. */
  verify(id: string): Promise<Verification>;
  /** Downloads and installs; continues what an earlier attempt got. What ships with the program or is generated is here already. */
  get(id: string, onProgress?: OnProgress, signal?: AbortSignal): Promise<DatasetInfo>;
  /** Installs a published dataset from its files in a folder; with a new id and the path of a table, that table as `importTable` does. */
  importFolder(id: string, folder: string): Promise<DatasetInfo>;
  /** How a table of the user's would be understood. */
  previewTable(file: string, options?: TableImportOptions): Promise<TablePreview>;
  /** Installs a table of the user's. */
  importTable(file: string, options?: TableImportOptions): Promise<DatasetInfo>;
  /** Deletes an installed dataset. */
  remove(id: string): Promise<void>;
}

/** The `resources` folder beside the sources. */
export const RESOURCES = fileURLToPath(new URL('../../resources/', import.meta.url));

/**
 * The datasets of one data folder: shipped ones are read from `resources`, others from `<dataFolder>/datasets`. Nothing is kept in memory.
 *
 * @throws DatasetError when the shipped manifest is missing or broken.
 */
export function openDatasetStore({
  resources = RESOURCES,
  dataFolder,
  catalogue = loadCatalogue(resources),
}: DatasetStoreOptions): DatasetStore {
  const paths = datasetPaths(dataFolder);

  const entryOf = async (id: string): Promise<CatalogueEntry> => {
    const entry = catalogue.get(id) ?? (isPlainName(id) ? (await readReceipt(paths, id))?.entry : null);
    if (entry) return entry;
    const own = await userEntries(paths);
    throw new DatasetError(
      `There is no dataset called "${id}". Known are: ${[...catalogue.keys(), ...own.map((known) => known.id)].join(', ')}.`,
    );
  };

  const receiptOf = async (entry: CatalogueEntry): Promise<Receipt> => {
    const receipt = await readReceipt(paths, entry.id);
    if (receipt === null)
      throw new DatasetError(
        `"${entry.id}" (${entry.title}) is not here yet. Download it with: ${touchstoneCommand('data', 'get', entry.id)}. ${importAdvice(entry)}`,
      );
    return receipt;
  };

  const open = async (id: string): Promise<Dataset> => {
    const entry = await entryOf(id);
    const named = { id, title: entry.title };
    if (entry.origin === 'generated') return { ...named, ...(await openGenerated(paths, entry)) };
    if (entry.origin === 'shipped') {
      const decoded = await decodeFiles(entry, shippedFiles(entry, resources));
      return { ...named, ...decoded, sha256: entry.sha256 ?? canonicalHash(decoded) };
    }
    const receipt = await receiptOf(entry);
    return { ...named, ...(await decodeFiles(entry, installedFiles(paths, receipt))), sha256: receipt.sha256 };
  };

  const info = async (entry: CatalogueEntry): Promise<DatasetInfo> => {
    const known = {
      id: entry.id,
      title: entry.title,
      kind: entry.kind,
      rows: entry.rows,
      shape: entry.shape,
      classes: entry.classes,
      licence: entry.licence,
      citation: entry.citation,
    };
    const published =
      entry.files.reduce((sum, file) => sum + (file.bytes ?? 0), 0) ||
      entry.downloads.reduce((sum, download) => sum + (download.bytes ?? 0), 0);
    const described = (state: DatasetState, bytes: number, sha256: string | null, note = ''): DatasetInfo => ({
      ...known,
      state,
      bytes,
      sha256,
      source: entry.source + note,
    });
    if (entry.origin === 'generated') return described('generated', 0, await generatedHash(paths, entry));
    if (entry.origin === 'shipped') return described('shipped', published, entry.sha256);
    // A damaged receipt: as good as absent here; `open` and `verify` say what is wrong.
    const receipt = await readReceipt(paths, entry.id).catch(() => null);
    if (receipt === null) return described('absent', published, null);
    const trusted =
      entry.origin === 'published' && receipt.files.some((file) => file.check === 'first-use')
        ? ` (no published checksum was compared: SHA-256 recorded ${receipt.installedAt.slice(0, 10)})`
        : '';
    return described(
      'installed',
      receipt.files.reduce((sum, file) => sum + file.bytes, 0),
      receipt.sha256,
      trusted,
    );
  };

  const all = async (): Promise<CatalogueEntry[]> => {
    const own = await userEntries(paths);
    return [...catalogue.values(), ...own.filter((entry) => !catalogue.has(entry.id))];
  };

  const table = async (file: string, options: TableImportOptions = {}): Promise<DatasetInfo> => {
    const receipt = await importTable(paths, file, options, new Set((await all()).map((entry) => entry.id)));
    return info(await entryOf(receipt.id));
  };

  return {
    list: async () => Promise.all((await all()).map(info)),
    info: async (id) => info(await entryOf(id)),
    open,
    sha256: async (id) => {
      const entry = await entryOf(id);
      if (entry.origin === 'generated')
        return (await generatedHash(paths, entry)) ?? (await openGenerated(paths, entry)).sha256;
      if (entry.origin === 'shipped') return entry.sha256 ?? (await open(id)).sha256;
      return (await receiptOf(entry)).sha256;
    },
    verify: async (id) => {
      const entry = await entryOf(id);
      try {
        return { id, ok: true, message: await verified(entry) };
      } catch (error) {
        return { id, ok: false, message: reason(error) };
      }
    },
    get: async (id, onProgress = () => undefined, signal = new AbortController().signal) => {
      const entry = await entryOf(id);
      if (entry.origin !== 'shipped' && entry.origin !== 'generated')
        await getDataset(paths, entry, onProgress, signal);
      return info(entry);
    },
    importFolder: async (id, folder) => {
      if (!catalogue.has(id) && (await isFile(folder))) return table(folder, { id });
      const entry = await entryOf(id);
      await importFolder(paths, entry, folder);
      return info(entry);
    },
    previewTable,
    importTable: table,
    remove: async (id) => {
      const entry = await entryOf(id);
      if (entry.origin === 'shipped') throw new DatasetError(`"${id}" ships with Touchstone and can't be removed.`);
      if (entry.origin === 'generated') await rm(paths.generated(id), { force: true });
      else await rm(paths.folder(id), { recursive: true, force: true });
    },
  };

  async function verified(entry: CatalogueEntry): Promise<string> {
    if (entry.origin === 'generated') {
      const drawn = await openGenerated(paths, entry);
      if (canonicalHash(drawn) !== drawn.sha256)
        throw new DatasetError(
          `The cached copy of "${entry.id}" is damaged. Delete ${paths.generated(entry.id)}; it is drawn again when needed.`,
        );
      return 'Generated; the cached copy is intact.';
    }
    if (entry.origin === 'shipped') {
      const read = shippedFiles(entry, resources);
      await Promise.all(entry.files.map((file) => read(file.name)));
      return `${counted(entry.files.length)} as shipped (SHA-256 in the manifest).`;
    }
    const receipt = await receiptOf(entry);
    await Promise.all(receipt.files.map((file) => checkRecorded(join(paths.folder(entry.id), file.name), file.sha256)));
    const published = receipt.files.filter((file) => file.check === 'published').length;
    const first = receipt.files.length - published;
    return [
      ...(published > 0 ? [`${counted(published)} as published.`] : []),
      ...(first > 0
        ? [
            `${counted(first)} as first installed on ${receipt.installedAt.slice(0, 10)}; no published checksum was compared.`,
          ]
        : []),
    ].join(' ');
  }
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function counted(files: number): string {
  return `${files} ${files === 1 ? 'file is' : 'files are'}`;
}

/** An id that can name a folder of the data folder and nothing else. */
function isPlainName(id: string): boolean {
  return /^[a-z0-9][a-z0-9.-]*$/.test(id);
}

/** Reads a shipped set's files, each compared with the manifest's checksum: the canonical hash there is then right without computing it. */
function shippedFiles(entry: CatalogueEntry, resources: string): ReadSource {
  return async (name) => {
    const where = join(resources, 'datasets', entry.folder ?? entry.id, name);
    const bytes = await readFile(where).catch((error: unknown) => {
      throw refusal({
        where,
        expected: `a file of the shipped dataset "${entry.id}"`,
        found: reason(error),
        remedy: 'The installation is damaged: install Touchstone again.',
      });
    });
    const found = sha256Of(bytes);
    const expected = entry.files.find((file) => file.name === name)?.sha256;
    if (expected !== found)
      throw refusal({
        where,
        expected: `SHA-256 ${expected ?? '(none in the manifest)'}`,
        found,
        remedy: 'The file was changed: install Touchstone again.',
      });
    return { bytes, where };
  };
}
