import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeFiles } from '../../../src-main/cli/write-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'touchstone-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

it('writes into a folder that is made, and nothing outside it', () => {
  const inside = path.join(folder, 'a', 'b');
  expect(writeFiles(inside, [{ name: '../../x.md', content: 'x' }], false)).toEqual([path.join(inside, 'x.md')]);
  expect(readdirSync(folder)).toEqual(['a']);
  expect(readdirSync(inside)).toEqual(['x.md']);
});

it('overwrites nothing without being told to, names the file and leaves all others unwritten', () => {
  writeFiles(folder, [{ name: 'r.csv', content: 'old' }], false);
  const files = ['r.html', 'r.csv'].map((name) => ({ name, content: 'new' }));
  let told: unknown;
  try {
    writeFiles(folder, files, false);
  } catch (error) {
    told = error;
  }
  expect(told).toMatchObject({
    failure: {
      kind: 'refused',
      message: `${path.join(folder, 'r.csv')} is there already, and nothing was overwritten.`,
      remedy: expect.stringContaining('--force'),
    },
  });
  expect(readdirSync(folder)).toEqual(['r.csv']);
  expect(read('r.csv')).toBe('old');
  writeFiles(folder, files, true);
  expect(readdirSync(folder).sort()).toEqual(['r.csv', 'r.html']);
  expect([read('r.csv'), read('r.html')]).toEqual(['new', 'new']);
});
