import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join, resolve } from 'node:path';

/** Writes all chunks to an open file; replaced in tests that need a disk to be full. */
export type ChunkWriter = (descriptor: number, chunk: Uint8Array) => void;

const writeAll: ChunkWriter = (descriptor, chunk) => {
  let written = 0;
  while (written < chunk.length) written += writeSync(descriptor, chunk, written);
};

/**
 * Writes a file so that a reader sees the whole of it or nothing, also after a power cut: temporary file in the same
 * folder, fsync, `beforeRename` (a place to put the old one aside), rename, fsync of the folder. On failure the
 * temporary file is removed, the old file stays. With `durable: false` a power cut may lose the new content, and it
 * costs no wait for the disk.
 */
export function writeFileAtomic(
  path: string,
  chunks: readonly Uint8Array[],
  options: { write?: ChunkWriter; beforeRename?: () => void; durable?: boolean } = {},
): void {
  const folder = dirname(path);
  makePrivateFolder(folder);
  const temporary = temporaryName(path);
  const write = options.write ?? writeAll;
  try {
    const descriptor = openSync(temporary, 'wx', 0o600);
    try {
      for (const chunk of chunks) write(descriptor, chunk);
      if (options.durable !== false) fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    options.beforeRename?.();
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (options.durable !== false) syncFolder(folder);
}

/**
 * Makes a folder, and those above it that are not there, for its owner only, whatever the umask. One that is there
 * stays as it is.
 */
export function makePrivateFolder(folder: string): void {
  makeFolder(folder, 0o700);
}

/**
 * Makes a folder, and those above it that are not there, level by level: `recursive` of Node never ends where the
 * system answers that there is no such place for a folder whose parent is there (/proc). Throws with the `code` of the
 * system, and says where no folder can be made.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !isFolder(at) && at !== dirname(at); at = dirname(at)) missing.unshift(at);
  for (const path of missing) {
    try {
      mkdirSync(path, { mode });
    } catch (error) {
      const code = errorCode(error);
      // Another process was quicker.
      if (code === 'EEXIST' && isFolder(path)) continue;
      const what = code === 'EEXIST' ? `${path} is no folder` : `no folder can be made in ${dirname(path)}`;
      throw Object.assign(new Error(`${what} (${code ?? String(error)})`, { cause: error }), { code });
    }
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Makes an empty file for its owner only, whatever the umask, unless it is there. */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
}

/** A name beside `path` for what is not whole yet: `.name.4711-0badcafe.tmp`, with the process that writes it. */
export const temporaryName = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`);

/** Removes what writers of `path` left behind when they were killed in the middle. Only when nobody writes it. */
export function removeTemporaries(path: string): void {
  const folder = dirname(path);
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(`.${basename(path)}.`) && name.endsWith('.tmp')) rmSync(join(folder, name), { force: true });
  }
}

/** Makes a rename durable; not possible on every platform, and then left out. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Some network file systems refuse fsync on folders; the rename itself has happened.
  }
}

/**
 * Gives a whole file its name, which nobody may have: throws `EEXIST` else. File systems without links cannot say so in
 * one step. The file keeps its former name too where there are links.
 */
export function placeFile(file: string, target: string): void {
  try {
    linkSync(file, target);
  } catch (error) {
    if (existsSync(target) || !NO_LINKS.has(errorCode(error) ?? '')) throw error;
    renameSync(file, target);
  }
}

/**
 * Writes a result that a person asked for into a folder that is there: whole or not at all. A file that is there is
 * replaced in one step with `force`; without it this throws `EEXIST`, and nothing was overwritten.
 */
export function writeResult(target: string, content: string | Uint8Array, force: boolean): void {
  const part = temporaryName(target);
  try {
    writeFileSync(part, content);
    if (force) renameSync(part, target);
    else placeFile(part, target);
  } finally {
    rmSync(part, { force: true });
  }
}

const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** The `code` of a Node system error (`ENOSPC`, …), or null. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
