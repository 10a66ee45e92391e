import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../../src-main/datasets/catalogue.ts';
import { decodeFiles } from '../../../src-main/datasets/decode.ts';
import { RESOURCES } from '../../../src-main/datasets/resources.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-parts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const store = openDatasetStore({ dataFolder: folder });

describe('a data set that is opened for its training rows', () => {
  it.each(['optdigits', 'wdbc', 'car'])('%s has these and its hash, and no test row', async (id) => {
    const [all, train] = [await store.open(id), await store.open(id, 'train')];
    expect(train.train).toEqual(all.train);
    expect(train.sha256).toBe(all.sha256);
    expect([train.test.rows, train.test.x.length, train.test.y.length]).toEqual([0, 0, 0]);
  });

  it('reads no test file where there are some', async () => {
    const entry = loadCatalogue(RESOURCES).get('mnist');
    if (entry === undefined || entry.layout.kind !== 'idx') throw new Error('MNIST ships as IDX files');
    const { layout } = entry;
    const asked: string[] = [];
    const reading = decodeFiles(
      entry,
      async (name) => {
        asked.push(name);
        throw new Error('not read here');
      },
      'train',
    );
    await expect(reading).rejects.toThrow('not read here');
    expect(asked).toEqual([layout.trainImages, layout.trainLabels]);
  });
});
