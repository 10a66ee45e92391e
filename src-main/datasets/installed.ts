import { readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256OfFile } from '../base/file-hash.ts';
import { makePrivateFolder } from '../base/files.ts';
import { canonicalHash } from './canonical-hash.ts';
import { catalogueEntry } from './entry.ts';
import type { CatalogueEntry, FileEntry } from './entry.ts';
import { checkPublished, contentDigest, fileDigests, firstBytes, sha256Of } from './checksums.ts';
import { columnsOf, decodeFiles } from './decode.ts';
import type { Decoded, ReadSource } from './decode.ts';
import { isGzip } from './formats/gzip.ts';
import type { DatasetPaths } from './paths.ts';
import { errorCode, reason, refusal } from './refuse.ts';
import { readRegular } from './regular-file.ts';
import { DatasetError } from './types.ts';

/**
 * `published`: compared with the publisher's checksum. `first-use`: none is known; the SHA-256 found then is held to
 * from then on.
 */
export type Check = 'published' | 'first-use';

const receiptSchema = z.strictObject({
  version: z.literal(1),
  id: z.string(),
  installedAt: z.string(),
  how: z.enum(['download', 'import']),
  /** What the files came from: an address or a folder. */
  from: z.string(),
  files: z.array(
    z.strictObject({
      name: z.string(),
      bytes: z.number(),
      modified: z.number(),
      sha256: z.string(),
      check: z.enum(['published', 'first-use']),
    }),
  ),
  /** Canonical hash of the arrays. */
  sha256: z.string(),
  /** The user's own sets bring their description along. */
  entry: catalogueEntry.nullable(),
});
export type Receipt = z.infer<typeof receiptSchema>;

/** What installing needs to know of one file: where it lies now and how to call it in a message. */
export interface Candidate {
  readonly path: string;
  readonly where: string;
}

/** The receipt of an installed set; null when it is not installed. */
export async function readReceipt(paths: DatasetPaths, id: string): Promise<Receipt | null> {
  const file = paths.receipt(id);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return null;
    throw refusal({
      where: file,
      expected: 'a readable receipt',
      found: reason(error),
      remedy: 'Check the permissions of the data folder.',
    });
  });
  if (text === null) return null;
  try {
    return receiptSchema.parse(JSON.parse(text));
  } catch (error) {
    throw refusal({
      where: file,
      expected: 'the receipt of an installed dataset',
      found: `something else (${reason(error)})`,
      remedy: `Delete the folder ${paths.folder(id)} and get or import the dataset again.`,
    });
  }
}

/** The user's own datasets. A folder whose receipt can't be read is left out here; opening it by name says why. */
export async function userEntries(paths: DatasetPaths): Promise<CatalogueEntry[]> {
  const names = await readdir(paths.root).catch(() => []);
  const receipts = await Promise.all(
    names
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => readReceipt(paths, name).catch(() => null)),
  );
  return receipts.flatMap((receipt) => (receipt?.entry ? [{ ...receipt.entry, sha256: receipt.sha256 }] : []));
}

/** Files whose SHA-256 was compared in this process, with what tells that they have not been touched since. */
export type CheckedFiles = Map<string, string>;

/**
 * Reads an installed set's files. The first time in this process, and whenever the system says that one was touched,
 * its SHA-256 is compared:
 * size and time alone don't tell, because both can be set.
 */
export function installedFiles(paths: DatasetPaths, receipt: Receipt, checked: CheckedFiles): ReadSource {
  return async (name) => {
    const where = join(paths.folder(receipt.id), name);
    const recorded = receipt.files.find((file) => file.name === name);
    try {
      const bytes = await readRegular(where, `a file of the installed dataset "${receipt.id}"`);
      if (recorded !== undefined) await checkOnce(where, recorded.sha256, checked, async () => sha256Of(bytes));
      return { bytes, where };
    } catch (error) {
      if (error instanceof DatasetError) throw error;
      throw refusal({
        where,
        expected: `a file of the installed dataset "${receipt.id}"`,
        found: reason(error),
        remedy: `Get or import "${receipt.id}" again.`,
      });
    }
  };
}

