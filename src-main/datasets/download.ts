import { open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { touchstoneCommand } from '../base/command-line.ts';
import { z } from 'zod';
import { makePrivateFolder } from '../base/files.ts';
import { unpack } from './archive.ts';
import type { CatalogueEntry, Download } from './entry.ts';
import { checkPublished, fileDigests } from './checksums.ts';
import { install, makeStage, storageError } from './installed.ts';
import type { Candidate, Receipt } from './installed.ts';
import type { DatasetPaths } from './paths.ts';
import { errorCode, reason } from './refuse.ts';
import { DatasetError } from './types.ts';

/**
 * How far a download is. Bytes over all files of the dataset; `total` and `rate` (bytes a second) are null while
 * unknown.
 */
export interface DownloadProgress {
  readonly dataset: string;
  readonly file: string;
  readonly done: number;
  readonly total: number | null;
  readonly rate: number | null;
  readonly message: string;
}
export type OnProgress = (progress: DownloadProgress) => void;

/** Nothing for this long: the mirror is given up, the next one goes on from there. */
const STALL_MS = 60_000;
/** At most this many progress reports a second. */
const REPORT_MS = 200;

/**
 * Downloads a published dataset and installs it. Files are fetched one after the other, each from its first mirror that
 * answers; what an earlier attempt got is kept and continued (HTTP Range, guarded by If-Range so that a file that
 * changed meanwhile starts anew). Checksums are compared before anything is installed.
 *
 * @throws DatasetError when no mirror can be reached (naming the import as the way without a network), a checksum
 *   differs, the disk has no room (saying how much is needed and keeping what is here), or `signal` fires.
 */
export async function getDataset(
  paths: DatasetPaths,
  entry: CatalogueEntry,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<Receipt> {
  if (entry.downloads.length === 0)
    throw new DatasetError(`"${entry.id}" has no address to download from. ${importAdvice(entry)}`);
  const folder = paths.downloads(entry.id);
  try {
    makePrivateFolder(folder);
  } catch (error) {
    throw storageError(error, paths.root);
  }
  const meter = progressMeter(entry, onProgress);
  const from = new Set<string>();
  for (const download of entry.downloads) from.add(await fetchOne(entry, download, folder, meter, signal, paths));
  meter.say('Checking');
  const stage = await makeStage(paths, entry.id);
  const candidates = new Map<string, Candidate>();
  try {
    for (const download of entry.downloads) {
      const path = join(folder, download.name);
      if (download.archive === 'none') {
        // Moved, not copied: what fails the checks of `install` is not worth keeping.
        await rename(path, join(stage, download.name));
        candidates.set(download.name, { path: join(stage, download.name), where: download.name });
        continue;
      }
      const members = Object.entries(download.members);
      await unpack(
        download.archive,
        path,
        new Map(members.map(([name, inside]) => [inside, join(stage, name)])),
        signal,
      );
      for (const [name, inside] of members)
        candidates.set(name, { path: join(stage, name), where: `${download.name}: ${inside}` });
    }
  } catch (error) {
    await rm(stage, { recursive: true, force: true });
    if (isFull(error))
      throw new DatasetError(
        `${await noRoom(paths.root)} to unpack "${entry.id}". The download is kept: free some space and ` +
          'get it again, nothing is fetched twice.',
        { cause: error },
      );
    throw storageError(error, paths.root);
  }
  const receipt = await install(paths, entry, stage, candidates, { how: 'download', from: [...from].join(', ') });
  await rm(folder, { recursive: true, force: true });
  meter.say(
    receipt.files.every((file) => file.check === 'published') ||
      entry.downloads.every((download) => download.md5 !== null || download.sha256 !== null)
      ? 'Installed; the published checksums match'
      : 'Installed; the publisher states no checksum, so the SHA-256 found now is recorded and held to from now on',
  );
  return receipt;
}

const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errorCode(error));

async function fullDisk(
  entry: CatalogueEntry,
  download: Download,
  partial: string,
  total: number | null,
  folder: string,
  cause: unknown,
): Promise<DatasetError> {
  const here = await stat(partial).then(
    (file) => file.size,
    () => 0,
  );
  const needed = total === null ? '' : `: ${download.name} needs another ${sizeText(total - here)}`;
  return new DatasetError(
    `${await noRoom(folder)} for "${entry.id}"${needed}. What is here already is kept: free some ` +
      'space and get it again to go on, or choose another data folder.',
    { cause },
  );
}

async function noRoom(folder: string): Promise<string> {
  return `The disk that holds ${folder} has no room (${sizeText(await freeBytes(folder))} free)`;
}

/** Bytes that this user may still write beside `path`; infinite where the system does not say. */
async function freeBytes(path: string): Promise<number> {
  return statfs(dirname(path)).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => Number.POSITIVE_INFINITY,
  );
}

