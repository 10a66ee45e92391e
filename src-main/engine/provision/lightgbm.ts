import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { sha256OfFile } from '../../base/file-hash.ts';
import { makeFolder } from '../../base/files.ts';
import { waitForLock } from '../../base/lock.ts';
import { EngineError } from '../types.ts';
import { nodeHeaders } from './addons.ts';
import { findCompiler, lastLines, runCommand } from './commands.ts';
import { partialFolder, publish, sweepPartials } from './files.ts';
import { engineCache, NAPI_VERSION, type Surroundings } from './layout.ts';
import { readRecord } from './located.ts';
import { downloads, fetchWheel, type Work } from './wheel-source.ts';
import { wheel, type Wheel } from './wheels.ts';
import { unzip } from './zip.ts';

/**
 * LightGBM's own library, out of its Python wheel, and the addon that calls it. Optional: without it everything but
 * the native learners works.
 */

export const LIGHTGBM_VERSION = '4.7.0';

/** The library of one kind of machine, and the wheel that holds it. */
interface Build {
  readonly platform: string;
  readonly arch: string;
  readonly tags: readonly string[];
  readonly wheel: Wheel;
  readonly member: string;
  readonly sha256: string;
}

/** Checksums as the package index published the wheel, and of the library in it. */
const BUILDS: readonly Build[] = [
  {
    platform: 'linux',
    arch: 'x64',
    tags: ['manylinux_2_28_x86_64'],
    wheel: wheel(
      `lightgbm==${LIGHTGBM_VERSION}`,
      'py3-none-manylinux_2_27_x86_64.manylinux_2_28_x86_64',
      3_476_028,
      'd23e922acd891e77212e4d0fbcee9ba973c96dee479491341d05ba595357ebb7',
    ),
    member: 'lightgbm/lib/lib_lightgbm.so',
    sha256: '573d57e8a2c6290c2271b99b87afa7a802e796eafc9e8d66aefa0913cbc1616a',
  },
];

type Machine = Pick<Surroundings, 'env' | 'platform' | 'arch' | 'home'>;

const buildFor = ({ platform, arch }: Pick<Machine, 'platform' | 'arch'>): Build | null =>
  BUILDS.find((build) => build.platform === platform && build.arch === arch) ?? null;

/** What a trial's numbers depend on: the version, and the library of this kind of machine. */
export function lightgbmNumerics(where: Pick<Machine, 'platform' | 'arch'>): string {
  return `lightgbm-${LIGHTGBM_VERSION}-${buildFor(where)?.sha256.slice(0, 12) ?? 'none'}`;
}

const RECORD = 'lightgbm.json';
const recordSchema = z.object({
  library: z.object({ file: z.string(), bytes: z.number() }),
  addon: z.object({ file: z.string(), bytes: z.number(), source: z.string() }),
});

/** The library and its addon, ready to be loaded. */
export interface FoundLightgbm {
  readonly library: string;
  readonly addon: string;
  /** SHA-256 of the addon's source when it was built. */
  readonly source: string;
}

const folderOf = (where: Machine): string =>
  join(engineCacheOf(where), `lightgbm-${LIGHTGBM_VERSION}-${where.platform}-${where.arch}`);

/** `engineCache` looks at no more of the surroundings than this. */
const engineCacheOf = (where: Machine): string => engineCache({ ...where, project: '', node: '', tfjsNode: '' });

/** What is here, by a look at three files; null where it is not whole. */
export function findLightgbm(where: Machine): FoundLightgbm | null {
  const folder = folderOf(where);
  const record = readRecord(join(folder, RECORD), recordSchema);
  if (record === null) return null;
  const isWhole = ({ file, bytes }: { file: string; bytes: number }): boolean =>
    statSync(join(folder, file), { throwIfNoEntry: false })?.size === bytes;
  if (!isWhole(record.library) || !isWhole(record.addon)) return null;
  const { library, addon } = record;
  return { library: join(folder, library.file), addon: join(folder, addon.file), source: addon.source };
}

const sourceOf = (where: Surroundings): string => join(where.project, 'src-main', 'engine', 'native', 'lightgbm.cc');
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/**
 * Fetches the library with pip, checks it, and builds its addon; does nothing where both are here as they would be
 * made. @throws EngineError when there is no build for this machine, pip or a compiler is missing, or a checksum is
 * wrong
 */
