import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeFolder, makePrivateFolder } from '../../../src-main/base/files.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'touchstone-folders-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const mode = (path: string): number => statSync(path).mode & 0o777;

describe('folders', () => {
  test('every level that is not there is made, a private one for its owner only; what is there stays as it is', () => {
    mkdirSync(join(root, 'there'));
    chmodSync(join(root, 'there'), 0o755);
    const folder = join(root, 'there', 'a', 'b');
    makePrivateFolder(folder);
    makePrivateFolder(folder);
    expect(['there', 'there/a', 'there/a/b'].map((path) => mode(join(root, path)))).toEqual([0o755, 0o700, 0o700]);
    symlinkSync(folder, join(root, 'link'));
    makeFolder(join(root, 'link', 'c'));
    expect(existsSync(join(folder, 'c'))).toBe(true);
  });

  test('a file in the way is named, with the code of the system', () => {
    writeFileSync(join(root, 'file'), '');
    for (const path of ['file', 'file/a/b'])
      expect(() => makeFolder(join(root, path))).toThrow(
        expect.objectContaining({ code: 'EEXIST', message: `${join(root, 'file')} is no folder (EEXIST)` }),
      );
    symlinkSync(join(root, 'nowhere'), join(root, 'dangling'));
    expect(() => makeFolder(join(root, 'dangling'))).toThrow(/dangling is no folder/);
  });

  test.skipIf(!existsSync('/proc/self'))('where the system has no place for a folder, that is said and ends', () => {
    // In a process of its own: what never ends would take the test's with it.
    const files = join(import.meta.dirname, '../../../src-main/base/files.ts');
    const program = `import { makePrivateFolder } from '${files}'; makePrivateFolder('/proc/nope/data');`;
    const ended = spawnSync(process.execPath, ['--input-type=module', '-e', program], { timeout: 10_000 });
    expect(ended.signal).toBeNull();
    expect(ended.stderr.toString()).toContain('no folder can be made in /proc (ENOENT)');
  });
});