/** `12 kB`, `30.9 MB`, `184 MB`. */
function sizeText(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'an unknown amount';
  return bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

const partialState = z.strictObject({ url: z.string(), validator: z.string().nullable() });

/** Gets one file into `folder/<name>`, complete and with the right checksum; answers the mirror it came from. */
async function fetchOne(
  entry: CatalogueEntry,
  download: Download,
  folder: string,
  meter: Meter,
  signal: AbortSignal,
  paths: DatasetPaths,
): Promise<string> {
  const target = join(folder, download.name);
  const partial = `${target}.part`;
  const failures: string[] = [];
  if (await isComplete(download, target)) {
    meter.finished(download, (await stat(target)).size);
    return download.mirrors[0] ?? '';
  }
  for (const mirror of download.mirrors) {
    try {
      await fetchFrom(mirror, download, partial, meter, signal);
      checkPublished(download, await fileDigests(partial, signal), mirror);
      await rename(partial, target);
      await rm(`${partial}.json`, { force: true });
      return mirror;
    } catch (error) {
      if (signal.aborted)
        throw new DatasetError(
          `The download of "${entry.id}" was stopped. What is here already is kept: get it again to go on.`,
          { cause: error },
        );
      if (isFull(error)) throw await fullDisk(entry, download, partial, meter.totalOf(download), paths.root, error);
      const stored = storageError(error, paths.root);
      if (stored !== error) throw stored;
      // Wrong content can't be continued.
      if (error instanceof DatasetError) await rm(partial, { force: true });
      failures.push(`${new URL(mirror).host}: ${networkReason(error)}`);
    }
  }
  throw new DatasetError(
    `"${entry.id}" could not be downloaded (${download.name}: ${failures.join('; ')}). ${importAdvice(entry)}`,
  );
}

async function isComplete(download: Download, path: string): Promise<boolean> {
  try {
    checkPublished(download, await fileDigests(path), path);
    return true;
  } catch {
    await rm(path, { force: true });
    return false;
  }
}

async function fetchFrom(
  url: string,
  download: Download,
  partial: string,
  meter: Meter,
  signal: AbortSignal,
): Promise<void> {
  const earlier = await readPartial(partial, url);
  const stalled = new AbortController();
  const watch = setTimeout(() => stalled.abort(new Error(`no data for ${STALL_MS / 1000} seconds`)), STALL_MS);
  try {
    const headers: Record<string, string> = { 'accept-encoding': 'identity' };
    if (earlier !== null) {
      headers.range = `bytes=${earlier.bytes}-`;
      headers['if-range'] = earlier.validator;
    }
    const response = await fetch(url, {
      headers,
      redirect: 'follow',
      signal: AbortSignal.any([signal, stalled.signal]),
    });
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      // 416: what is here is not a beginning of what is there.
      if (response.status === 416) await rm(partial, { force: true });
      throw new Error(`HTTP ${response.status} ${response.statusText}`);
    }
    const start = response.status === 206 && earlier !== null ? earlier.bytes : 0;
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    meter.start(download, start, Number.isFinite(length) ? start + length : null);
    // Said before the person's disk is filled to the brim.
    if (length > (await freeBytes(partial))) {
      await response.body.cancel();
      throw Object.assign(new Error('the file is larger than what is free on the disk'), { code: 'ENOSPC' });
    }
    const validator = response.headers.get('etag') ?? response.headers.get('last-modified');
    await writeFile(
      `${partial}.json`,
      JSON.stringify({ url, validator: validator?.startsWith('W/') === true ? null : validator }),
    );
    const file = await open(partial, start > 0 ? 'a' : 'w');
    let received = start;
    try {
      for await (const piece of response.body) {
        watch.refresh();
        // Not `write`, which on a disk that is nearly full takes a part and says nothing.
        await file.writeFile(piece);
        received += piece.length;
        meter.add(download, piece.length);
      }
    } finally {
      await file.close();
    }
    if (Number.isFinite(length) && received !== start + length)
      throw new Error(`the connection ended after ${received} of ${start + length} bytes`);
  } finally {
    clearTimeout(watch);
  }
}

