import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { errorCode, reason, refusal } from './refuse.ts';

/**
 * Opens a person's file for reading, and only a regular one (also behind a link): a FIFO, a device or a socket could be
 * waited for
 * without end, or have none. Everything that reads from a folder of a person's goes through here.
 *
 * @param what what is expected there, with its article: "a table".
 * @throws DatasetError when it does not exist, can't be read or is something else.
 */
export async function openRegular(path: string, what: string): Promise<FileHandle> {
  // Without O_NONBLOCK the opening itself waits for somebody who writes into a FIFO. Windows has neither.
  const flags = constants.O_RDONLY | (process.platform === 'win32' ? 0 : constants.O_NONBLOCK);
  const handle = await open(path, flags).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error)))
      throw refusal({
        where: path,
        expected: what,
        found: 'no file of that name',
        remedy: 'Check the path; a relative one begins in the folder that you are in.',
      });
    throw refusal({ where: path, expected: what, found: reason(error), remedy: 'Check the path and its permissions.' });
  });
  const found = await handle.stat();
  if (found.isFile()) return handle;
  await handle.close();
  const kind = found.isDirectory()
    ? 'a folder'
    : found.isFIFO()
      ? 'a FIFO'
      : found.isSocket()
        ? 'a socket'
        : 'a device';
  throw refusal({ where: path, expected: what, found: kind, remedy: 'Name a regular file.' });
}

/** The content of a regular file. Throws as `openRegular`. */
export async function readRegular(path: string, what: string): Promise<Buffer> {
  const handle = await openRegular(path, what);
  return handle.readFile().finally(() => handle.close());
}

/** Copies a regular file; `to` must not exist. Throws as `openRegular`, and what writing throws. */
export async function copyRegular(from: string, to: string, what: string): Promise<void> {
  const [source, target] = [await openRegular(from, what), await open(to, 'wx')];
  await pipeline(source.createReadStream({ highWaterMark: 1 << 20 }), target.createWriteStream());
}