export async function provisionLightgbm(work: Work): Promise<FoundLightgbm> {
  const { where, progress, signal } = work;
  const source = hashOf(sourceOf(where));
  const there = (): FoundLightgbm | null => {
    const found = findLightgbm(where);
    return found?.source === source ? found : null;
  };
  const ready = there();
  if (ready !== null) return ready;
  const build = buildFor(where);
  if (build === null)
    throw new EngineError(`No build of LightGBM is pinned for ${where.platform} on ${where.arch} (Linux x64 has one).`);
  const cache = engineCache(where);
  makeFolder(cache);
  using _lock = await waitForLock(join(cache, 'provision.lock'), { signal });
  const meanwhile = there();
  if (meanwhile !== null) return meanwhile;
  sweepPartials(cache);
  const folder = folderOf(where);
  const partial = partialFolder(folder);
  try {
    const library = basename(build.member);
    const known = findLightgbm(where);
    if (known === null) await unpack(build, partial, work);
    else renameSync(known.library, join(partial, library));
    const addon = `lightgbm-${source.slice(0, 12)}.node`;
    progress.phase('Building the addon for LightGBM');
    await compile(where, sourceOf(where), join(partial, addon), signal);
    await checkLoads(where, join(partial, addon), join(partial, library), signal);
    const sizeOf = (file: string) => ({ file, bytes: statSync(join(partial, file)).size });
    const record: z.infer<typeof recordSchema> = { library: sizeOf(library), addon: { ...sizeOf(addon), source } };
    writeFileSync(join(partial, RECORD), `${JSON.stringify(record, null, 1)}\n`);
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  rmSync(join(downloads(where), build.wheel.file), { force: true });
  const made = there();
  if (made === null) throw new EngineError(`${folder} was filled and is not whole: remove it and try again.`);
  return made;
}

async function unpack(build: Build, into: string, work: Work): Promise<void> {
  const { where, progress, signal } = work;
  await fetchWheel(build.wheel, build.tags, work);
  const name = basename(build.member);
  await unzip(join(downloads(where), build.wheel.file), into, (entry) => (entry === build.member ? name : null), {
    signal,
    onBytes: progress.bytes,
  });
  const library = join(into, name);
  const got = existsSync(library) ? await sha256OfFile(library, signal) : 'nothing';
  if (got !== build.sha256)
    throw new EngineError(`${build.wheel.file} holds another ${name} than is pinned (${got}): report it, please.`);
}

async function compile(
  where: Surroundings,
  source: string,
  output: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const compiler = findCompiler(where);
  if (compiler === null)
    throw new EngineError('No C++ compiler on PATH, which builds the addon in a few seconds: install g++ or clang.');
  const darwin = where.platform === 'darwin';
  const result = await runCommand(
    [
      compiler,
      ...['-std=c++17', '-shared', '-fPIC', '-O2', `-DNAPI_VERSION=${NAPI_VERSION}`, '-DNODE_GYP_MODULE_NAME=lightgbm'],
      `-I${nodeHeaders(where)}`,
      source,
      ...(darwin ? ['-undefined', 'dynamic_lookup'] : ['-ldl']),
      ...['-o', output],
    ],
    { env: where.env, signal },
  );
  if (result.code !== 0 || !existsSync(output))
    throw new EngineError(`${compiler} could not build the addon for LightGBM: ${lastLines(result.output)}`);
}

/** A missing libgomp, or a library for a newer system, shows only when it is loaded. */
async function checkLoads(
  where: Surroundings,
  addon: string,
  library: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const script = `require(${JSON.stringify(addon)}).open(${JSON.stringify(library)})`;
  const result = await runCommand([where.node, '-e', script], { env: where.env, signal, timeoutMs: 60_000 });
  if (result.code !== 0)
    throw new EngineError(
      `LightGBM does not load here: ${lastLines(
        result.output
          .split('\n')
          .filter((line) => /Error|cannot|GLIBC|not found/.test(line))
          .join('\n') || result.output,
      )}. It needs libgomp (Debian: \`apt install libgomp1\`).`,
    );
}

/** Removes it, so that the next provisioning starts afresh. */
export function forgetLightgbm(where: Machine): void {
  const cache = engineCacheOf(where);
  for (const name of existsSync(cache) ? readdirSync(cache) : [])
    if (name.startsWith('lightgbm-')) rmSync(join(cache, name), { recursive: true, force: true });
}
