import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createInflateRaw } from 'node:zlib';
import { makeFolder } from '../../base/files.ts';
import { EngineError } from '../types.ts';

export interface ZipEntry {
  readonly name: string;
  readonly bytes: number;
  readonly packed: number;
  readonly crc: number;
  readonly method: number;
  readonly offset: number;
  /** Its archiver's system let somebody run it. */
  readonly executable: boolean;
}

const END = 0x06054b50,
  CENTRAL = 0x02014b50,
  LOCAL = 0x04034b50,
  UNIX = 3;

/**
 * The entries of a zip archive (APPNOTE 6.3; without ZIP64, which no wheel of ours needs). @throws EngineError when it
 * is not a whole zip archive
 */
export async function zipEntries(archive: string): Promise<ZipEntry[]> {
  const broken = (what: string): EngineError =>
    new EngineError(`${archive} is not a complete zip archive: ${what}. Remove it and try again.`);
  await using file = await open(archive);
  const { size } = await file.stat();
  const tail = Buffer.alloc(Math.min(size, 65_557));
  await file.read(tail, 0, tail.length, size - tail.length);
  let at = tail.length - 22;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) throw broken('its directory is missing, so the end of the file is probably cut off');
  const [count, length, start] = [tail.readUInt16LE(at + 10), tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)];
  if (count === 0xffff || start === 0xffffffff) throw broken('it uses the ZIP64 form');
  if (start + length > size) throw broken('its directory points beyond its end');
  const directory = Buffer.alloc(length);
  await file.read(directory, 0, length, start);
  const entries: ZipEntry[] = [];
  for (let p = 0, i = 0; i < count; i++) {
    if (p + 46 > length || directory.readUInt32LE(p) !== CENTRAL)
      throw broken(`entry ${i} of its directory is damaged`);
    const [nameLength, extraLength, commentLength] = [
      directory.readUInt16LE(p + 28),
      directory.readUInt16LE(p + 30),
      directory.readUInt16LE(p + 32),
    ];
    entries.push({
      name: directory.toString('utf8', p + 46, p + 46 + nameLength),
      method: directory.readUInt16LE(p + 10),
      crc: directory.readUInt32LE(p + 16),
      packed: directory.readUInt32LE(p + 20),
      bytes: directory.readUInt32LE(p + 24),
      offset: directory.readUInt32LE(p + 42),
      // Unix keeps a file's mode in the upper half of the external attributes.
      executable: directory[p + 5] === UNIX && ((directory.readUInt32LE(p + 38) >>> 16) & 0o111) !== 0,
    });
    p += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

/**
 * Unpacks chosen entries below `folder`: `choose` answers the path there, or null to leave an entry out. Answers size
 * and SHA-256 by path. Programs can be run, checks sizes and CRC-32. @throws EngineError on damage and on a name that
 * leads out of the folder
 */
export async function unzip(
  archive: string,
  folder: string,
  choose: (name: string) => string | null,
  options: { signal?: AbortSignal | undefined; onBytes?: (done: number, total: number) => void } = {},
): Promise<Record<string, { bytes: number; sha256: string }>> {
  const chosen = (await zipEntries(archive)).flatMap((entry) => {
    const path = entry.name.endsWith('/') ? null : choose(entry.name);
    return path === null ? [] : [{ entry, path }];
  });
  const total = chosen.reduce((sum, { entry }) => sum + entry.bytes, 0);
  const files: Record<string, { bytes: number; sha256: string }> = {};
  let done = 0;
  await using file = await open(archive);
  for (const { entry, path } of chosen) {
    const target = resolve(folder, path);
    if (!target.startsWith(resolve(folder) + sep))
      throw new EngineError(`${archive} holds “${entry.name}”, which leads out of the folder: it is not unpacked.`);
    if (entry.method !== 0 && entry.method !== 8)
      throw new EngineError(
        `${archive}: “${entry.name}” is packed by method ${entry.method}; only stored and deflated entries are known.`,
      );
    const local = Buffer.alloc(30);
    await file.read(local, 0, 30, entry.offset);
    if (local.readUInt32LE(0) !== LOCAL)
      throw new EngineError(
        `${archive}: “${entry.name}” is not where the directory says. Remove the archive and try again.`,
      );
    const start = entry.offset + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    const hash = createHash('sha256');
    let crc = 0,
      bytes = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        hash.update(chunk);
        crc = crc32(chunk, crc);
        bytes += chunk.length;
        done += chunk.length;
        options.onBytes?.(done, total);
        next(null, chunk);
      },
    });
    makeFolder(dirname(target));
    const source =
      entry.packed === 0
        ? PassThrough.from([])
        : createReadStream(archive, { start, end: start + entry.packed - 1, highWaterMark: 1 << 20 });
    await pipeline(
      source,
      entry.method === 8 ? createInflateRaw({ chunkSize: 1 << 20 }) : new PassThrough(),
      measure,
      createWriteStream(target, { mode: entry.executable ? 0o755 : 0o644 }),
      options.signal ? { signal: options.signal } : {},
    );
    if (bytes !== entry.bytes || crc !== entry.crc)
      throw new EngineError(
        `${archive}: “${entry.name}” is damaged (${bytes} of ${entry.bytes} bytes, CRC ` +
          `${crc.toString(16)} instead of ${entry.crc.toString(16)}). Remove the archive and try again.`,
      );
    files[path] = { bytes, sha256: hash.digest('hex') };
  }
  return files;
}
