import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import type { DownloadProgress } from '../../../src-main/datasets/store.ts';
import { IDX_NAMES, cifarEntry, cifarFile, idxEntry, idxFiles, refusalOf, storeOf } from './tiny.ts';
import { tar } from './tar.ts';

interface Served {
  readonly url: string;
  /** `<path> <range header or '-'>`, in order. */
  readonly requests: string[];
}

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

type Answer = (request: IncomingMessage, response: ServerResponse, bytes: Buffer) => void;

/** A mirror: serves files with ETag and Range, unless `answer` does something else with a path. */
async function serve(
  files: Readonly<Record<string, Uint8Array>>,
  answer: Readonly<Record<string, Answer>> = {},
): Promise<Served> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '').slice(1);
    requests.push(`${path} ${request.headers.range ?? '-'}`);
    const content = files[path];
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const bytes = Buffer.from(content);
    (answer[path] ?? sendRange)(request, response, bytes);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  closing.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  );
  return { url: `http://127.0.0.1:${address.port}/`, requests };
}

const etag = (bytes: Buffer): string => `"${createHash('md5').update(bytes).digest('hex')}"`;

function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? Number.NaN);
  if (Number.isNaN(start) || request.headers['if-range'] !== etag(bytes)) {
    response.writeHead(200, { etag: etag(bytes), 'content-length': bytes.length }).end(bytes);
  } else {
    response
      .writeHead(206, {
        etag: etag(bytes),
        'content-length': bytes.length - start,
        'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
      })
      .end(bytes.subarray(start));
  }
}

/** Sends half, then cuts the connection; from the second request on all is well. */
function cutOnce(written: () => string): Answer {
  let cut = false;
  return (request, response, bytes) => {
    if (cut) return sendRange(request, response, bytes);
    cut = true;
    const half = bytes.length >> 1;
    response.writeHead(200, { etag: etag(bytes), 'content-length': bytes.length });
    response.write(bytes.subarray(0, half));
    // Not before the reader has put it away: what is on its way when a connection breaks may be lost.
    const watch = setInterval(() => {
      if (statSync(written(), { throwIfNoEntry: false })?.size !== half) return;
      clearInterval(watch);
      response.destroy();
    }, 10);
  };
}

const FILES = idxFiles();
const entryAt = (urls: readonly string[], checks: 'checked' | 'unchecked' = 'checked') =>
  idxEntry({
    files: IDX_NAMES.map((name) => ({
      name,
      ...(checks === 'checked' ? { sha256: createHash('sha256').update(FILES[name]).digest('hex') } : {}),
    })),
    downloads: IDX_NAMES.map((name) => ({
      name,
      mirrors: urls.map((url) => url + name),
      ...(checks === 'checked'
        ? { sha256: createHash('sha256').update(FILES[name]).digest('hex'), bytes: FILES[name].length }
        : {}),
    })),
  });

