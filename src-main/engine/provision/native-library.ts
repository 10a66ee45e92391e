import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
import type { Wheel } from './wheels.ts';
import { unzip } from './zip.ts';

/**
 * A native learner's own library, out of its Python wheel, and the addon that calls it. Optional: without it everything
 * but the methods that name it works.
 */
export interface NativeSource {
  /** Of its folder and its record. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** The addon's source in `engine/native`. */
  readonly addon: string;
  readonly builds: readonly NativeBuild[];
}

/** The library of one kind of machine, and the wheel that holds it. */
export interface NativeBuild {
  readonly platform: string;
  readonly arch: string;
  readonly tags: readonly string[];
  readonly wheel: Wheel;
  /** Files of the wheel, and where they lie in its folder; the first is the library, the others it loads itself. */
  readonly members: readonly [NativeMember, ...NativeMember[]];
}

interface NativeMember {
  readonly entry: string;
  readonly file: string;
  readonly sha256: string;
}

type Machine = Pick<Surroundings, 'env' | 'platform' | 'arch' | 'home'>;

const buildFor = ({ builds }: NativeSource, { platform, arch }: Pick<Machine, 'platform' | 'arch'>) =>
  builds.find((build) => build.platform === platform && build.arch === arch) ?? null;

/** What a trial's numbers depend on: the version, and the library of this kind of machine. */
export function nativeNumerics(of: NativeSource, where: Pick<Machine, 'platform' | 'arch'>): string {
  return `${of.id}-${of.version}-${buildFor(of, where)?.members[0].sha256.slice(0, 12) ?? 'none'}`;
}

const recordOf = ({ id }: NativeSource): string => `${id}.json`;
const recordSchema = z.object({
  library: z.object({ file: z.string(), bytes: z.number() }),
  addon: z.object({ file: z.string(), bytes: z.number(), source: z.string() }),
});

/** The library and its addon, ready to be loaded. */
export interface FoundNative {
  readonly library: string;
  readonly addon: string;
  /** SHA-256 of the addon's source when it was built. */
  readonly source: string;
}

const folderOf = ({ id, version }: NativeSource, where: Machine): string =>
  join(engineCacheOf(where), `${id}-${version}-${where.platform}-${where.arch}`);

/** `engineCache` looks at no more of the surroundings than this. */
const engineCacheOf = (where: Machine): string => engineCache({ ...where, project: '', node: '', tfjsNode: '' });

/** What is here, by a look at three files; null where it is not whole. */
export function findNative(of: NativeSource, where: Machine): FoundNative | null {
  const folder = folderOf(of, where);
  const record = readRecord(join(folder, recordOf(of)), recordSchema);
  if (record === null) return null;
  const isWhole = ({ file, bytes }: { file: string; bytes: number }): boolean =>
    statSync(join(folder, file), { throwIfNoEntry: false })?.size === bytes;
  if (!isWhole(record.library) || !isWhole(record.addon)) return null;
  const { library, addon } = record;
  return { library: join(folder, library.file), addon: join(folder, addon.file), source: addon.source };
}

const sourceOf = ({ addon }: NativeSource, where: Surroundings): string =>
  join(where.project, 'src-main', 'engine', 'native', addon);
const hashOf = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

/**
 * Fetches the library with pip, checks it, and builds its addon; does nothing where both are here as they would be
 * made. @throws EngineError when there is no build for this machine, pip or a compiler is missing, or a checksum is
 * wrong
 */
