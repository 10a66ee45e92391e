import { readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { touchstoneCommand } from '../base/command-line.ts';
import { loadCatalogue } from './catalogue.ts';
import type { Catalogue } from './catalogue.ts';
import type { CatalogueEntry } from './entry.ts';
import { sha256Of } from './checksums.ts';
import { canonicalHash } from './canonical-hash.ts';
import { columnsOf, decodeFiles, describedTable, only } from './decode.ts';
import type { DatasetParts, ReadSource } from './decode.ts';
import { importAdvice } from './download.ts';
import type { OnProgress } from './download.ts';
import { generatedHash, openGenerated } from './generated.ts';
import { importsHere } from './imports.ts';
import type { Imports, Verification } from './imports.ts';
import { checkInstalled, checkRecorded, identityOf, installedFiles, readReceipt, userEntries } from './installed.ts';
import type { CheckedFiles, Receipt } from './installed.ts';
import { datasetPaths } from './paths.ts';
import { reason, refusal } from './refuse.ts';
import { openRegular } from './regular-file.ts';
import { RESOURCES } from './resources.ts';
import { DatasetError } from './types.ts';
import { TABLE } from './tables/limits.ts';
import type { TableOptionsInput, TablePreview } from './tables/options.ts';
import type { Dataset, DatasetInfo, DatasetState, TableColumns } from './types.ts';

export type { DownloadProgress, OnProgress } from './download.ts';
export type { Verification } from './imports.ts';
export type { TableOptionsInput, TablePreview } from './tables/options.ts';

export interface DatasetStoreOptions {
  /** The program's `resources` folder; by default the one beside the sources. */
  readonly resources?: string;
  /** The user's data folder; what is installed goes into its `datasets`. */
  readonly dataFolder: string;
  /** Instead of the built-in catalogue (tests). */
  readonly catalogue?: Catalogue;
  /**
   * Where imports are done; in this process unless given. A process that has to answer gives them to a child (`import-
   * process.ts`).
   */
  readonly imports?: Imports;
}

export interface DatasetStore {
  /** Everything in the catalogue, then the user's own sets. */
  list(): Promise<DatasetInfo[]>;
  info(id: string): Promise<DatasetInfo>;
  /**
   * The dataset's arrays, or those of its training rows alone: then it has no test rows. Throws DatasetError when it is
   * unknown, absent or damaged.
   */
  open(id: string, parts?: DatasetParts): Promise<Dataset>;
  /** The canonical hash, without opening the dataset where it is known. Throws DatasetError as `open`. */
  sha256(id: string): Promise<string>;
  /** Compares the dataset's files with their checksums; never throws for a dataset that is known. */
  verify(id: string): Promise<Verification>;
  /**
   * Downloads and installs; continues what an earlier attempt got. What ships with the program or is generated is here
   * already.
   */
  get(id: string, onProgress?: OnProgress, signal?: AbortSignal): Promise<DatasetInfo>;
  /** A table of the user's as what it is. Throws DatasetError as `open`, and for a dataset that is none. */
  table(id: string): Promise<TableColumns>;
  /** How a table would be understood that is imported under this id. */
  preview(id: string, file: string, options?: TableOptionsInput): Promise<TablePreview>;
  /**
   * Installs a published dataset from its files in a folder, or, under a new id, a table of the user's, and says how
   * that was understood.
   */
  import(id: string, path: string, options?: TableOptionsInput): Promise<Imported>;
  /** Deletes an installed dataset; results that were computed with it stay. */
  remove(id: string): Promise<void>;
}

export interface Imported {
  readonly info: DatasetInfo;
  readonly preview: TablePreview | null;
}

/**
 * The datasets of one data folder: shipped ones are read from `resources`, others from `<dataFolder>/datasets`. Nothing
 * is kept in memory.
 *
 * @throws DatasetError when the shipped manifest is missing or broken.
 */
export function openDatasetStore({
  resources = RESOURCES,
  dataFolder,
  catalogue = loadCatalogue(resources),
  imports,
}: DatasetStoreOptions): DatasetStore {
  const paths = datasetPaths(dataFolder);
  const work = imports ?? importsHere(paths, catalogue);
  const { get: download, draw, folder: importFolder, preview, table: importTable } = work;
  const checked: CheckedFiles = new Map();
  const importing = new Set<string>();

  const entryOf = async (id: string): Promise<CatalogueEntry> => {
    const entry = catalogue.get(id) ?? (isPlainName(id) ? (await readReceipt(paths, id))?.entry : null);
    if (entry) return entry;
    const own = await userEntries(paths);
    throw new DatasetError(
      `There is no dataset called "${id}". Known are: ` +
        `${[...catalogue.keys(), ...own.map((known) => known.id)].join(', ')}.`,
    );
  };

  const receiptOf = async (entry: CatalogueEntry): Promise<Receipt> => {
    const receipt = await readReceipt(paths, entry.id);
    if (receipt === null)
      throw new DatasetError(
        `"${entry.id}" (${entry.title}) is not here yet. Download it with: ` +
          `${touchstoneCommand('data', 'get', entry.id)}. ${importAdvice(entry)}`,
      );
    return receipt;
  };

  const open = async (id: string, parts: DatasetParts = 'all'): Promise<Dataset> => {
    const entry = await entryOf(id);
    const named = { id, title: entry.title };
    if (entry.origin === 'generated') return only(parts, { ...named, ...(await openGenerated(paths, entry)) });
    if (entry.origin === 'shipped') {
      const files = shippedFiles(entry, resources);
      if (entry.sha256 !== null) return { ...named, ...(await decodeFiles(entry, files, parts)), sha256: entry.sha256 };
      const decoded = await decodeFiles(entry, files);
      return only(parts, { ...named, ...decoded, sha256: canonicalHash(decoded) });
    }
    const receipt = await receiptOf(entry);
    const read = installedFiles(paths, receipt, checked);
    return { ...named, ...(await decodeFiles(entry, read, parts)), sha256: receipt.sha256 };
  };

  /** A new id for a table of the user's. */
  const checkFree = async (id: string, file: string): Promise<void> => {
    if (!isPlainName(id)) {
      // Whoever mistook one for the other is told of both.
      const trouble = await openRegular(file, TABLE).then((handle) => handle.close(), reason);
      throw refusal({
        where: file,
        expected: 'an id of lower-case letters, digits, dots and hyphens',
        found: `"${id}"`,
        remedy: `Choose another id.${trouble === undefined ? '' : ` ${trouble}`}`,
        of: 'request',
      });
    }
    const known = (await all()).find((entry) => entry.id === id);
    if (known === undefined && !importing.has(id)) return;
    throw refusal({
      where: file,
      expected: 'an id that is free',
      found: `"${id}", which ${known === undefined ? 'is being imported' : 'another dataset has'}`,
      remedy:
        known?.origin === 'user'
          ? `Choose another id, or remove the old one first: ${touchstoneCommand('data', 'remove', id)}`
          : 'Choose another id.',
      of: 'request',
    });
  };

  const info = async (entry: CatalogueEntry): Promise<DatasetInfo> => {
    const known = {
      id: entry.id,
      title: entry.title,
      kind: entry.kind,
      rows: entry.rows,
      shape: entry.shape,
      classes: entry.classes,
      table: entry.kind === 'table' ? describedTable(entry) : null,
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

  return {
    list: async () => Promise.all((await all()).map(info)),
    info: async (id) => info(await entryOf(id)),
    open,
    sha256: async (id) => {
      const entry = await entryOf(id);
      if (entry.origin === 'generated') return (await generatedHash(paths, entry)) ?? draw(id);
      if (entry.origin === 'shipped') return entry.sha256 ?? (await open(id)).sha256;
      const receipt = await receiptOf(entry);
      await checkInstalled(paths, receipt, checked);
      return receipt.sha256;
    },
    table: async (id) => {
      const entry = await entryOf(id);
      if (entry.layout.kind !== 'columns')
        throw new DatasetError(`"${id}" is no table that was imported column by column.`);
      return columnsOf(entry, entry.layout, installedFiles(paths, await receiptOf(entry), checked));
    },
    verify: async (id) => {
      const entry = await entryOf(id);
      if (work.verify !== null) return work.verify(id);
      try {
        return { id, ok: true, message: await verified(entry) };
      } catch (error) {
        return { id, ok: false, message: reason(error) };
      }
    },
    get: async (id, onProgress = () => undefined, signal = new AbortController().signal) => {
      const entry = await entryOf(id);
      if (entry.origin !== 'shipped' && entry.origin !== 'generated') await download(id, onProgress, signal);
      return info(entry);
    },
    preview: async (id, file, options = {}) => {
      await checkFree(id, file);
      return preview(id, file, options);
    },
    import: async (id, path, options = {}) => {
      const published = catalogue.get(id);
      if (published !== undefined && published.origin !== 'user' && !(await isFile(path))) {
        await importFolder(id, path);
        return { info: await info(published), preview: null };
      }
      await checkFree(id, path);
      importing.add(id);
      try {
        const understood = await importTable(id, path, options);
        return { info: await info(await entryOf(id)), preview: understood };
      } finally {
        importing.delete(id);
      }
    },
    remove: async (id) => {
      const entry = await entryOf(id);
      if (entry.origin === 'shipped') throw new DatasetError(`"${id}" ships with Touchstone and can't be removed.`);
      if (entry.origin === 'generated') await rm(paths.generated(id), { force: true });
      else {
        await receiptOf(entry);
        await removeFolder(paths.folder(id), paths.staging(id));
      }
    },
  };

  async function verified(entry: CatalogueEntry): Promise<string> {
    if (entry.origin === 'generated') {
      const drawn = await openGenerated(paths, entry);
      if (canonicalHash(drawn) !== drawn.sha256)
        throw new DatasetError(
          `The cached copy of "${entry.id}" is damaged. Delete ${paths.generated(entry.id)}; it is drawn ` +
            'again when needed.',
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
    const encodes = entry.layout.kind === 'columns' || entry.layout.kind === 'table';
    if (encodes && (await identityOf(entry, installedFiles(paths, receipt, checked))) !== receipt.sha256)
      throw new DatasetError(
        `"${entry.id}" is read by other rules here than where it was imported, so its results would not be the ` +
          'same. Remove and import it again.',
      );
    const published = receipt.files.filter((file) => file.check === 'published').length;
    const first = receipt.files.length - published;
    return [
      ...(published > 0 ? [`${counted(published)} as published.`] : []),
      ...(first > 0
        ? [
            `${counted(first)} as first installed on ${receipt.installedAt.slice(0, 10)}; no published ` +
              'checksum was compared.',
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

/** Out of the way in one step, so that nothing finds it half there. */
async function removeFolder(folder: string, aside: string): Promise<void> {
  await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
}

function counted(files: number): string {
  return `${files} ${files === 1 ? 'file is' : 'files are'}`;
}

/** An id that can name a folder of the data folder and nothing else. */
function isPlainName(id: string): boolean {
  return /^[a-z0-9][a-z0-9.-]*$/.test(id);
}

/**
 * Reads a shipped set's files, each compared with the manifest's checksum: the canonical hash there is then right
 * without computing it.
 */
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
