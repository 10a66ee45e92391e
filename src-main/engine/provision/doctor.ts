import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { sha256OfFile } from '../../base/file-hash.ts';
import { compilerVersion } from './addons.ts';
import { findCompiler, findPip, lastLines, runCommand } from './commands.ts';
import { findGpu } from './gpu.ts';
import {
  cacheRoot,
  engineCache,
  surroundings,
  TENSORFLOW_VERSION,
  tfjsNodeVersion,
  type Surroundings,
} from './layout.ts';
import { findProvisioned, inspectOwnDirectory, LIBRARY_RECORD, librarySchema, readRecord } from './located.ts';
import { lockHolder } from '../../base/lock.ts';
import { nvidiaDriver } from './nvidia.ts';
import { megabytes } from './progress.ts';
import { LIGHTGBM_SOURCE } from './lightgbm.ts';
import { findNative, type NativeSource } from './native-library.ts';
import { XGBOOST_SOURCE } from './xgboost.ts';
import { lastAttempts } from './provision.ts';
import { probeTensorFlow } from './run-probe.ts';

/** One line of `touchstone doctor`. */
export interface DoctorLine {
  readonly topic: 'machine' | 'packages' | 'tensorflow' | 'tools' | 'cache' | 'speed';
  /** `problem`: the program works, but slower or with less; `note`: for information. */
  readonly state: 'ok' | 'problem' | 'note';
  readonly name: string;
  readonly text: string;
  /** What to do about a problem. */
  readonly advice?: string;
}

