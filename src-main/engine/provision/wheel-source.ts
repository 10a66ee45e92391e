import { existsSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256OfFile } from '../../base/file-hash.ts';
import { makeFolder } from '../../base/files.ts';
import { EngineError } from '../types.ts';
import { findPip, lastLines, runCommand } from './commands.ts';
import { partialFolder, publish, requireSpace } from './files.ts';
import { LIBRARY_RECORD, readRecord, librarySchema, sizesMatch, type LibraryRecord } from './located.ts';
import { engineCache, libraryFiles, libraryFolder, TENSORFLOW_VERSION, type Surroundings } from './layout.ts';
import { megabytes, type Progress } from './progress.ts';
import type { Wheel, WheelSet } from './wheels.ts';
import { unzip } from './zip.ts';

export interface Work {
  readonly where: Surroundings;
  readonly progress: Progress;
  readonly signal?: AbortSignal | undefined;
}

/** What a wheel takes unpacked: TensorFlow's library is 3.1 times its wheel, NVIDIA's are packed less. */
const unpacked = ({ requirement, bytes }: Wheel): number => bytes * (requirement.startsWith('tensorflow') ? 3.2 : 2);

/**
 * Fetches the wheels of `set` with pip, checks them, and lays their libraries and headers down in the versioned folder,
 * which it answers. Does nothing when the folder is complete. A wheel that was fetched whole before an interruption is
 * used again.
 * @throws EngineError when pip is missing or fails, a checksum is wrong or the disk is full
 */
export async function provisionFromWheels(set: WheelSet, work: Work): Promise<string> {
  const { where, progress, signal } = work;
  const target = libraryFolder(where, TENSORFLOW_VERSION, set.variant);
  const record = readRecord(join(target, LIBRARY_RECORD), librarySchema);
  if (record && sizesMatch(target, record.files)) return target;

  makeFolder(engineCache(where));
  const missing = set.wheels.filter((w) => !existsSync(join(downloads(where), w.file)));
  requireSpace(engineCache(where), sum(missing.map((w) => w.bytes)) + sum(set.wheels.map(unpacked)));
  for (const wheel of set.wheels) await fetchWheel(wheel, set.tags, work);

  const partial = partialFolder(target);
  try {
    const { tensorflow, framework, linkNames } = libraryFiles(where.platform);
    const files: LibraryRecord['files'] = {};
    progress.phase(`Unpacking TensorFlow ${TENSORFLOW_VERSION}`);
    for (const wheel of set.wheels) {
      Object.assign(
        files,
        await unzip(join(downloads(where), wheel.file), partial, (name) => wheelPath(name, [tensorflow, framework]), {
          signal,
          onBytes: progress.bytes,
        }),
      );
    }
    for (const name of [tensorflow, framework]) {
      if (!files[`deps/lib/${name}`])
        throw new EngineError(
          `${set.wheels[0]?.file} holds no ${name}: TensorFlow changed its wheels; report it, please.`,
        );
    }
    for (const [link, to] of linkNames) symlinkSync(to, join(partial, 'deps', 'lib', link));
    writeLibraryRecord(partial, {
      source: 'wheel',
      tensorflow: TENSORFLOW_VERSION,
      variant: set.variant,
      files,
      archives: set.wheels.map((w) => ({ name: w.file, sha256: w.sha256 })),
      provisioned: new Date().toISOString(),
    });
    publish(partial, target);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    throw error;
  }
  for (const wheel of set.wheels) rmSync(join(downloads(where), wheel.file), { force: true });
  return target;
}

export function writeLibraryRecord(folder: string, record: LibraryRecord): void {
  writeFileSync(join(folder, LIBRARY_RECORD), `${JSON.stringify(record, null, 1)}\n`);
}

/**
 * Where an entry of TensorFlow's or NVIDIA's wheels goes, or null for what nobody needs at run time (Python, tests,
 * static libraries).
 */
export function wheelPath(entry: string, libraries: readonly string[]): string | null {
  if (entry.startsWith('tensorflow/') && libraries.includes(entry.slice('tensorflow/'.length)))
    return `deps/lib/${basename(entry)}`;
  const header =
    /^tensorflow\/(include\/(?:tensorflow\/c|tensorflow\/core\/platform|xla\/tsl|tsl\/platform)\/.+\.h)$/.exec(entry);
  if (header) return `deps/${header[1]}`;
  // TensorFlow looks for CUDA in ../nvidia beside its own folder.
  if (/^nvidia\/[^/]+\/(lib|bin|nvvm)\//.test(entry) && !/\.(a|h|py)$/.test(entry)) return `deps/${entry}`;
  return null;
}

export const downloads = (where: Surroundings): string => join(engineCache(where), 'downloads');
const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0);

/**
 * Fetches a wheel with pip into `downloads`, and checks it. @throws EngineError when pip is missing or fails, or the
 * checksum is wrong
 */
export async function fetchWheel(
  wheel: Wheel,
  tags: readonly string[],
  { where, progress, signal }: Work,
): Promise<void> {
  const kept = join(downloads(where), wheel.file);
  if (existsSync(kept)) {
    if ((await sha256OfFile(kept, signal)) === wheel.sha256) return;
    rmSync(kept);
  }
  const pip = findPip(where);
  if (!pip)
    throw new EngineError('No python3 with pip on PATH, which would fetch the library: install Python 3 with pip.');
  progress.phase(`Fetching ${wheel.requirement.replace('==', ' ')} (${megabytes(wheel.bytes)})`);
  const partial = partialFolder(kept);
  const watch = setInterval(() => progress.bytes(largestFile(partial), wheel.bytes), 200);
  try {
    const result = await runCommand(
      [
        ...pip,
        'download',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        '--progress-bar',
        'off',
        '--python-version',
        '3.12',
        '--implementation',
        'cp',
        ...tags.flatMap((tag) => ['--platform', tag]),
        '--dest',
        partial,
        wheel.requirement,
      ],
      // pip's own working files go into our folder: their size is the progress, and an interruption leaves nothing
      // elsewhere.
      { env: { ...where.env, TMPDIR: partial }, signal },
    );
    if (result.code !== 0)
      throw new EngineError(`pip could not fetch ${wheel.requirement}: ${lastLines(result.output)}`);
    const file = join(partial, wheel.file);
    if (!existsSync(file))
      throw new EngineError(
        `pip fetched ${
          readdirSync(partial)
            .filter((f) => f.endsWith('.whl'))
            .join(', ') || 'nothing'
        } instead of ${wheel.file}.`,
      );
    const got = await sha256OfFile(file, signal);
    if (got !== wheel.sha256)
      throw new EngineError(
        `${wheel.file} has the SHA-256 ${got}, expected ${wheel.sha256}: it is damaged or not the ` +
          'published file, and was removed. Check the package index that pip uses (`pip config list`).',
      );
    progress.bytes(wheel.bytes, wheel.bytes);
    renameSync(file, kept);
  } finally {
    clearInterval(watch);
    rmSync(partial, { recursive: true, force: true });
  }
}

function largestFile(folder: string): number {
  let largest = 0;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) largest = Math.max(largest, statSync(join(entry.parentPath, entry.name)).size);
    }
  } catch {
    /* pip moves its files meanwhile */
  }
  return largest;
}
