import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { makeFolder } from '../../base/files.ts';
import { waitForLock } from '../../base/lock.ts';
import { buildAddons } from './addons.ts';
import { sweepPartials } from './files.ts';
import { addonFolder, engineCache, surroundings, type Surroundings } from './layout.ts';
import {
  findAddons,
  findProvisioned,
  inspectOwnDirectory,
  ownAddonFolder,
  readRecord,
  type Provisioned,
} from './located.ts';
import { wantsCuda } from './nvidia.ts';
import { provisionFromPackage } from './package-source.ts';
import { silent, type Progress } from './progress.ts';
import { provisionFromWheels, type Work } from './wheel-source.ts';
import { WHEEL_SETS, wheelSet, type WheelSet } from './wheels.ts';

/** One way to TensorFlow that was tried. */
export interface Attempt {
  readonly name: string;
  readonly ok: boolean;
  /** What happened, in a sentence. */
  readonly detail: string;
}

export interface ProvisionOutcome {
  readonly found: Provisioned | null;
  /** Empty when everything was there already. */
  readonly attempts: readonly Attempt[];
  /**
   * For a person: which backend trials will use, and when it is the slow one, why and what would bring the fast one.
   */
  readonly line: string;
}

const attemptsSchema = z.object({
  at: z.string(),
  attempts: z.array(z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

/** After a failure a start does not try again for this long, so that a machine without network opens quickly. */
const RETRY_MS = 60 * 60_000;

const WITH_CUDA = ' with CUDA';

export interface ProvisionOptions {
  readonly where?: Surroundings;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
  /** Try even when the last attempt failed a short while ago. */
  readonly force?: boolean;
  readonly wheelSets?: readonly WheelSet[];
}

/** What the last provisioning that had to do something tried; for `doctor`. */
export const lastAttempts = (where: Surroundings): { at: string; attempts: readonly Attempt[] } | null =>
  readRecord(attemptsFile(where), attemptsSchema);

const attemptsFile = (where: Surroundings): string => join(engineCache(where), 'last-attempt.json');

/**
 * Makes TensorFlow available, trying in order: the directory in TOUCHSTONE_LIBTENSORFLOW, the Python wheel (with CUDA
 * when there is an NVIDIA driver or TOUCHSTONE_CUDA=1), tfjs-node's own download; when none works, WebAssembly remains.
 * Safe to interrupt and to run twice at once. Throws only when the cache can't be written or the signal aborts; a way
 * that fails is an attempt in the answer.
 */
export async function provision(options: ProvisionOptions = {}): Promise<ProvisionOutcome> {
  const where = options.where ?? surroundings();
  const progress = options.progress ?? silent;
  const sets = options.wheelSets ?? WHEEL_SETS;
  const ready = complete(where, sets);
  if (ready) return outcome(where, ready, []);
  if (!options.force) {
    const last = lastAttempts(where);
    if (last && !last.attempts.some((a) => a.ok) && Date.now() - Date.parse(last.at) < RETRY_MS)
      return outcome(where, findProvisioned(where), last.attempts);
  }
  const cache = engineCache(where);
  makeFolder(cache);
  using _lock = await waitForLock(join(cache, 'provision.lock'), {
    signal: options.signal,
    onWait: (holder) =>
      progress.note(
        `Another process${holder ? ` (${holder.pid} on ${holder.host})` : ''} is setting up TensorFlow; ` +
          'waiting for it.',
      ),
  });
  // The process that was waited for has most likely done it.
  const meanwhile = complete(where, sets);
  if (meanwhile) return outcome(where, meanwhile, []);
  for (const folder of [cache, join(cache, 'downloads'), ...librariesIn(cache).map((f) => join(f, 'addons'))])
    sweepPartials(folder);

  const attempts: Attempt[] = [];
  for (const way of ways({ where, progress, signal: options.signal }, sets)) {
    try {
      await way.run();
      attempts.push({ name: way.name, ok: true, detail: 'ready' });
      break;
    } catch (error) {
      options.signal?.throwIfAborted();
      const detail = error instanceof Error ? error.message : String(error);
      attempts.push({ name: way.name, ok: false, detail });
      progress.note(`${way.name}: ${detail}`);
    }
  }
  const record: z.infer<typeof attemptsSchema> = { at: new Date().toISOString(), attempts };
  writeFileSync(attemptsFile(where), `${JSON.stringify(record, null, 1)}\n`);
  return outcome(where, findProvisioned(where), attempts);
}

/** Removes every provisioned library, so that the next provisioning starts afresh. */
export async function forgetProvisioned(where: Surroundings = surroundings()): Promise<void> {
  const cache = engineCache(where);
  if (!existsSync(cache)) return;
  using _lock = await waitForLock(join(cache, 'provision.lock'));
  for (const folder of [...librariesIn(cache), join(cache, 'downloads'), attemptsFile(where)])
    rmSync(folder, { recursive: true, force: true });
}

interface Way {
  readonly name: string;
  run(): Promise<void>;
}

function ways(work: Work, sets: readonly WheelSet[]): Way[] {
  const { where } = work;
  const runPath = where.platform === 'darwin' ? '@loader_path/../../deps/lib' : '$ORIGIN/../../deps/lib';
  const own = where.env['TOUCHSTONE_LIBTENSORFLOW'];
  // A person who names a directory wants that one and no surprise.
  if (own) return [{ name: `TOUCHSTONE_LIBTENSORFLOW=${own}`, run: () => provisionOwn(own, work) }];
  const wheels: readonly WheelSet[] = (wantsCuda(where) ? [wheelSet(where, 'cuda', sets)] : [])
    .concat(wheelSet(where, 'cpu', sets))
    .filter((set) => set !== null);
  return [
    ...wheels.map((set) => ({
      name: `Python wheel ${set.wheels[0]?.requirement ?? ''}${set.variant === 'cuda' ? WITH_CUDA : ''}`,
      async run() {
        const folder = await provisionFromWheels(set, work);
        await buildAddons(
          {
            target: addonFolder(where, folder),
            libraries: join(folder, 'deps', 'lib'),
            include: join(folder, 'deps', 'include'),
            runPath,
          },
          work,
        );
      },
    })),
    ...(wheels.length > 0
      ? []
      : [
          {
            name: 'Python wheel',
            run: () =>
              Promise.reject(
                new Error(`TensorFlow publishes no wheel with a library for ${where.platform} on ${where.arch}.`),
              ),
          },
        ]),
    {
      name: 'download of the tfjs-node package',
      run: async () => {
        await provisionFromPackage(work);
      },
    },
  ];
}

async function provisionOwn(directory: string, work: Work): Promise<void> {
  const inside = inspectOwnDirectory(directory);
  if (!inside)
    throw new Error(
      `${directory} holds no libtensorflow (looked for lib/libtensorflow.so, deps/lib/libtensorflow.so ` +
        'and libtensorflow_cc.so.2): name the folder that an archive of libtensorflow was unpacked to.',
    );
  await buildAddons(
    {
      target: ownAddonFolder(work.where, inside.libraries),
      libraries: inside.libraries,
      include: inside.include,
      runPath: inside.libraries,
      readyBinding: inside.include ? null : inside.binding,
    },
    work,
  );
}

/**
 * What is ready, unless something can still be added: addons beside an own directory, or CUDA where a driver has
 * appeared or a person asks for it.
 */
function complete(where: Surroundings, sets: readonly WheelSet[]): Provisioned | null {
  const found = findProvisioned(where);
  if (found?.source === 'own-directory') return findAddons(ownAddonFolder(where, found.libraries)) ? found : null;
  if (found?.variant === 'cpu' && wantsCuda(where) && wheelSet(where, 'cuda', sets)) {
    return lastAttempts(where)?.attempts.some((a) => !a.ok && a.name.endsWith(WITH_CUDA)) ? found : null;
  }
  return found;
}

const librariesIn = (cache: string): string[] =>
  existsSync(cache)
    ? readdirSync(cache)
        .filter((f) => /^(tensorflow|own)-/.test(f))
        .map((f) => join(cache, f))
    : [];

function outcome(where: Surroundings, found: Provisioned | null, attempts: readonly Attempt[]): ProvisionOutcome {
  if (found)
    return {
      found,
      attempts,
      line:
        `TensorFlow ${found.tensorflow ?? '(own)'} ${found.variant === 'cuda' ? 'with CUDA ' : ''}is ` +
        `ready (${found.source.replace('-', ' ')}, ${dirname(found.binding)}).`,
    };
  const why = attempts.map((a) => `${a.name}: ${a.detail}`).join(' | ') || 'nothing was tried';
  const cure = where.env['TOUCHSTONE_LIBTENSORFLOW']
    ? 'correct or unset TOUCHSTONE_LIBTENSORFLOW'
    : 'python3 with pip, g++ and a reachable package index';
  return {
    found,
    attempts,
    line:
      `Using the slow WebAssembly backend (wasm), because TensorFlow is not available: ${why}. What ` +
      `would bring it: ${cure}, then \`touchstone doctor --provision\`.`,
  };
}
