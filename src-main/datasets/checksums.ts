import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { FileEntry } from './entry.ts';
import { GZIP_CHUNK, isGzip } from './formats/gzip.ts';
import { refusal, DOWNLOAD_AGAIN } from './refuse.ts';

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The first two bytes of a file: enough to know a gzip stream. */
export async function firstBytes(path: string): Promise<Uint8Array> {
  const handle = await open(path);
  const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0).finally(() => handle.close());
  return buffer;
}

/** Hexadecimal digests of a file, read in pieces. */
export async function fileDigests(
  path: string,
  signal?: AbortSignal,
): Promise<{ sha256: string; md5: string; bytes: number }> {
  const sha256 = createHash('sha256');
  const md5 = createHash('md5');
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    if (!Buffer.isBuffer(piece)) continue;
    sha256.update(piece);
    md5.update(piece);
    bytes += piece.length;
  }
  return { sha256: sha256.digest('hex'), md5: md5.digest('hex'), bytes };
}

/** What a publisher states about a file; null where nothing is stated. */
type Published = Pick<FileEntry, 'bytes' | 'sha256' | 'md5'>;

/**
 * Compares a file with what its publisher states. Answers `published` when a checksum was compared and `first-use` when
 * none is known.
 *
 * @throws DatasetError when size or checksum differ.
 */
export function checkPublished(
  published: Published,
  found: { readonly bytes: number; readonly sha256: string; readonly md5: string },
  where: string,
): 'published' | 'first-use' {
  if (published.bytes !== null && published.bytes !== found.bytes) {
    throw refusal({ where, expected: `${published.bytes} bytes`, found: `${found.bytes}`, remedy: DOWNLOAD_AGAIN });
  }
  if (published.sha256 !== null && published.sha256 !== found.sha256) {
    throw refusal({ where, expected: `SHA-256 ${published.sha256}`, found: found.sha256, remedy: DOWNLOAD_AGAIN });
  }
  if (published.md5 !== null && published.md5 !== found.md5) {
    throw refusal({ where, expected: `the published MD5 ${published.md5}`, found: found.md5, remedy: DOWNLOAD_AGAIN });
  }
  return published.sha256 !== null || published.md5 !== null ? 'published' : 'first-use';
}

/** SHA-256 of a file's content: unpacked when it is a gzip stream, else of the file as it is. */
export async function contentDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  if (isGzip(await firstBytes(path))) await pipeline(file, createGunzip({ chunkSize: GZIP_CHUNK }), hash);
  else await pipeline(file, hash);
  return hash.digest('hex');
}
