import { copyFileSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sha256OfFile } from '../../base/file-hash.ts';
import { makeFolder } from '../../base/files.ts';
import { EngineError } from '../types.ts';
import { findCompiler, lastLines, runCommand } from './commands.ts';
import { partialFolder, publish } from './files.ts';
import { ADDON_RECORD, findAddons, type AddonRecord } from './located.ts';
import { NAPI_VERSION, sessionSources, tfjsNodeVersion, type Surroundings } from './layout.ts';
import type { Work } from './wheel-source.ts';

export interface AddonPlan {
  /** Where the finished addons go. */
  readonly target: string;
  readonly libraries: string;
  readonly include: string | null;
  /**
   * What the addon writes down as the place of its libraries: relative to itself in the cache, absolute for an own
   * directory.
   */
  readonly runPath: string;
  /** A ready tfjs-node addon; built from source when absent. */
  readonly readyBinding?: string | null;
}

/**
 * Compiles tfjs-node's addon and Touchstone's session addon for one library with the plain compiler, loads them once in
 * a child process as a check, and publishes them at `plan.target`. The session addon may fail without harm: steps then
 * run eagerly.
 * @throws EngineError when there is no compiler or no header, the build fails, or the result does not load here
 */
export async function buildAddons(plan: AddonPlan, { where, progress, signal }: Work): Promise<void> {
  if (findAddons(plan.target)) return;
  const compiler = findCompiler(where);
  const ready = plan.readyBinding ?? null;
  if (!ready && !compiler)
    throw new EngineError(
      'No C++ compiler on PATH, which builds the addon in a few seconds: install g++ or clang (Debian: ' +
        '`apt install g++`, macOS: `xcode-select --install`).',
    );
  if (!ready && !plan.include)
    throw new EngineError(`No headers (include/tensorflow/c/c_api.h) beside ${plan.libraries}: copy them there.`);
  progress.phase('Building the addon for Node');
  const partial = partialFolder(plan.target);
  try {
    const binding = join(partial, 'tfjs_binding.node');
    const session = join(partial, 'session.node');
    const compile = (sources: readonly string[], output: string) =>
      compileAddon(where, {
        compiler: compiler ?? '',
        include: plan.include ?? '',
        libraries: plan.libraries,
        runPath: plan.runPath,
        sources,
        output,
        signal,
      });
    const [, sessionProblem] = await Promise.all([
      ready
        ? copyFileSync(ready, binding)
        : compile(
            readdirSync(join(where.tfjsNode, 'binding'))
              .filter((f) => f.endsWith('.cc'))
              .map((f) => join(where.tfjsNode, 'binding', f)),
            binding,
          ),
      buildSession(where, compiler, plan.include, () =>
        compile(
          sessionSources(where).filter((file) => file.endsWith('.cc')),
          session,
        ),
      ),
    ]);
    if (where.platform === 'win32')
      for (const dll of readdirSync(plan.libraries).filter((f) => f.endsWith('.dll')))
        copyFileSync(join(plan.libraries, dll), join(partial, dll));
    await checkLoads(binding, where, signal);
    let problem = sessionProblem;
    if (problem === null)
      problem = await checkLoads(session, where, signal).then(
        () => null,
        (error: unknown) => String(error),
      );
    if (problem !== null) {
      rmSync(session, { force: true });
      progress.note(
        'The session addon could not be built, so training steps run one operation at a time, several ' +
          `times slower: ${problem}`,
      );
    }
    const files: AddonRecord['files'] = {};
    for (const name of ['tfjs_binding.node', ...(problem === null ? ['session.node'] : [])])
      files[name] = { bytes: statSync(join(partial, name)).size, sha256: await sha256OfFile(join(partial, name)) };
    const record: AddonRecord = {
      compiler: compiler ? await compilerVersion(compiler) : 'none',
      tfjsNode: tfjsNodeVersion(where),
      session: problem === null,
      files,
    };
    writeFileSync(join(partial, ADDON_RECORD), `${JSON.stringify(record, null, 1)}\n`);
    makeFolder(dirname(plan.target));
    publish(partial, plan.target);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** The folder of Node's N-API headers that npm installed. */
export const nodeHeaders = (where: Surroundings): string =>
  join(where.project, 'node_modules', 'node-api-headers', 'include');

/** First line of what the compiler says about itself. */
export async function compilerVersion(compiler: string): Promise<string> {
  return (await runCommand([compiler, '--version'])).output.split('\n')[0] ?? compiler;
}

async function buildSession(
  where: Surroundings,
  compiler: string | null,
  include: string | null,
  compile: () => Promise<void>,
): Promise<string | null> {
  if (sessionSources(where).length === 0) return 'its sources (src-main/engine/kernels/native) are missing';
  if (!compiler) return 'there is no C++ compiler on PATH';
  if (!include) return 'there are no TensorFlow headers';
  return compile().then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function compileAddon(
  where: Surroundings,
  how: {
    compiler: string;
    include: string;
    libraries: string;
    runPath: string;
    sources: readonly string[];
    output: string;
    signal: AbortSignal | undefined;
  },
): Promise<void> {
  const darwin = where.platform === 'darwin';
  const result = await runCommand(
    [
      how.compiler,
      '-std=c++17',
      '-shared',
      '-fPIC',
      '-O3',
      '-ffp-contract=off',
      `-DNAPI_VERSION=${NAPI_VERSION}`,
      `-I${how.include}`,
      `-I${nodeHeaders(where)}`,
      ...how.sources,
      `-L${how.libraries}`,
      '-ltensorflow',
      '-ltensorflow_framework',
      `-Wl,-rpath,${how.runPath}`,
      ...(darwin ? ['-undefined', 'dynamic_lookup'] : []),
      '-o',
      how.output,
    ],
    { env: where.env, signal: how.signal },
  );
  if (result.code !== 0 || !existsSync(how.output)) {
    const errors = result.output
      .split('\n')
      .filter((line) => /error/i.test(line))
      .join('\n');
    throw new EngineError(`${how.compiler} could not build the addon: ${lastLines(errors || result.output)}`);
  }
}

/** A library for a newer system, or for another processor, shows only when it is loaded. */
async function checkLoads(addon: string, where: Surroundings, signal: AbortSignal | undefined): Promise<void> {
  const result = await runCommand([where.node, '-e', `require(${JSON.stringify(addon)})`], {
    env: { ...where.env, TF_CPP_MIN_LOG_LEVEL: '2', CUDA_VISIBLE_DEVICES: '-1' },
    signal,
    timeoutMs: 120_000,
  });
  if (result.code !== 0)
    throw new EngineError(
      `The addon was built but does not load: ${lastLines(
        result.output
          .split('\n')
          .filter((l) => /Error|cannot|GLIBC|not found/.test(l))
          .join('\n') || result.output,
      )}`,
    );
}