describe('a download', () => {
  it('gets the files, checks and installs them and reports how far it is', async () => {
    const mirror = await serve(FILES);
    const { store, dataFolder } = await storeOf(entryAt([mirror.url]));
    const reports: DownloadProgress[] = [];
    const info = await store.get('tiny', (progress) => reports.push(progress));
    expect(info.state).toBe('installed');
    expect((await store.verify('tiny')).message).toBe('4 files are as published.');
    const total = IDX_NAMES.reduce((sum, name) => sum + FILES[name].length, 0);
    expect(reports.at(-1)).toMatchObject({
      dataset: 'tiny',
      done: total,
      total,
      message: 'Installed; the published checksums match',
    });
    expect(reports.map(({ done }) => done)).toEqual(reports.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(await readdir(join(dataFolder, 'datasets', '.downloads'))).toEqual([]);
  });

  it('goes on where it was cut off', async () => {
    let part = '';
    const mirror = await serve(FILES, { 'train-images.gz': cutOnce(() => part) });
    const { store, dataFolder } = await storeOf(entryAt([mirror.url]));
    part = join(dataFolder, 'datasets', '.downloads', 'tiny', 'train-images.gz.part');
    const half = FILES['train-images.gz'].length >> 1;
    expect(await refusalOf(() => store.get('tiny'))).toMatch(
      /"tiny" could not be downloaded \(train-images\.gz: 127\.0\.0\.1:\d+: .*Without a network: bring train-images\.gz.*touchstone data import tiny/,
    );
    expect((await store.info('tiny')).state).toBe('absent');
    expect((await readFile(part)).length).toBe(half);
    const reports: DownloadProgress[] = [];
    await store.get('tiny', (progress) => reports.push(progress));
    expect(mirror.requests.slice(0, 2)).toEqual(['train-images.gz -', `train-images.gz bytes=${half}-`]);
    expect(reports[0]).toMatchObject({ done: half, message: 'Going on with train-images.gz' });
    expect((await store.open('tiny')).train.rows).toBe(6);
  });

  it('starts anew when the file changed on the server meanwhile', async () => {
    const other = Buffer.from(FILES['train-images.gz']);
    other[4] ^= 1;
    let served = false;
    const mirror = await serve(FILES, {
      'train-images.gz': (request, response, bytes) => {
        if (served) return sendRange(request, response, bytes);
        served = true;
        response.writeHead(200, { etag: etag(other), 'content-length': other.length });
        response.write(other.subarray(0, 20), () => setTimeout(() => response.destroy(), 50));
      },
    });
    const { store } = await storeOf(entryAt([mirror.url]));
    await refusalOf(() => store.get('tiny'));
    await store.get('tiny');
    expect(mirror.requests[1]).toBe('train-images.gz bytes=20-');
    expect((await store.verify('tiny')).ok).toBe(true);
  });

  it('stops at once when asked to and keeps what is there', async () => {
    const mirror = await serve(FILES, {
      'train-images.gz': (_, response, bytes) => {
        response.writeHead(200, { etag: etag(bytes), 'content-length': bytes.length });
        response.write(bytes.subarray(0, 10));
      },
    });
    const { store, dataFolder } = await storeOf(entryAt([mirror.url]));
    const stop = new AbortController();
    const part = join(dataFolder, 'datasets', '.downloads', 'tiny', 'train-images.gz.part');
    const refused = refusalOf(() => store.get('tiny', () => undefined, stop.signal));
    await expect.poll(async () => (await readFile(part).catch(() => Buffer.alloc(0))).length).toBe(10);
    stop.abort();
    expect(await refused).toMatch(/download of "tiny" was stopped.*get it again to go on/);
    expect((await readFile(part)).length).toBe(10);
    expect((await store.info('tiny')).state).toBe('absent');
  });

  it('goes to the next mirror when one has nothing or something else', async () => {
    const empty = await serve({});
    const wrong = await serve({ ...FILES, 'train-labels.gz': gzipSync('something else') });
    const right = await serve(FILES);
    const { store } = await storeOf(entryAt([empty.url, wrong.url, right.url]));
    await store.get('tiny');
    expect(right.requests).toEqual(['train-labels.gz -']);
    expect((await store.verify('tiny')).ok).toBe(true);
  });

  it('refuses wrong content from everywhere and keeps none of it', async () => {
    const wrong = await serve({
      ...FILES,
      'train-images.gz': FILES['train-images.gz'].map((byte, i) => (i === 30 ? byte ^ 1 : byte)),
    });
    const { store, dataFolder } = await storeOf(entryAt([wrong.url]));
    expect(await refusalOf(() => store.get('tiny'))).toMatch(
      /train-images\.gz: expected SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}/,
    );
    expect(
      (await readdir(join(dataFolder, 'datasets', '.downloads', 'tiny'))).filter((name) => !name.endsWith('.json')),
    ).toEqual([]);
  });

  it('names the import when there is no network', async () => {
    const gone = await serve({});
    for (const close of closing.splice(0)) await close();
    const { store } = await storeOf(entryAt([gone.url]));
    expect(await refusalOf(() => store.get('tiny'))).toMatch(
      /not reachable \(ECONNREFUSED\)\)\. Without a network: bring .* import it: touchstone data import tiny <folder>/,
    );
  });

  it('says so when no checksum is published', async () => {
    const mirror = await serve(FILES);
    const { store } = await storeOf(entryAt([mirror.url], 'unchecked'));
    const messages: string[] = [];
    const info = await store.get('tiny', ({ message }) => messages.push(message));
    expect(messages.at(-1)).toMatch(/states no checksum, so the SHA-256 found now is recorded/);
    expect(info.source).toMatch(/no published checksum was compared/);
  });

  it('takes files out of an archive', async () => {
    const files = {
      'data_batch_1.bin': cifarFile(2, 1, 0),
      'data_batch_2.bin': cifarFile(2, 1, 1),
      'test_batch.bin': cifarFile(2, 1, 2),
    };
    const archive = gzipSync(
      tar(Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`in/${name}`, bytes]))),
    );
    const mirror = await serve({ 'all.tar.gz': archive });
    const { store } = await storeOf(
      cifarEntry({
        downloads: [
          {
            name: 'all.tar.gz',
            mirrors: [`${mirror.url}all.tar.gz`],
            md5: createHash('md5').update(archive).digest('hex'),
            archive: 'tar.gz',
            members: Object.fromEntries(Object.keys(files).map((name) => [name, `in/${name}`])),
          },
        ],
      }),
    );
    await store.get('tiny-cifar');
    expect((await store.open('tiny-cifar')).train.rows).toBe(4);
  });

  it('larger than what is free is refused before a byte is written, with what it needs', async () => {
    const mirror = await serve(FILES, {
      'train-labels.gz': (_, response, bytes) => {
        response.writeHead(200, { etag: etag(bytes), 'content-length': 2 ** 52 });
        response.write(bytes);
      },
    });
    const { store, dataFolder } = await storeOf(entryAt([mirror.url], 'unchecked'));
    expect(await refusalOf(() => store.get('tiny'))).toMatch(
      /^The disk that holds .*datasets has no room \([\d.]+ [kM]B free\) for "tiny": train-labels\.gz needs another 4503599627 MB\. What is here already is kept: free some space/,
    );
    expect((await readdir(join(dataFolder, 'datasets', '.downloads', 'tiny'))).toSorted()).toEqual(['train-images.gz']);
  });

  // /dev/full answers every write with the system's own ENOSPC.
  it.skipIf(!existsSync('/dev/full'))(
    'keeps what it has when the disk fills up, says what is missing, and goes on once there is room',
    async () => {
      const mirror = await serve(FILES);
      const { store, dataFolder } = await storeOf(entryAt([mirror.url]));
      const folder = join(dataFolder, 'datasets', '.downloads', 'tiny');
      await mkdir(folder, { recursive: true });
      await symlink('/dev/full', join(folder, 'train-labels.gz.part'));
      expect(await refusalOf(() => store.get('tiny'))).toMatch(
        /^The disk that holds .*datasets has no room \([\d.]+ [kM]B free\) for "tiny": train-labels\.gz needs another 1 kB\. What is here already is kept: free some space and get it again to go on/,
      );
      expect((await store.info('tiny')).state).toBe('absent');
      expect((await readFile(join(folder, 'train-images.gz'))).equals(FILES['train-images.gz'])).toBe(true);
      await rm(join(folder, 'train-labels.gz.part'));
      await store.get('tiny');
      expect(mirror.requests.filter((request) => request.startsWith('train-images.gz'))).toHaveLength(1);
      expect((await store.verify('tiny')).ok).toBe(true);
    },
  );

  it('has nothing to do for what ships with the program', async () => {
    const { store } = await storeOf(idxEntry({ origin: 'shipped' }));
    expect((await store.get('tiny')).state).toBe('shipped');
  });
});
