import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll } from 'vitest';
import type { z } from 'zod';
import { catalogueOf } from '../../../src-main/datasets/catalogue.ts';
import { catalogueEntry } from '../../../src-main/datasets/entry.ts';
import type { Catalogue } from '../../../src-main/datasets/catalogue.ts';
import type { CatalogueEntry } from '../../../src-main/datasets/entry.ts';
import { writeCifar } from '../../../src-main/datasets/formats/cifar.ts';
import { writeIdx } from '../../../src-main/datasets/formats/idx.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import type { DatasetStore, TableOptionsInput } from '../../../src-main/datasets/store.ts';
import type { DatasetInfo } from '../../../src-main/datasets/types.ts';

/** Published datasets in miniature: six training and four test images of 3 × 2 pixels, two CIFAR records a file. */
export const TRAIN_ROWS = 6;
export const TEST_ROWS = 4;
const SIZE = 6;

export const IDX_NAMES = ['train-images.gz', 'train-labels.gz', 'test-images.gz', 'test-labels.gz'] as const;
export type IdxFiles = Record<(typeof IDX_NAMES)[number], Uint8Array>;

export function idxFiles(): IdxFiles {
  const images = (rows: number, from: number): Uint8Array =>
    gzipSync(
      writeIdx({
        dimensions: [rows, 3, 2],
        values: Uint8Array.from({ length: rows * SIZE }, (_, i) => (from + 7 * i) % 256),
      }),
    );
  const labels = (rows: number): Uint8Array =>
    gzipSync(writeIdx({ dimensions: [rows], values: Uint8Array.from({ length: rows }, (_, i) => i % 3) }));
  return {
    'train-images.gz': images(TRAIN_ROWS, 0),
    'train-labels.gz': labels(TRAIN_ROWS),
    'test-images.gz': images(TEST_ROWS, 100),
    'test-labels.gz': labels(TEST_ROWS),
  };
}

const described = { licence: 'none', source: 'https://example.org/tiny', citation: 'nobody' };

type Extra = Partial<z.input<typeof catalogueEntry>>;

export function idxEntry(extra: Extra = {}): CatalogueEntry {
  return catalogueEntry.parse({
    id: 'tiny',
    title: 'Tiny',
    kind: 'image',
    origin: 'published',
    rows: { train: TRAIN_ROWS, test: TEST_ROWS },
    shape: [3, 2, 1],
    classes: ['a', 'b', 'c'],
    ...described,
    files: IDX_NAMES.map((name) => ({ name, alsoNamed: [name.replace('.gz', '')] })),
    layout: {
      kind: 'idx',
      trainImages: 'train-images.gz',
      trainLabels: 'train-labels.gz',
      testImages: 'test-images.gz',
      testLabels: 'test-labels.gz',
    },
    ...extra,
  });
}

export function cifarFile(rows: number, labelBytes: 1 | 2, seed: number): Uint8Array {
  const labels = Uint8Array.from({ length: rows * labelBytes }, (_, i) =>
    labelBytes === 2 && i % 2 === 0 ? 19 : (i + seed) % 3,
  );
  return writeCifar({
    rows,
    labels,
    pixels: Uint8Array.from({ length: rows * 3072 }, (_, i) => (i * 31 + seed) % 256),
  });
}

export function cifarEntry(extra: Extra = {}): CatalogueEntry {
  return catalogueEntry.parse({
    id: 'tiny-cifar',
    title: 'Tiny CIFAR',
    kind: 'image',
    origin: 'published',
    rows: { train: 4, test: 2 },
    shape: [32, 32, 3],
    classes: ['a', 'b', 'c'],
    ...described,
    files: ['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin'].map((name) => ({ name })),
    layout: { kind: 'cifar', train: ['data_batch_1.bin', 'data_batch_2.bin'], test: ['test_batch.bin'], labelBytes: 1 },
    ...extra,
  });
}

const made: string[] = [];
afterAll(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

export async function folderWith(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'touchstone-data-'));
  made.push(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

export async function storeOf(
  ...entries: CatalogueEntry[]
): Promise<{ store: DatasetStore; dataFolder: string; catalogue: Catalogue }> {
  const dataFolder = await folderWith({});
  const catalogue = catalogueOf(entries);
  return { store: openDatasetStore({ dataFolder, catalogue }), dataFolder, catalogue };
}

/** What a store says about a dataset that it has just imported. */
export async function imported(
  store: DatasetStore,
  id: string,
  path: string,
  options: TableOptionsInput = {},
): Promise<DatasetInfo> {
  return (await store.import(id, path, options)).info;
}

/** The message of the DatasetError that `action` is refused with. */
export async function refusalOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof Error && error.name === 'DatasetError') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
