import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { Unzip, UnzipInflate } from 'fflate';
import { GZIP_CHUNK } from './formats/gzip.ts';
import { DatasetError } from './types.ts';
import { errorCode, reason, refusal, DOWNLOAD_AGAIN } from './refuse.ts';

/**
 * Path inside the archive → where to write that member. Nothing else is taken out, so a path in the archive can't lead
 * anywhere.
 */
export type Members = ReadonlyMap<string, string>;

/**
 * Takes `members` out of a .tar.gz or .zip file, in one pass and in pieces.
 *
 * @throws DatasetError when the archive is damaged or lacks a member.
 */
export async function unpack(
  kind: 'tar.gz' | 'zip',
  archive: string,
  members: Members,
  signal?: AbortSignal,
): Promise<void> {
  const found = new Set<string>();
  try {
    await (kind === 'zip' ? unzip(archive, members, found, signal) : untar(archive, members, found, signal));
  } catch (error) {
    if (error instanceof DatasetError || signal?.aborted === true || FULL.has(errorCode(error))) throw error;
    throw refusal({
      where: archive,
      expected: `an intact ${kind} archive`,
      found: `a damaged or truncated one (${reason(error)})`,
      remedy: DOWNLOAD_AGAIN,
    });
  }
  const missing = [...members.keys()].filter((name) => !found.has(name));
  if (missing.length > 0)
    throw refusal({
      where: archive,
      expected: `${missing.join(', ')} in the archive`,
      found: 'nothing complete of that name',
      remedy: DOWNLOAD_AGAIN,
    });
}

/** Not the archive's fault. */
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOENT']);

const BLOCK = 512;

/**
 * The tar format needs no more than this here: 512-byte headers with name (0, 100), size (124, octal), type (156) and
 * prefix (345).
 */
async function untar(archive: string, members: Members, found: Set<string>, signal?: AbortSignal): Promise<void> {
  const file = createReadStream(archive, { highWaterMark: 1 << 20, signal });
  const pieces = file.pipe(createGunzip({ chunkSize: GZIP_CHUNK }));
  // pipe doesn't carry read errors over; the loop only sees the unpacked side.
  file.once('error', (error) => pieces.destroy(error));
  let pending = Buffer.alloc(0);
  let left = 0;
  let padding = 0;
  let name = '';
  let out: FileHandle | null = null;
  try {
    for await (const piece of pieces) {
      if (!Buffer.isBuffer(piece)) continue;
      let rest = pending.length === 0 ? piece : Buffer.concat([pending, piece]);
      for (;;) {
        if (left > 0) {
          const part = rest.subarray(0, left);
          rest = rest.subarray(part.length);
          left -= part.length;
          await out?.writeFile(part);
          if (left > 0) break;
          if (out !== null) found.add(name);
          await out?.close();
          out = null;
        }
        if (rest.length < padding + BLOCK) break;
        rest = rest.subarray(padding);
        padding = 0;
        const header = rest.subarray(0, BLOCK);
        rest = rest.subarray(BLOCK);
        if (header.every((value) => value === 0)) continue;
        ({ name, size: left } = tarHeader(header));
        padding = (BLOCK - (left % BLOCK)) % BLOCK;
        const target = members.get(name);
        if (target !== undefined) out = await open(target, 'w');
      }
      pending = Buffer.from(rest);
    }
  } finally {
    await out?.close();
  }
}

function tarHeader(header: Buffer): { name: string; size: number } {
  const text = (start: number, length: number): string =>
    header.toString('latin1', start, start + length).replace(/\0.*$/s, '');
  const size = Number.parseInt(text(124, 12).trim(), 8);
  if (!Number.isSafeInteger(size)) throw new Error('a tar header is damaged');
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  const name = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return { name: name.replace(/^\.\//, ''), size };
}

async function unzip(archive: string, members: Members, found: Set<string>, signal?: AbortSignal): Promise<void> {
  /** What fflate unpacked from the piece at hand, to be written before the next one. */
  const unpacked: { name: string; target: string; bytes: Uint8Array; final: boolean }[] = [];
  const handles = new Map<string, FileHandle>();
  const failures: Error[] = [];
  const reader = new Unzip((file) => {
    const target = members.get(file.name);
    if (target === undefined) return;
    file.ondata = (error, bytes, final) => {
      if (error === null) unpacked.push({ name: file.name, target, bytes, final });
      else failures.push(error);
    };
    file.start();
  });
  reader.register(UnzipInflate);
  try {
    for await (const piece of createReadStream(archive, { highWaterMark: 1 << 20, signal })) {
      if (!Buffer.isBuffer(piece)) continue;
      reader.push(piece);
      if (failures.length > 0) throw failures[0];
      for (const { name, target, bytes, final } of unpacked.splice(0)) {
        const handle = handles.get(name) ?? (await open(target, 'w'));
        handles.set(name, handle);
        await handle.writeFile(bytes);
        if (!final) continue;
        await handle.close();
        handles.delete(name);
        found.add(name);
      }
    }
  } finally {
    for (const handle of handles.values()) await handle.close();
  }
}
