import { closeSync, mkdirSync, openSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LARGEST_REPORT_BYTES } from '../../../src-main/reports/reading.ts';
import { readInProcess } from '../../../src-main/reports/reading-process.ts';
import { ended, openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { turnsDuring } from '../../fixtures/loop-delay.ts';

/** A report of a hundred megabytes is read by another process, and one that is too large by none. */

let folder = { path: '', remove: (): void => undefined };
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

/** A real report, with room for what a test changes. */
async function smallReport(): Promise<string> {
  const bench = await openBench(join(folder.path, 'first'));
  const { id } = await bench.workbench.call('study.create', request(['fake-walk', 'fake-oracle']));
  await ended(bench.workbench, id);
  const { files } = await bench.workbench.call('report.make', { study: id, formats: ['json'] });
  await bench.workbench.close();
  return files[0]?.text ?? '';
}

/**
 * The same report with every answer given ten thousand times, and then much room: its metrics are what they are, and it
 * is large.
 */
function enlarged(text: string, characters: number): string {
  const report: { trials: { primitives: { probabilities: Record<string, Record<string, unknown>> } }[] } =
    JSON.parse(text);
  for (const { primitives } of report.trials)
    for (const samples of Object.values(primitives.probabilities))
      for (const name of ['values', 'labels', 'tasks'])
        if (typeof samples[name] === 'string') {
          const once = Buffer.from(samples[name], 'base64');
          samples[name] = Buffer.alloc(10_000 * once.length, once).toString('base64');
        }
  return JSON.stringify(report) + ' '.repeat(characters);
}

it('is taken up while others are answered, from a file and in parts', async () => {
  const text = enlarged(await smallReport(), 110e6);
  expect(text.length).toBeGreaterThan(100e6);
  const path = join(folder.path, 'report.json');
  writeFileSync(path, text);
  const bench = await openBench(join(folder.path, 'second'), { readReport: readInProcess });
  await bench.workbench.call('study.list', {});
  let imported: unknown = null;
  const turns = await turnsDuring(async () => {
    imported = await bench.workbench.call('report.import', { path });
  });
  expect(imported).toMatchObject({ trials: 4, alreadyThere: 0, notChecked: 0 });
  expect(turns).toBeLessThan(100);
  let upload: string | null = null;
  for (let from = 0; from < text.length; from += 8e6)
    ({ upload } = await bench.workbench.call('report.upload', { upload, part: text.slice(from, from + 8e6) }));
  expect(await bench.workbench.call('report.import', { upload: upload ?? '' })).toMatchObject({ alreadyThere: 4 });
  expect(readdirSync(join(folder.path, 'second', 'uploads'))).toEqual([]);
  await bench.workbench.close();
}, 120_000);

it('is refused by its size, with the number, before it is read; so is what is no file', async () => {
  const bench = await openBench(folder.path, { readReport: readInProcess });
  const path = join(folder.path, 'huge.json');
  closeSync(openSync(path, 'w'));
  truncateSync(path, LARGEST_REPORT_BYTES + 112e6);
  await expect(bench.workbench.call('report.import', { path })).rejects.toThrow(
    /612 MB large; at most 500 MB can be read/,
  );
  mkdirSync(join(folder.path, 'folder'));
  await expect(bench.workbench.call('report.import', { path: join(folder.path, 'folder') })).rejects.toThrow(
    /is no regular file/,
  );
  await expect(bench.workbench.call('report.import', { path: join(folder.path, 'none') })).rejects.toThrow(
    /could not be read: ENOENT/,
  );
  if (process.platform !== 'win32') {
    execFileSync('mkfifo', [join(folder.path, 'fifo')]);
    await expect(bench.workbench.call('report.import', { path: join(folder.path, 'fifo') })).rejects.toThrow(
      /is no regular file/,
    );
  }
  expect(bench.store.studies()).toEqual([]);
  await bench.workbench.close();
});

it('that needs more memory than reading may take is refused in a sentence', async () => {
  const path = join(folder.path, 'report.json');
  writeFileSync(path, `[${Array.from({ length: 2_000_000 }, (_, index) => `{"a":${index}}`).join(',')}]`);
  await expect(readInProcess(path, new Map(), 24)).rejects.toThrow(/needs more memory than reading may take \(24 MB\)/);
});