export async function provisionNative(of: NativeSource, work: Work): Promise<FoundNative> {
  const { where, progress, signal } = work;
  const source = hashOf(sourceOf(of, where));
  const there = (): FoundNative | null => {
    const found = findNative(of, where);
    return found?.source === source ? found : null;
  };
  const ready = there();
  if (ready !== null) return ready;
  const build = buildFor(of, where);
  if (build === null)
    throw new EngineError(
      `No build of ${of.name} is pinned for ${where.platform} on ${where.arch} (Linux x64 has one).`,
    );
  const cache = engineCache(where);
  makeFolder(cache);
  using _lock = await waitForLock(join(cache, 'provision.lock'), { signal });
  const meanwhile = there();
  if (meanwhile !== null) return meanwhile;
  sweepPartials(cache);
  const folder = folderOf(of, where);
  const partial = partialFolder(folder);
  try {
    const library = build.members[0].file;
    if (findNative(of, where) === null) await unpack(build, partial, work);
    else
      for (const { file } of build.members) {
        makeFolder(dirname(join(partial, file)));
        renameSync(join(folder, file), join(partial, file));
      }
    const addon = `${of.id}-${source.slice(0, 12)}.node`;
    progress.phase(`Building the addon for ${of.name}`);
    await compile(of, where, join(partial, addon), signal);
    await checkLoads(of, where, { addon: join(partial, addon), library: join(partial, library) }, signal);
    const sizeOf = (file: string) => ({ file, bytes: statSync(join(partial, file)).size });
    const record: z.infer<typeof recordSchema> = { library: sizeOf(library), addon: { ...sizeOf(addon), source } };
    writeFileSync(join(partial, recordOf(of)), `${JSON.stringify(record, null, 1)}\n`);
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  rmSync(join(downloads(where), build.wheel.file), { force: true });
  const made = there();
  if (made === null) throw new EngineError(`${folder} was filled and is not whole: remove it and try again.`);
  return made;
}

async function unpack({ wheel, tags, members }: NativeBuild, into: string, work: Work): Promise<void> {
  const { where, progress, signal } = work;
  await fetchWheel(wheel, tags, work);
  const places = new Map(members.map(({ entry, file }) => [entry, file]));
  await unzip(join(downloads(where), wheel.file), into, (entry) => places.get(entry) ?? null, {
    signal,
    onBytes: progress.bytes,
  });
  for (const { file, sha256: pinned } of members) {
    const path = join(into, file);
    const got = existsSync(path) ? await sha256OfFile(path, signal) : 'nothing';
    if (got !== pinned)
      throw new EngineError(`${wheel.file} holds another ${file} than is pinned (${got}): report it, please.`);
  }
}

async function compile(
  of: NativeSource,
  where: Surroundings,
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
      ...['-std=c++17', '-shared', '-fPIC', '-O2', `-DNAPI_VERSION=${NAPI_VERSION}`, `-DNODE_GYP_MODULE_NAME=${of.id}`],
      `-I${nodeHeaders(where)}`,
      sourceOf(of, where),
      ...(darwin ? ['-undefined', 'dynamic_lookup'] : ['-ldl']),
      ...['-o', output],
    ],
    { env: where.env, signal },
  );
  if (result.code !== 0 || !existsSync(output))
    throw new EngineError(`${compiler} could not build the addon for ${of.name}: ${lastLines(result.output)}`);
}

/** A missing libgomp, or a library for a newer system, shows only when it is loaded. */
async function checkLoads(
  { name }: NativeSource,
  where: Surroundings,
  { addon, library }: Pick<FoundNative, 'addon' | 'library'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const script = `require(${JSON.stringify(addon)}).open(${JSON.stringify(library)})`;
  const result = await runCommand([where.node, '-e', script], { env: where.env, signal, timeoutMs: 60_000 });
  if (result.code !== 0)
    throw new EngineError(
      `${name} does not load here: ${lastLines(
        result.output
          .split('\n')
          .filter((line) => /Error|cannot|GLIBC|not found/.test(line))
          .join('\n') || result.output,
      )}. It needs libgomp (Debian: \`apt install libgomp1\`).`,
    );
}

/** Removes it, so that the next provisioning starts afresh. */
export function forgetNative({ id }: NativeSource, where: Machine): void {
  const cache = engineCacheOf(where);
  for (const name of existsSync(cache) ? readdirSync(cache) : [])
    if (name.startsWith(`${id}-`)) rmSync(join(cache, name), { recursive: true, force: true });
}
