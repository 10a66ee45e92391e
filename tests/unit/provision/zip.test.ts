import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { unzip, zipEntries } from '../../../src-main/engine/provision/zip.ts';

let folder: string, archive: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'touchstone-zip-'));
  archive = path.join(folder, 'a.whl');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const text = 'The quick brown fox. '.repeat(20_000);
const out = (name: string): string => path.join(folder, 'out', name);

it('unpacks deflated, stored and empty entries and measures them', async () => {
  writeFileSync(
    archive,
    zipSync({
      'a/deflated.txt': strToU8(text),
      'stored.txt': [strToU8(text), { level: 0 }],
      'empty.txt': new Uint8Array(),
      'left.txt': strToU8('x'),
    }),
  );
  const seen: number[] = [];
  const files = await unzip(archive, out(''), (name) => (name === 'left.txt' ? null : `x/${name}`), {
    onBytes: (done, total) => seen.push(done / total),
  });
  expect(readFileSync(out('x/a/deflated.txt'), 'utf8')).toBe(text);
  expect(readFileSync(out('x/stored.txt'), 'utf8')).toBe(text);
  expect(readFileSync(out('x/empty.txt'), 'utf8')).toBe('');
  expect(existsSync(out('x/left.txt'))).toBe(false);
  expect(files['x/a/deflated.txt']).toEqual({
    bytes: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  });
  expect(seen.at(-1)).toBe(1);
});

it('lets programs be run and nothing else', async () => {
  const unix = (mode: number) => ({ os: 3, attrs: ((0o100000 | mode) << 16) >>> 0 });
  writeFileSync(
    archive,
    zipSync({
      program: [strToU8('#!/bin/sh\n'), unix(0o755)],
      data: [strToU8('x'), unix(0o644)],
      foreign: [strToU8('x'), { os: 0, attrs: 0o777 << 16 }],
    }),
  );
  await unzip(archive, out(''), (name) => name);
  expect(['program', 'data', 'foreign'].map((name) => (statSync(out(name)).mode & 0o111) !== 0)).toEqual([
    true,
    false,
    false,
  ]);
});

it('refuses a truncated archive', async () => {
  writeFileSync(archive, zipSync({ 'a.txt': strToU8(text) }));
  truncateSync(archive, 1000);
  await expect(zipEntries(archive)).rejects.toThrow(/not a complete zip archive.*cut off/);
});

it('refuses an entry whose bytes changed', async () => {
  const bytes = zipSync({ 'a.txt': [strToU8(text), { level: 0 }] });
  bytes[200] = (bytes[200] ?? 0) ^ 1;
  writeFileSync(archive, bytes);
  await expect(unzip(archive, out(''), (n) => n)).rejects.toThrow(/“a.txt” is damaged.*CRC/);
});

it('refuses a name that leads out of the folder', async () => {
  writeFileSync(archive, zipSync({ '../evil.txt': strToU8('x') }));
  await expect(unzip(archive, out(''), (n) => n)).rejects.toThrow(/leads out of the folder/);
  expect(existsSync(path.join(folder, 'evil.txt'))).toBe(false);
});