/** Compares every file of an installed set with its receipt, unless this process did so and none was touched since. */
export async function checkInstalled(paths: DatasetPaths, receipt: Receipt, checked: CheckedFiles): Promise<void> {
  await Promise.all(
    receipt.files.map((file) => checkOnce(join(paths.folder(receipt.id), file.name), file.sha256, checked)),
  );
}

async function checkOnce(
  path: string,
  sha256: string,
  checked: CheckedFiles,
  digest = () => sha256OfFile(path),
): Promise<void> {
  const state = async (): Promise<string> => {
    // The time of the last change of the inode can't be set back, the one of the content can.
    const { ino, size, mtimeMs, ctimeMs } = await stat(path);
    return [sha256, ino, size, mtimeMs, ctimeMs].join();
  };
  const before = await state().catch(() => '');
  if (before !== '' && checked.get(path) === before) return;
  await checkRecorded(path, sha256, digest);
  checked.set(path, before);
}

/** @throws DatasetError when the file is no longer the one that was installed. */
export async function checkRecorded(path: string, sha256: string, digest = () => sha256OfFile(path)): Promise<void> {
  const found = await digest().catch((error: unknown) => {
    throw refusal({
      where: path,
      expected: 'the file that was installed',
      found: reason(error),
      remedy: 'Get or import the dataset again.',
    });
  });
  if (found !== sha256)
    throw refusal({
      where: path,
      expected: `SHA-256 ${sha256} (recorded when it was installed)`,
      found,
      remedy: 'The file was changed since: get or import the dataset again.',
    });
}

/**
 * Makes `stage`'s files an installed dataset: decodes them completely (so that nothing unusable is ever installed),
 * compares checksums,
 * writes the receipt and renames the folder into place. Whatever fails leaves the earlier state as it was and removes
 * the staging folder.
 *
 * @param candidates the file's name in the layout → where it lies; all inside `stage`.
 * @throws DatasetError when a file is not what the catalogue says.
 */