/** What an earlier attempt left from the same address, when the server gave something to recognise the file by. */
async function readPartial(partial: string, url: string): Promise<{ bytes: number; validator: string } | null> {
  try {
    const state = partialState.parse(JSON.parse(await readFile(`${partial}.json`, 'utf8')));
    const { size } = await stat(partial);
    return state.url === url && state.validator !== null && size > 0
      ? { bytes: size, validator: state.validator }
      : null;
  } catch {
    return null;
  }
}

interface Meter {
  /** `already` bytes of the file are here; it has `total`. */
  start(download: Download, already: number, total: number | null): void;
  add(download: Download, bytes: number): void;
  finished(download: Download, bytes: number): void;
  /** The file's size as far as it is known. */
  totalOf(download: Download): number | null;
  say(message: string): void;
}

function progressMeter(entry: CatalogueEntry, onProgress: OnProgress): Meter {
  const done = new Map<string, number>();
  const totals = new Map<string, number | null>(entry.downloads.map((download) => [download.name, download.bytes]));
  const began = performance.now();
  let fetched = 0;
  let reported = -REPORT_MS;
  let file = entry.downloads[0]?.name ?? '';
  const report = (message: string): void => {
    reported = performance.now();
    const seconds = (reported - began) / 1000;
    const known = [...totals.values()];
    onProgress({
      dataset: entry.id,
      file,
      message,
      done: [...done.values()].reduce((sum, bytes) => sum + bytes, 0),
      total: known.every((bytes) => bytes !== null) ? known.reduce((sum, bytes) => sum + bytes, 0) : null,
      rate: seconds > 0 && fetched > 0 ? fetched / seconds : null,
    });
  };
  return {
    start(download, already, total) {
      file = download.name;
      done.set(file, already);
      if (total !== null) totals.set(file, total);
      report(already > 0 ? `Going on with ${file}` : `Getting ${file}`);
    },
    add(download, bytes) {
      fetched += bytes;
      done.set(download.name, (done.get(download.name) ?? 0) + bytes);
      if (performance.now() - reported >= REPORT_MS) report(`Getting ${file}`);
    },
    finished(download, bytes) {
      file = download.name;
      done.set(file, bytes);
      totals.set(file, bytes);
    },
    totalOf: (download) => totals.get(download.name) ?? null,
    say: report,
  };
}

const OFFLINE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function networkReason(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (OFFLINE.has(code)) return `not reachable (${code})`;
  return cause instanceof Error ? `${reason(error)} (${reason(cause)})` : reason(error);
}

/** How to get the dataset in without a network. */
export function importAdvice(entry: CatalogueEntry): string {
  const names = entry.downloads.some((download) => download.archive !== 'none')
    ? entry.downloads.map((download) => download.name)
    : entry.files.map((file) => file.name);
  return (
    `Without a network: bring ${names.join(', ')} (from ${entry.source}) into a folder by other means ` +
    `and import it: ${touchstoneCommand('data', 'import', entry.id)} <folder>`
  );
}
