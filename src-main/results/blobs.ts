import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../base/files.ts';

/** A stored file whose content is not what was stored. */
export class DamagedBlob extends Error {
  override readonly name = 'DamagedBlob';

  constructor(path: string) {
    super(`The stored file ${path} is damaged: its content does not match its name. Retry the trial that made it.`);
  }
}

/**
 * Files named by the SHA-256 of their content, under `<data folder>/blobs/ab/abcdef…`. Writing the same content twice
 * stores it once.
 */
export class BlobStore {
  readonly folder: string;
  readonly #watches = new Set<Set<string>>();

  constructor(folder: string) {
    this.folder = folder;
  }

  path(hash: string): string {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`"${hash}" is not the name of a stored file.`);
    return join(this.folder, hash.slice(0, 2), hash);
  }

  put(chunks: readonly Uint8Array[]): { hash: string; bytes: number } {
    const digest = createHash('sha256');
    for (const chunk of chunks) digest.update(chunk);
    const hash = digest.digest('hex');
    const path = this.path(hash);
    for (const hashes of this.#watches) hashes.add(hash);
    // What is there already may have been damaged since: then it is written again.
    if (!this.#isIntact(hash)) writeFileAtomic(path, chunks);
    return { hash, bytes: chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0) };
  }

  /**
   * The only way to read one. Null when it was dropped; throws DamagedBlob when the content is not what its name says.
   */
  get(hash: string): Uint8Array<ArrayBuffer> | null {
    const path = this.path(hash);
    if (!existsSync(path)) return null;
    const bytes = Uint8Array.from(readFileSync(path));
    if (createHash('sha256').update(bytes).digest('hex') !== hash) throw new DamagedBlob(path);
    return bytes;
  }

  /** As `get`; throws when it is not there. */
  read(hash: string): Uint8Array<ArrayBuffer> {
    const bytes = this.get(hash);
    if (bytes === null) throw new Error(`The stored file ${this.path(hash)} is gone. Retry the trial that made it.`);
    return bytes;
  }

  /** Whether it is there and what its name says. */
  #isIntact(hash: string): boolean {
    try {
      return this.get(hash) !== null;
    } catch (error) {
      if (error instanceof DamagedBlob) return false;
      throw error;
    }
  }

  /** Notes what is stored from now on, for who finds out in steps what nothing uses any more. */
  watch(): { readonly hashes: ReadonlySet<string>; end(): void } {
    const hashes = new Set<string>();
    this.#watches.add(hashes);
    return { hashes, end: () => this.#watches.delete(hashes) };
  }

  drop(hash: string): void {
    rmSync(this.path(hash), { force: true });
  }

  /** Bytes on disk. */
  size(): number {
    if (!existsSync(this.folder)) return 0;
    let total = 0;
    for (const entry of readdirSync(this.folder, { recursive: true, withFileTypes: true }))
      if (entry.isFile()) total += statSync(join(entry.parentPath, entry.name)).size;
    return total;
  }
}

const arrayHeader = z.array(
  z.object({ name: z.string(), length: z.int().min(0), dtype: z.literal('int32').optional() }),
);

/**
 * Named arrays as one file: header length (uint32 little-endian), header (JSON: names and lengths in order, and where
 * they are no float32 that they are int32), values little-endian.
 */
export function packArrays(arrays: Readonly<Record<string, Float32Array | Int32Array>>): Uint8Array[] {
  const entries = Object.entries(arrays);
  const header = Buffer.from(
    JSON.stringify(
      entries.map(([name, data]) => ({
        name,
        length: data.length,
        ...(data instanceof Int32Array ? { dtype: 'int32' } : {}),
      })),
    ),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return [length, header, ...entries.map(([, data]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/** Inverse of `packArrays`; throws when the bytes are not such a file. */
export function unpackArrays(bytes: Uint8Array): Record<string, Float32Array | Int32Array> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = file.readUInt32LE(0);
  const header = arrayHeader.parse(JSON.parse(file.toString('utf8', 4, 4 + headerLength)));
  let offset = 4 + headerLength;
  const arrays: Record<string, Float32Array | Int32Array> = {};
  for (const { name, length, dtype } of header) {
    const { buffer } = Uint8Array.from(file.subarray(offset, offset + 4 * length));
    arrays[name] = dtype === 'int32' ? new Int32Array(buffer) : new Float32Array(buffer);
    offset += 4 * length;
  }
  if (offset !== file.length) throw new Error(`The file of arrays names ${offset} bytes but holds ${file.length}.`);
  return arrays;
}