export async function install(
  paths: DatasetPaths,
  entry: CatalogueEntry,
  stage: string,
  candidates: ReadonlyMap<string, Candidate>,
  origin: Pick<Receipt, 'how' | 'from'>,
): Promise<Receipt> {
  try {
    const sha256 = await identityOf(entry, stagedFiles(candidates));
    const files = await Promise.all(entry.files.map((file) => recorded(file, candidateOf(candidates, file.name))));
    const receipt: Receipt = {
      version: 1,
      id: entry.id,
      installedAt: new Date().toISOString(),
      ...origin,
      files,
      sha256,
      entry: entry.origin === 'user' ? entry : null,
    };
    await writeFile(join(stage, 'receipt.json'), `${JSON.stringify(receipt, null, 2)}\n`);
    await replaceFolder(stage, paths.folder(entry.id), paths.staging(entry.id));
    return receipt;
  } catch (error) {
    throw storageError(error, paths.root);
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

const ABANDONED_MS = 24 * 3600 * 1000;

/** Makes an empty staging folder for `id`, and removes those that a killed process left behind a day or more ago. */
export async function makeStage(paths: DatasetPaths, id: string): Promise<string> {
  for (const name of await readdir(paths.root).catch(() => [])) {
    const path = join(paths.root, name);
    const since = name.startsWith('.incoming-') ? await stat(path).catch(() => null) : null;
    if (since !== null && Date.now() - since.mtimeMs > ABANDONED_MS) await rm(path, { recursive: true, force: true });
  }
  const stage = paths.staging(id);
  try {
    makePrivateFolder(stage);
  } catch (error) {
    throw storageError(error, paths.root);
  }
  return stage;
}

function stagedFiles(candidates: ReadonlyMap<string, Candidate>): ReadSource {
  return async (name) => {
    const { path, where } = candidateOf(candidates, name);
    return { bytes: await readFile(path), where };
  };
}

function candidateOf(candidates: ReadonlyMap<string, Candidate>, name: string): Candidate {
  const candidate = candidates.get(name);
  if (candidate === undefined) throw new DatasetError(`${name} is missing.`);
  return candidate;
}

async function recorded(file: FileEntry, { path, where }: Candidate): Promise<Receipt['files'][number]> {
  const [found, { mtimeMs }] = await Promise.all([fileDigests(path), stat(path)]);
  return {
    name: file.name,
    bytes: found.bytes,
    modified: mtimeMs,
    sha256: found.sha256,
    check: await checkFile(file, { path, where }, found),
  };
}

/**
 * Compares a file with what is published about it: the file as it is, or, when somebody unpacked it or packed it again,
 * its content. A file
 * in another packing whose content has no known checksum counts as seen for the first time.
 */
async function checkFile(
  file: FileEntry,
  { path, where }: Candidate,
  found: { bytes: number; sha256: string; md5: string },
): Promise<Check> {
  const known = file.sha256 !== null || file.md5 !== null;
  if (known && (file.sha256 === null || file.sha256 === found.sha256) && (file.md5 === null || file.md5 === found.md5))
    return 'published';
  if (file.contentSha256 !== null) {
    const content = await contentDigest(path);
    if (content === file.contentSha256) return 'published';
    throw refusal({
      where,
      expected: `the published content (SHA-256 ${file.contentSha256} when unpacked)`,
      found: content,
      remedy: 'This is not the published file: get it again from its publisher.',
    });
  }
  const packed = isGzip(await firstBytes(path));
  if (packed !== file.name.endsWith('.gz')) return 'first-use';
  return checkPublished(file, found, where);
}

/**
 * The hash that names an installed set's data: of its decoded arrays, or, for a table whose target is numbers, which
 * has none yet, of what is kept.
 *
 * @throws DatasetError when the files are not what the catalogue says.
 */
export async function identityOf(entry: CatalogueEntry, read: ReadSource): Promise<string> {
  const { layout } = entry;
  if (layout.kind === 'columns' && layout.target.kind === 'numbers') {
    await columnsOf(entry, layout, read);
    const { bytes } = await read(layout.file);
    const parts = JSON.stringify({ columns: layout.columns, rows: entry.rows, split: layout.split });
    return sha256Of(Buffer.concat([Buffer.from(`touchstone-columns-1\n${parts}\n`), bytes]));
  }
  return agreed(entry, await decodeFiles(entry, read));
}

function agreed(entry: CatalogueEntry, decoded: Decoded): string {
  const sha256 = canonicalHash(decoded);
  if (entry.sha256 !== null && entry.sha256 !== sha256) {
    throw refusal({
      where: entry.id,
      expected: `data with SHA-256 ${entry.sha256}`,
      found: sha256,
      remedy: 'These are other data than the catalogue knows by this name.',
    });
  }
  return sha256;
}

/** Two renames: between them the set is absent, never half there. The old folder goes last. */
async function replaceFolder(from: string, to: string, aside: string): Promise<void> {
  const moved = await rename(to, aside).then(
    () => true,
    (error: unknown) => {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    },
  );
  try {
    await rename(from, to);
  } catch (error) {
    if (moved) await rename(aside, to);
    throw error;
  }
  if (moved) await rm(aside, { recursive: true, force: true });
}

/** What the disk says, in words that name the remedy; other errors as they are. */
export function storageError(error: unknown, folder: string): unknown {
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new DatasetError(
      `${folder}: there is no room left on the disk. Nothing was changed; free some space and try again.`,
      { cause: error },
    );
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new DatasetError(
      `${folder}: the folder can't be written (${reason(error)}). Nothing was changed; choose another ` +
        'data folder or correct its permissions.',
      { cause: error },
    );
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new DatasetError(
      `${folder}: this should be a folder (${reason(error)}). Move the file of that name away, or ` +
        'choose another data folder.',
      { cause: error },
    );
  return error;
}
