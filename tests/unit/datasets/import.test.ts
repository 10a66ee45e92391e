import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { writeIdx } from '../../../src-main/datasets/formats/idx.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import {
  IDX_NAMES,
  TEST_ROWS,
  TRAIN_ROWS,
  cifarEntry,
  cifarFile,
  folderWith,
  idxEntry,
  idxFiles,
  refusalOf,
  storeOf,
  imported,
} from './tiny.ts';
import { tar } from './tar.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function installedNothing(dataFolder: string): Promise<void> {
  expect(await readdir(join(dataFolder, 'datasets')).catch(() => [])).toEqual([]);
}

describe('importing IDX files', () => {
  it('installs them, and opens them with the recorded hash', async () => {
    const { store, dataFolder, catalogue } = await storeOf(idxEntry());
    expect(await store.info('tiny')).toMatchObject({ state: 'absent', sha256: null });
    const info = await imported(store, 'tiny', await folderWith(idxFiles()));
    expect(info).toMatchObject({ state: 'installed', rows: { train: TRAIN_ROWS, test: TEST_ROWS } });
    const data = await openDatasetStore({ dataFolder, catalogue }).open('tiny');
    expect(data.sha256).toBe(info.sha256);
    expect(await store.sha256('tiny')).toBe(info.sha256);
    expect([...data.train.y]).toEqual([0, 1, 2, 0, 1, 2]);
    expect(data.train.x[1]).toBe(Math.fround(7 / 255));
    expect((await readdir(join(dataFolder, 'datasets'))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('takes unpacked files, other names and folders below; the hash is that of the content', async () => {
    const { store } = await storeOf(idxEntry());
    const packed = await imported(store, 'tiny', await folderWith(idxFiles()));
    const files = Object.fromEntries(
      Object.entries(idxFiles()).map(([name, bytes]) => [
        `MNIST/raw/${name.replace('.gz', '').toUpperCase()}`,
        gunzipSync(bytes),
      ]),
    );
    const plain = await imported(store, 'tiny', await folderWith(files));
    expect(plain.sha256).toBe(packed.sha256);
  });

  it('turns images upright and counts labels from the first one', async () => {
    const entry = idxEntry({
      shape: [2, 2, 1],
      rows: { train: 2, test: 2 },
      layout: {
        kind: 'idx',
        trainImages: 'train-images.gz',
        trainLabels: 'train-labels.gz',
        testImages: 'test-images.gz',
        testLabels: 'test-labels.gz',
        transposed: true,
        firstLabel: 1,
      },
    });
    const images = writeIdx({ dimensions: [2, 2, 2], values: Uint8Array.of(0, 51, 102, 153, 0, 0, 0, 255) });
    const labels = writeIdx({ dimensions: [2], values: Uint8Array.of(1, 3) });
    const { store } = await storeOf(entry);
    await imported(
      store,
      'tiny',
      await folderWith({
        'train-images.gz': images,
        'test-images.gz': images,
        'train-labels.gz': labels,
        'test-labels.gz': labels,
      }),
    );
    const { train } = await store.open('tiny');
    expect([...train.x.subarray(0, 4)].map((value) => Math.round(value * 5))).toEqual([0, 2, 1, 3]);
    expect([...train.y]).toEqual([0, 2]);
  });

  const good = idxFiles();
  const relabelled = (values: number[]): Uint8Array =>
    gzipSync(writeIdx({ dimensions: [values.length], values: Uint8Array.from(values) }));
  it.each([
    [
      'a missing file',
      { 'train-labels.gz': undefined },
      /expected train-labels\.gz, found test-images\.gz, test-labels\.gz, train-images\.gz\. Put the published files of Tiny/,
    ],
    [
      'a truncated file',
      { 'train-images.gz': good['train-images.gz'].subarray(0, 20) },
      /train-images\.gz: expected an intact gzip stream/,
    ],
    [
      'a file cut after unpacking',
      { 'train-images.gz': gunzipSync(good['train-images.gz']).subarray(0, 40) },
      /train-images\.gz: expected 36 bytes of values \(6 × 3 × 2, from the header\), found 24, the file is truncated/,
    ],
    [
      'a wrong magic number',
      { 'test-labels.gz': Uint8Array.of(9, 9, 9, 9, 0, 0, 0, 4, 0, 0, 0, 0) },
      /test-labels\.gz: expected a label file \(magic 2049\), found magic/,
    ],
    [
      'labels given as images',
      { 'test-images.gz': good['test-labels.gz'] },
      /expected an image file \(magic 2051\), found a label file \(magic 2049\).*mislabelled/,
    ],
    [
      'training and test labels swapped',
      { 'train-labels.gz': good['test-labels.gz'], 'test-labels.gz': good['train-labels.gz'] },
      /expected 6 labels, found 4, as many as the test file of Tiny has.*swapped/,
    ],
    [
      'images of another size',
      { 'test-images.gz': gzipSync(writeIdx({ dimensions: [4, 2, 3], values: new Uint8Array(24) })) },
      /expected images of 3 × 2 pixels, found 2 × 3/,
    ],
    [
      'too few rows',
      { 'train-labels.gz': relabelled([0, 1, 2, 0, 1]) },
      /train-labels\.gz: expected 6 labels, found 5/,
    ],
    [
      'a label out of range',
      { 'train-labels.gz': relabelled([0, 1, 2, 3, 1, 2]) },
      /train-labels\.gz, record 4: expected a label of 0 … 2, found 3/,
    ],
    [
      'an unpacked size beyond all sense',
      { 'train-labels.gz': gzipSync(new Uint8Array(1_000_000)) },
      /at most \d+ bytes after decompression/,
    ],
  ])('refuses %s and installs nothing', async (_, change, message) => {
    const { store, dataFolder } = await storeOf(idxEntry());
    const files: Record<string, Uint8Array> = {};
    for (const [name, bytes] of Object.entries({ ...good, ...change })) if (bytes !== undefined) files[name] = bytes;
    expect(await refusalOf(async () => imported(store, 'tiny', await folderWith(files)))).toMatch(message);
    await installedNothing(dataFolder);
    expect(await refusalOf(() => store.open('tiny'))).toMatch(
      /"tiny" \(Tiny\) is not here yet.*touchstone data get tiny.*touchstone data import tiny/,
    );
  });

  it('a refused import leaves the installed data as they were', async () => {
    const { store } = await storeOf(idxEntry());
    const { sha256: before } = await imported(store, 'tiny', await folderWith(idxFiles()));
    await refusalOf(async () =>
      imported(store, 'tiny', await folderWith({ ...idxFiles(), 'train-labels.gz': 'rubbish' })),
    );
    expect((await store.open('tiny')).sha256).toBe(before);
  });

  it('refuses a folder that is not there, and sets that need no import', async () => {
    const { store } = await storeOf(idxEntry(), idxEntry({ id: 'there', origin: 'shipped' }));
    expect(await refusalOf(() => imported(store, 'tiny', '/no/such/folder'))).toMatch(
      /\/no\/such\/folder: expected a folder .* found ENOENT/,
    );
    expect(await refusalOf(() => imported(store, 'there', '.'))).toMatch(/ships with Touchstone/);
  });
});

describe('checksums', () => {
  const files = idxFiles();
  const known = (extra: (name: (typeof IDX_NAMES)[number]) => object) =>
    idxEntry({ files: IDX_NAMES.map((name) => ({ name, alsoNamed: [name.replace('.gz', '')], ...extra(name) })) });

  it('published ones are compared and named', async () => {
    const { store } = await storeOf(known((name) => ({ sha256: sha256(files[name]), bytes: files[name].length })));
    const info = await imported(store, 'tiny', await folderWith(files));
    expect(info.source).not.toMatch(/no published checksum/);
    expect(await store.verify('tiny')).toEqual({ id: 'tiny', ok: true, message: '4 files are as published.' });
  });

  it('other content with intact structure is refused', async () => {
    const { store, dataFolder } = await storeOf(
      known((name) => ({ md5: createHash('md5').update(files[name]).digest('hex') })),
    );
    const changed = gzipSync(writeIdx({ dimensions: [6], values: Uint8Array.of(1, 1, 2, 0, 1, 2) }));
    expect(
      await refusalOf(async () => imported(store, 'tiny', await folderWith({ ...files, 'train-labels.gz': changed }))),
    ).toMatch(/train-labels\.gz: expected the published MD5/);
    await installedNothing(dataFolder);
  });

  it('files packed again are recognised by their content', async () => {
    const { store } = await storeOf(
      known((name) => ({ sha256: sha256(files[name]), contentSha256: sha256(gunzipSync(files[name])) })),
    );
    const again = Object.fromEntries(
      Object.entries(files).map(([name, bytes]) => [name, gzipSync(gunzipSync(bytes), { level: 1 })]),
    );
    await imported(store, 'tiny', await folderWith(again));
    expect((await store.verify('tiny')).message).toBe('4 files are as published.');
    const wrong = gzipSync(writeIdx({ dimensions: [6], values: Uint8Array.of(1, 1, 2, 0, 1, 2) }));
    expect(
      await refusalOf(async () => imported(store, 'tiny', await folderWith({ ...files, 'train-labels.gz': wrong }))),
    ).toMatch(/expected the published content/);
  });

  it('where none is known, the first use is recorded, said, and held to', async () => {
    const { store, dataFolder } = await storeOf(idxEntry());
    const info = await imported(store, 'tiny', await folderWith(files));
    expect(info.source).toMatch(/no published checksum was compared: SHA-256 recorded \d{4}-\d\d-\d\d/);
    expect((await store.verify('tiny')).message).toMatch(
      /4 files are as first installed on .*; no published checksum was compared\./,
    );
    const path = join(dataFolder, 'datasets', 'tiny', 'train-labels.gz');
    await writeFile(path, gzipSync(writeIdx({ dimensions: [6], values: Uint8Array.of(2, 1, 2, 0, 1, 2) })));
    expect(await refusalOf(() => store.open('tiny'))).toMatch(
      /train-labels\.gz: expected SHA-256 .* \(recorded when it was installed\)/,
    );
    expect(await store.verify('tiny')).toMatchObject({ ok: false });
  });

  it('a file that only has another time is compared and accepted', async () => {
    const { store, dataFolder } = await storeOf(idxEntry());
    const { sha256: before } = await imported(store, 'tiny', await folderWith(files));
    await utimes(join(dataFolder, 'datasets', 'tiny', 'train-labels.gz'), new Date(1000), new Date(1000));
    expect((await store.open('tiny')).sha256).toBe(before);
  });
});

it('a damaged receipt is refused with what to do, and does not hide other datasets', async () => {
  const { store, dataFolder } = await storeOf(idxEntry());
  await imported(store, 'tiny', await folderWith(idxFiles()));
  await writeFile(join(dataFolder, 'datasets', 'tiny', 'receipt.json'), '{"version": 1');
  expect(await refusalOf(() => store.open('tiny'))).toMatch(
    /receipt\.json: expected the receipt of an installed dataset.*Delete the folder/,
  );
  expect((await store.list()).map(({ state }) => state)).toEqual(['absent']);
});

describe('importing CIFAR files', () => {
  const files = {
    'data_batch_1.bin': cifarFile(2, 1, 0),
    'data_batch_2.bin': cifarFile(2, 1, 1),
    'test_batch.bin': cifarFile(2, 1, 2),
  };

  it('puts the batches together in order', async () => {
    const { store } = await storeOf(cifarEntry());
    await imported(store, 'tiny-cifar', await folderWith(files));
    const { train, test } = await store.open('tiny-cifar');
    expect([...train.y, ...test.y]).toEqual([0, 1, 1, 2, 2, 0]);
    expect(train.x[3072 * 2]).toBe(Math.fround(1 / 255));
  });

  it('takes the fine label of two', async () => {
    const entry = cifarEntry({
      files: [{ name: 'train.bin' }, { name: 'test.bin' }],
      layout: { kind: 'cifar', train: ['train.bin'], test: ['test.bin'], labelBytes: 2 },
    });
    const { store } = await storeOf(entry);
    await imported(
      store,
      'tiny-cifar',
      await folderWith({ 'train.bin': cifarFile(4, 2, 0), 'test.bin': cifarFile(2, 2, 0) }),
    );
    expect([...(await store.open('tiny-cifar')).train.y]).toEqual([1, 0, 2, 1]);
    expect(
      await refusalOf(async () =>
        imported(
          store,
          'tiny-cifar',
          await folderWith({ 'train.bin': cifarFile(2, 2, 0), 'test.bin': cifarFile(4, 2, 0) }),
        ),
      ),
    ).toMatch(/swapped/);
  });

  it.each([
    [
      'a truncated batch',
      { 'data_batch_2.bin': files['data_batch_2.bin'].subarray(0, 5000) },
      /data_batch_2\.bin: expected a whole number of records of 3073 bytes, found 5000/,
    ],
    [
      'a batch with too few records',
      { 'data_batch_2.bin': cifarFile(1, 1, 0) },
      /data_batch_2\.bin: expected 2 records, found 1/,
    ],
    [
      'a label out of range',
      { 'test_batch.bin': files['test_batch.bin'].map((byte, i) => (i === 3073 ? 200 : byte)) },
      /test_batch\.bin, record 2: expected a label of 0 … 2, found 200/,
    ],
  ])('refuses %s', async (_, change, message) => {
    const { store, dataFolder } = await storeOf(cifarEntry());
    expect(
      await refusalOf(async () => imported(store, 'tiny-cifar', await folderWith({ ...files, ...change }))),
    ).toMatch(message);
    await installedNothing(dataFolder);
  });

  it('takes the files out of the published archive', async () => {
    const members = Object.fromEntries(Object.keys(files).map((name) => [name, `cifar/${name}`]));
    const packed = (name: string, archive: 'zip' | 'tar.gz') =>
      cifarEntry({ downloads: [{ name, mirrors: ['https://example.org/published-name'], archive, members }] });
    const inside = Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`cifar/${name}`, bytes]));
    const plain = await storeOf(cifarEntry());
    const expected = (await imported(plain.store, 'tiny-cifar', await folderWith(files))).sha256;
    const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);
    const tarball = gzipSync(tar({ 'cifar/readme.html': new TextEncoder().encode('<p>'), ...inside }));
    const tarred = await storeOf(packed('all.tar.gz', 'tar.gz'));
    expect((await imported(tarred.store, 'tiny-cifar', await folderWith({ 'all.tar.gz': tarball }))).sha256).toBe(
      expected,
    );
    const zipped = await storeOf(packed('all.zip', 'zip'));
    expect(
      (await imported(zipped.store, 'tiny-cifar', await folderWith({ 'published-name': zipSync(inside) }))).sha256,
    ).toBe(expected);
    expect(
      await refusalOf(async () =>
        imported(tarred.store, 'tiny-cifar', await folderWith({ 'all.tar.gz': half(tarball) })),
      ),
    ).toMatch(/intact tar\.gz archive/);
    expect(
      await refusalOf(async () =>
        imported(zipped.store, 'tiny-cifar', await folderWith({ 'all.zip': half(zipSync(inside)) })),
      ),
    ).toMatch(/all\.zip: expected .*cifar\//);
    expect(
      await refusalOf(async () =>
        imported(
          tarred.store,
          'tiny-cifar',
          await folderWith({
            'all.tar.gz': gzipSync(tar({ 'cifar/test_batch.bin': inside['cifar/test_batch.bin'] ?? new Uint8Array() })),
          }),
        ),
      ),
    ).toMatch(/expected cifar\/data_batch_1\.bin, cifar\/data_batch_2\.bin in the archive/);
  });
});

it(
  'a data folder that cannot be written is named, and what a killed import left is cleared away ' + 'after a day',
  async () => {
    const blocked = openDatasetStore({
      dataFolder: join(await folderWith({ blocked: 'x' }), 'blocked'),
      catalogue: new Map([['tiny', idxEntry()]]),
    });
    expect(await refusalOf(async () => imported(blocked, 'tiny', await folderWith(idxFiles())))).toMatch(
      /blocked.datasets: this should be a folder \(.*blocked is no folder \(EEXIST\)\)/,
    );
    const { store, dataFolder } = await storeOf(idxEntry());
    const [old, young] = ['.incoming-old', '.incoming-young'].map((name) => join(dataFolder, 'datasets', name));
    for (const folder of [old, young]) await mkdir(folder, { recursive: true });
    await utimes(old, new Date(0), new Date(0));
    expect((await store.list()).map(({ id }) => id)).toEqual(['tiny']);
    await imported(store, 'tiny', await folderWith(idxFiles()));
    expect((await readdir(join(dataFolder, 'datasets'))).sort()).toEqual(['.incoming-young', 'tiny']);
  },
);

it('removes what was installed', async () => {
  const { store, dataFolder } = await storeOf(idxEntry());
  await imported(store, 'tiny', await folderWith(idxFiles()));
  await store.remove('tiny');
  expect((await store.info('tiny')).state).toBe('absent');
  await installedNothing(dataFolder);
  expect(await readFile(join(dataFolder, 'datasets', 'tiny', 'receipt.json')).catch(() => null)).toBeNull();
});
