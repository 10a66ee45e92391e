import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { makePrivateFolder } from '../base/files.ts';
import { canonicalHash } from './canonical-hash.ts';
import type { CatalogueEntry } from './entry.ts';
import { sha256Of } from './checksums.ts';
import type { Decoded } from './decode.ts';
import { generate, scaled } from './generators/index.ts';
import type { PixelSplits, Splits } from './generators/index.ts';
import type { DatasetPaths } from './paths.ts';

const cacheHeader = z.strictObject({
  generator: z.string(),
  version: z.number(),
  seed: z.number(),
  train: z.number(),
  test: z.number(),
  /** Of the bytes after this line. */
  content: z.string(),
  /** Canonical hash of the arrays. */
  sha256: z.string(),
});
type CacheHeader = z.infer<typeof cacheHeader>;

export type GeneratedDataset = Decoded & { readonly sha256: string };

/**
 * A generated dataset: from the cache in the data folder when it is there and intact, else drawn anew and cached. The
 * cache is a line of JSON and the bytes; whatever is wrong with it (another version, damage, a folder that can't be
 * written) only costs the time to draw again.
 */
export async function openGenerated(paths: DatasetPaths, entry: CatalogueEntry): Promise<GeneratedDataset> {
  const { layout, shape, classes, rows } = entry;
  if (layout.kind !== 'generated') throw new TypeError(`"${entry.id}" is not generated.`);
  const wanted = { generator: layout.generator, version: layout.version, seed: layout.seed, ...rows };
  const cache = paths.generated(entry.id);
  const cached = await readCache(
    cache,
    wanted,
    shape.reduce((product, size) => product * size, 1),
  );
  if (cached !== null) return { shape, classes, ...arrays(cached.splits), sha256: cached.sha256 };
  const drawn = generate(layout.generator, layout.version, rows, layout.seed);
  const decoded = {
    shape,
    classes,
    ...(drawn.draws === 'pixels' ? arrays(drawn.splits) : { ...drawn.splits, columns: columnNames(shape[0] ?? 0) }),
  };
  const sha256 = canonicalHash(decoded);
  if (drawn.draws === 'pixels') await writeCache(cache, { ...wanted, sha256 }, drawn.splits);
  return { ...decoded, sha256 };
}

/** The canonical hash when the cache knows it. */
export async function generatedHash(paths: DatasetPaths, entry: CatalogueEntry): Promise<string | null> {
  if (entry.layout.kind !== 'generated') return null;
  const { generator, version, seed } = entry.layout;
  const header = parseHeader(await readFile(paths.generated(entry.id)).catch(() => Buffer.alloc(0)));
  return header !== null && isWanted(header.header, { generator, version, seed, ...entry.rows })
    ? header.header.sha256
    : null;
}

function arrays({ train, test }: PixelSplits): Splits {
  return { train: scaled(train), test: scaled(test) };
}

function columnNames(columns: number): string[] {
  return Array.from({ length: columns }, (_, c) => `x${c + 1}`);
}

type Wanted = Pick<CacheHeader, 'generator' | 'version' | 'seed' | 'train' | 'test'>;

function isWanted(header: CacheHeader, wanted: Wanted): boolean {
  return (
    header.generator === wanted.generator &&
    header.version === wanted.version &&
    header.seed === wanted.seed &&
    header.train === wanted.train &&
    header.test === wanted.test
  );
}

function parseHeader(bytes: Buffer): { header: CacheHeader; content: Buffer } | null {
  const end = bytes.indexOf(0x0a);
  if (end < 0 || end > 4096) return null;
  try {
    return { header: cacheHeader.parse(JSON.parse(bytes.toString('utf8', 0, end))), content: bytes.subarray(end + 1) };
  } catch {
    return null;
  }
}

async function readCache(
  path: string,
  wanted: Wanted,
  size: number,
): Promise<{ splits: PixelSplits; sha256: string } | null> {
  const parsed = parseHeader(await readFile(path).catch(() => Buffer.alloc(0)));
  if (parsed === null) return null;
  const { header, content } = parsed;
  const { train, test } = wanted;
  if (
    !isWanted(header, wanted) ||
    content.length !== (train + test) * (size + 1) ||
    sha256Of(content) !== header.content
  )
    return null;
  const ends = [train * size, train * (size + 1), train * (size + 1) + test * size];
  return {
    sha256: header.sha256,
    splits: {
      train: { pixels: content.subarray(0, ends[0]), labels: content.subarray(ends[0], ends[1]) },
      test: { pixels: content.subarray(ends[1], ends[2]), labels: content.subarray(ends[2]) },
    },
  };
}

async function writeCache(
  path: string,
  header: Omit<CacheHeader, 'content'>,
  { train, test }: PixelSplits,
): Promise<void> {
  const content = Buffer.concat([train.pixels, train.labels, test.pixels, test.labels]);
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    makePrivateFolder(dirname(path));
    await writeFile(
      temporary,
      Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, content: sha256Of(content) })}\n`), content]),
    );
    await rename(temporary, path);
  } catch {
    // A full or read-only disk must not keep anybody from data that can be drawn again at will.
    await rm(temporary, { force: true }).catch(() => undefined);
  }
}
