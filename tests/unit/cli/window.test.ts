import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const CLI = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url));
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-window-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Runs `touchstone open` with a program in Electron's place; when the interface is served, ends it as a person does.
 */
function open(
  electron: string | null,
  args: readonly string[] = [],
): Promise<{ code: number | null; out: string; err: string }> {
  const env = {
    ...process.env,
    TOUCHSTONE_DATA: join(folder, 'data'),
    DISPLAY: ':99',
    ELECTRON_EXEC_PATH: join(folder, 'electron'),
  };
  if (electron !== null) {
    writeFileSync(join(folder, 'electron'), electron);
    chmodSync(join(folder, 'electron'), 0o755);
  }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [CLI, 'open', ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (out.includes('Touchstone is at')) child.kill('SIGTERM');
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

// Executable scripts with `#!` are what Windows does not know; what is tested here is the same code there.
describe.skipIf(process.platform === 'win32')('the window', () => {
  it('that crashes at once is replaced by the browser, with the reason', async () => {
    const { code, out, err } = await open(
      '#!/bin/sh\necho "[1:1121/0715:FATAL:electron_main_delegate.cc(288)] Running as root without ' +
        '--no-sandbox is not supported. See https://crbug.com/638180." >&2\nkill -TRAP $$\n',
    );
    expect(err).toContain(
      'The window could not be opened: Electron ended at once (signal SIGTRAP): Running as root without ' +
        '--no-sandbox is not supported',
    );
    expect(out).toMatch(/Touchstone is at http:\/\/127\.0\.0\.1:\d+\//);
    expect(code).toBe(0);
  });

  it('whose program cannot be run is replaced too', async () => {
    const { code, out, err } = await open('this is no program\n');
    expect(err).toMatch(
      /The window could not be opened: Electron (does not start|ended at once) \(.*The interface is served to a browser\./,
    );
    expect(out).toContain('Touchstone is at http://127.0.0.1:');
    expect(code).toBe(0);
  });

  it('that a person closes ends the program; options reach Electron', async () => {
    const { code, out, err } = await open('#!/bin/sh\necho "opened with $*"\n', ['--no-sandbox']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^opened with --no-sandbox .+\n$/);
  });
});