export interface DoctorOptions {
  readonly where?: Surroundings;
  /** Multiply matrices for two seconds in a child process. */
  readonly speed?: boolean;
  /** Read the whole library and compare its checksums (some seconds). */
  readonly checksums?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * What was found on this machine, what set-up tried, versions, devices and paths. Changes nothing, never throws for
 * what it finds.
 */
export async function diagnose(options: DoctorOptions = {}): Promise<DoctorLine[]> {
  const where = options.where ?? surroundings();
  return [
    ...machine(where),
    await webgpu(where, options.signal),
    ...packages(where),
    ...(await tensorflow(where, options)),
    ...(await tools(where)),
    ...cache(where),
    ...(options.speed ? [await speed(where, options.signal)] : []),
  ];
}

function machine(where: Surroundings): DoctorLine[] {
  const driver = nvidiaDriver(where);
  return [
    {
      topic: 'machine',
      state: 'ok',
      name: 'system',
      text:
        `${where.platform} on ${where.arch}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ` +
        `${availableParallelism()} threads, ${megabytes(totalmem())} of memory`,
    },
    {
      topic: 'machine',
      state: 'note',
      name: 'NVIDIA driver',
      text:
        driver ??
        (where.env['TOUCHSTONE_NO_GPU']
          ? 'not looked for (TOUCHSTONE_NO_GPU)'
          : 'none; without one TensorFlow comes without CUDA, unless TOUCHSTONE_CUDA=1 asks for it (3.4 GB)'),
    },
  ];
}

async function webgpu(where: Surroundings, signal: AbortSignal | undefined): Promise<DoctorLine> {
  const gpu = await findGpu(where, signal);
  if (gpu.kind === 'none') return { topic: 'machine', state: 'note', name: 'WebGPU', text: gpu.reason };
  return gpu.software
    ? {
        topic: 'machine',
        state: 'note',
        name: 'WebGPU',
        text: `${gpu.name} computes on the processor, slower than WebAssembly; the backend webgpu is not offered`,
      }
    : { topic: 'machine', state: 'ok', name: 'WebGPU', text: gpu.name };
}

function packages(where: Surroundings): DoctorLine[] {
  const major = Number(process.versions.node.split('.')[0]);
  return [
    {
      topic: 'packages',
      state: major === 24 ? 'ok' : 'problem',
      name: 'Node',
      text: `${process.versions.node} (${where.node})`,
      ...(major === 24
        ? {}
        : { advice: 'Start through `npm start` or `npm run touchstone`, which use the pinned Node 24.' }),
    },
    { topic: 'packages', state: 'ok', name: 'tfjs-node', text: tfjsNodeVersion(where) },
    native(LIGHTGBM_SOURCE, '3.5 MB', where),
    native(XGBOOST_SOURCE, '5.6 MB', where),
  ];
}

function native(source: NativeSource, size: string, where: Surroundings): DoctorLine {
  const found = findNative(source, where);
  const common = { topic: 'packages', name: source.name } as const;
  return found === null
    ? { ...common, state: 'note', text: `not here; \`touchstone doctor --provision\` gets it for tables (${size})` }
    : { ...common, state: 'ok', text: `${source.version} (${found.library})` };
}

async function tensorflow(where: Surroundings, { checksums, signal }: DoctorOptions): Promise<DoctorLine[]> {
  const lines: DoctorLine[] = [];
  const own = where.env['TOUCHSTONE_LIBTENSORFLOW'];
  if (own) {
    const inside = inspectOwnDirectory(own);
    lines.push(
      inside
        ? {
            topic: 'tensorflow',
            state: 'ok',
            name: 'own directory',
            text: `${own}: libraries in ${inside.libraries}, headers ${inside.include ?? 'not there'}`,
          }
        : {
            topic: 'tensorflow',
            state: 'problem',
            name: 'own directory',
            text: `TOUCHSTONE_LIBTENSORFLOW names ${own}, which holds no libtensorflow`,
            advice: 'Name the folder that an archive of libtensorflow was unpacked to, or unset the variable.',
          },
    );
  }
  const tried = lastAttempts(where);
  for (const attempt of tried?.attempts ?? [])
    lines.push({
      topic: 'tensorflow',
      state: 'note',
      name: 'tried',
      text: `${tried?.at.slice(0, 16).replace('T', ' ')} UTC, ${attempt.name}: ${attempt.detail}`,
    });
  const found = findProvisioned(where);
  if (!found) {
    lines.push({
      topic: 'tensorflow',
      state: 'problem',
      name: 'library',
      text: `TensorFlow ${TENSORFLOW_VERSION} is not set up; trials use the slow WebAssembly backend`,
      advice: '`touchstone doctor --provision` sets it up and says what is missing.',
    });
    return lines;
  }
  lines.push({
    topic: 'tensorflow',
    state: 'ok',
    name: 'library',
    text:
      `TensorFlow ${found.tensorflow ?? 'of your own'}${found.variant === 'cuda' ? ' with CUDA' : ''} ` +
      `from ${found.source.replace('-', ' ')}, ${found.folder}`,
  });
  lines.push(
    found.session
      ? { topic: 'tensorflow', state: 'ok', name: 'compiled steps', text: found.session }
      : {
          topic: 'tensorflow',
          state: 'problem',
          name: 'compiled steps',
          text: 'the session addon is missing, so steps run one operation at a time',
          advice: 'Install a C++ compiler, then `touchstone doctor --provision`.',
        },
  );
  if (checksums) lines.push(await verify(found.folder, signal));
  lines.push(...(await devices(where, signal)));
  return lines;
}

async function verify(folder: string, signal: AbortSignal | undefined): Promise<DoctorLine> {
  const record = readRecord(join(folder, LIBRARY_RECORD), librarySchema);
  if (!record)
    return { topic: 'tensorflow', state: 'note', name: 'checksums', text: 'none recorded for an own directory' };
  const wrong: string[] = [];
  for (const [name, file] of Object.entries(record.files)) {
    if (!existsSync(join(folder, name)) || (await sha256OfFile(join(folder, name), signal)) !== file.sha256)
      wrong.push(name);
  }
  return wrong.length === 0
    ? {
        topic: 'tensorflow',
        state: 'ok',
        name: 'checksums',
        text: `${Object.keys(record.files).length} files as they were unpacked`,
      }
    : {
        topic: 'tensorflow',
        state: 'problem',
        name: 'checksums',
        text: `changed or missing: ${wrong.slice(0, 5).join(', ')}`,
        advice: `Remove ${folder}, then \`touchstone doctor --provision\`.`,
      };
}

/** What a child process sees that loads the library: a library that crashes must not take the doctor with it. */
async function devices(where: Surroundings, signal: AbortSignal | undefined): Promise<DoctorLine[]> {
  const cuda = findProvisioned(where)?.variant === 'cuda';
  const driver = nvidiaDriver(where) !== null;
  const result = await probeTensorFlow('load', cuda && driver ? 'gpu' : 'cpu', where, signal);
  const missing = cuda && !driver ? ' (it has CUDA, but there is no NVIDIA driver, so its CPU kernels compute)' : '';
  return [
    'problem' in result
      ? {
          topic: 'tensorflow',
          state: 'problem',
          name: 'loading',
          text: result.problem,
          advice: '`touchstone doctor --provision` after removing the folder above sets it up again.',
        }
      : {
          topic: 'tensorflow',
          state: 'ok',
          name: 'loading',
          text:
            `TensorFlow ${result.tensorflow} on ${result.device}${missing}, loaded in ` +
            `${result.seconds.toFixed(1)} s`,
        },
  ];
}

async function tools(where: Surroundings): Promise<DoctorLine[]> {
  const compiler = findCompiler(where);
  const pip = findPip(where);
  const version = pip ? await runCommand([...pip, '--version'], { env: where.env, timeoutMs: 20_000 }) : null;
  return [
    pip && version?.code === 0
      ? { topic: 'tools', state: 'ok', name: 'pip', text: lastLines(version.output, 1) }
      : {
          topic: 'tools',
          state: 'problem',
          name: 'pip',
          text: pip ? `${pip.join(' ')} does not run: ${lastLines(version?.output ?? '', 1)}` : 'not found',
          advice: 'Needed once, to fetch TensorFlow: install Python 3 with pip.',
        },
    compiler
      ? { topic: 'tools', state: 'ok', name: 'C++ compiler', text: `${await compilerVersion(compiler)} (${compiler})` }
      : {
          topic: 'tools',
          state: 'problem',
          name: 'C++ compiler',
          text: 'not found',
          advice: 'Needed once, to build two small addons: install g++ or clang.',
        },
  ];
}

function cache(where: Surroundings): DoctorLine[] {
  const folder = engineCache(where);
  const holder = lockHolder(join(folder, 'provision.lock'));
  const root = [folder, cacheRoot(where), where.home].find((f) => existsSync(f));
  const free = root === undefined ? 0 : statfsSync(root).bavail * statfsSync(root).bsize;
  return [
    {
      topic: 'cache',
      state: 'ok',
      name: 'folder',
      text: `${folder}${where.env['TOUCHSTONE_CACHE'] ? ' (TOUCHSTONE_CACHE)' : ''}, ${megabytes(free)} free`,
    },
    ...(holder !== null
      ? [
          {
            topic: 'cache',
            state: 'note',
            name: 'lock',
            text: `process ${holder.pid} on ${holder.host} is setting up TensorFlow`,
          } satisfies DoctorLine,
        ]
      : []),
  ];
}

async function speed(where: Surroundings, signal: AbortSignal | undefined): Promise<DoctorLine> {
  const result = await probeTensorFlow('speed', 'cpu', where, signal);
  if ('problem' in result) return { topic: 'speed', state: 'problem', name: 'matrix product', text: result.problem };
  return {
    topic: 'speed',
    state: result.backend === 'tensorflow-cpu' ? 'ok' : 'problem',
    name: 'matrix product',
    text: `${(result.gflops ?? 0).toFixed(0)} GFLOP/s in float32 on one thread (${result.backend}, 1024 × 1024)`,
    ...(result.backend === 'tensorflow-cpu' ? {} : { advice: 'TensorFlow is many times faster: see the lines above.' }),
  };
}
