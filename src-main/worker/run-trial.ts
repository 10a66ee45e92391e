import os from 'node:os';
import { readFileSync, writeFileSync } from 'node:fs';
import type { Dataset } from '../datasets/types.ts';
import type { Engine, Network, NetworkSpec } from '../engine/types.ts';
import type { Stream } from '../engine/streams.ts';
import type { Artefact, HyperParameters, Method, TrialContext } from '../methods/contract.ts';
import type { Cost, Environment, Primitives } from '../metrics/primitives.ts';
import type { Suite } from '../suites/contract.ts';
import { checkpointTrouble } from './checkpoint.ts';
import type { Checkpoint, CheckpointStore, MeterCounts } from './checkpoint.ts';
import { scopedEngine } from './engine-scope.ts';
import { RegisteredState } from './trial-state.ts';

export interface TrialJob {
  /** Content address; checkpoints of another trial are refused by it. */
  readonly id: string;
  readonly suite: Suite;
  readonly method: Method;
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
}

/** What a running trial tells; progress comes at most every quarter of a second. */
export type TrialReport =
  | {
      readonly kind: 'progress';
      readonly done: number;
      readonly total: number;
      readonly rate: number | null;
      readonly eta: number | null;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: 'curve-point'; readonly name: string; readonly x: number; readonly y: number }
  | { readonly kind: 'checkpoint'; readonly elapsed: number }
  | { readonly kind: 'log'; readonly level: 'info' | 'warning'; readonly message: string };

export type Wish = 'go' | 'pause' | 'cancel';

/** Everything outside of a trial that it touches; a plain object, so that tests and reference runs need no processes. */
export interface TrialDependencies {
  readonly engine: Engine;
  buildNetwork(spec: NetworkSpec): Network;
  stream(seed: number, name: string): Stream;
  dataset(id: string): Promise<Dataset>;
  artefact?(name: string): Promise<Artefact>;
  readonly checkpoints?: CheckpointStore;
  /** Seconds between checkpoints; 10 unless told. */
  readonly checkpointEvery?: number;
  report?(report: TrialReport): void;
  /** Asked at every yield. */
  wish?(): Wish;
  /** Lets the process hear its messages; called between yields. */
  breathe?(): Promise<void>;
  /** Milliseconds that only grow. */
  now?(): number;
  /** Workers that run beside this one, for reading the seconds rightly. */
  readonly workers?: number;
}

export interface TrialResult {
  readonly primitives: Primitives;
  readonly artefact: Artefact | null;
  readonly cost: Cost;
  readonly environment: Environment;
  readonly notes: readonly string[];
  /** Seconds of the cost that went into opening data sets and preparing calls (`Meter.preparation`): the worker's next trial of the kind finds both. */
  readonly preparation: number;
}

export type TrialEnd =
  | { readonly state: 'done'; readonly result: TrialResult }
  | { readonly state: 'paused' }
  | { readonly state: 'cancelled' };

const PROGRESS_MS = 250;
const BREATHE_MS = 40;

/**
 * Runs one trial to its end, or to the next yield after a wish to pause (a checkpoint is written) or cancel. With a checkpoint present
 * it goes on from there, and the numbers are those of an uninterrupted run. Throws what the method or the suite throws; everything
 * made on the engine is released in any case.
 */
export async function runTrial(job: TrialJob, dependencies: TrialDependencies): Promise<TrialEnd> {
  const scope = scopedEngine(dependencies.engine);
  try {
    return await new TrialRun(job, dependencies, scope.engine).run();
  } finally {
    scope.release();
  }
}

class TrialRun {
  readonly #job: TrialJob;
  readonly #dependencies: TrialDependencies;
  readonly #engine: Engine;
  readonly #now: () => number;
  readonly #notes: string[] = [];
  readonly #spent = { examples: 0, forwardPasses: 0, backwardPasses: 0, bytesStored: 0 };
  /** What the engine counted for the method: before this attempt, and while the suite was not measuring. */
  #counted = { steps: 0, calls: 0, flops: 0 };
  #elapsedBefore = 0;
  #startedAt = 0;
  readonly #preparedBefore: number;
  #opening = 0;

  constructor(job: TrialJob, dependencies: TrialDependencies, engine: Engine) {
    this.#job = job;
    this.#dependencies = dependencies;
    this.#engine = engine;
    this.#preparedBefore = engine.meter.preparation;
    this.#now = dependencies.now ?? (() => performance.now());
  }

  async run(): Promise<TrialEnd> {
    const { suite, method, seed, hyperParameters } = this.#job;
    const dependencies = this.#dependencies;
    const report = dependencies.report ?? (() => undefined);
    resetPeakMemory();
    this.#startedAt = this.#now();

    const restored =
      dependencies.checkpoints?.load(this.#job.id, (message) => report({ kind: 'log', level: 'warning', message })) ??
      null;
    if (restored !== null) this.#restore(restored, report);

    const network = dependencies.buildNetwork(suite.network);
    const stream = (name: string): Stream => dependencies.stream(seed, name);
    const open = await suite.open({ engine: this.#engine, network, seed, stream, dataset: (id) => this.#opened(id) });
    if (restored !== null) open.restore(restored.suite);

    const state = new RegisteredState(this.#engine, restored);
    const context: TrialContext = {
      engine: this.#engine,
      network,
      seed,
      stream,
      state,
      protocol: open.protocol,
      meter: {
        examples: (count) => {
          this.#spent.examples += count;
        },
        passes: ({ forward = 0, backward = 0 }) => {
          this.#spent.forwardPasses += forward;
          this.#spent.backwardPasses += backward;
        },
        // What counts is the most that a method held at once.
        bytesStored: (bytes) => {
          this.#spent.bytesStored = Math.max(this.#spent.bytesStored, bytes);
        },
      },
      artefact: async (name) => {
        if (dependencies.artefact === undefined)
          throw new Error(`The trial asks for the artefact "${name}", but none can be opened here.`);
        return dependencies.artefact(name);
      },
      log: (message) => report({ kind: 'log', level: 'info', message }),
    };

    const pace = new Pace(() => this.#now() - 1000 * this.#preparation());
    const checkpointMs = (dependencies.checkpointEvery ?? 10) * 1000;
    let lastCheckpoint = this.#now();
    let lastReport = Number.NEGATIVE_INFINITY;
    let lastBreath = this.#now();
    let place = { done: 0, total: 0 };
    let live: Readonly<Record<string, number>> = {};
    const tell = (): void => report({ kind: 'progress', ...place, ...pace.at(place.done, place.total), metrics: live });

    const generator = method.run(context, hyperParameters);
    try {
      for (;;) {
        const before = snapshot(this.#engine);
        const step = await generator.next();
        this.#count(before);
        if (step.done === true) {
          if (place.total > 0) tell();
          const primitives = await open.finish(step.value);
          const result: TrialResult = {
            primitives: { ...primitives, scalars: { ...step.value.scalars, ...primitives.scalars } },
            artefact: step.value.artefact ?? null,
            cost: this.#cost(network),
            environment: environmentOf(this.#engine),
            notes: [...this.#notes, ...(step.value.notes ?? [])],
            preparation: this.#preparation(),
          };
          return { state: 'done', result };
        }
        const event = step.value;
        if (event.kind === 'evaluate') {
          const measured = await open.evaluate(event);
          live = { ...live, ...measured };
          for (const [name, y] of Object.entries(measured)) report({ kind: 'curve-point', name, x: event.stage, y });
          continue;
        }
        place = { done: event.done, total: event.total };
        if (event.metrics !== undefined) live = { ...live, ...event.metrics };
        if (this.#now() - lastReport >= PROGRESS_MS) {
          lastReport = this.#now();
          tell();
          for (const [name, y] of Object.entries(event.metrics ?? {}))
            report({ kind: 'curve-point', name, x: event.done, y });
        }
        if (dependencies.breathe !== undefined && this.#now() - lastBreath >= BREATHE_MS) {
          await dependencies.breathe();
          lastBreath = this.#now();
        }
        const wish = dependencies.wish?.() ?? 'go';
        if (wish === 'cancel') return { state: 'cancelled' };
        if (
          dependencies.checkpoints !== undefined &&
          (wish === 'pause' || this.#now() - lastCheckpoint >= checkpointMs)
        ) {
          const checkpoint: Checkpoint = {
            trial: this.#job.id,
            cursor: event.cursor,
            suite: open.save(),
            meter: { ...this.#counted, ...this.#spent },
            elapsed: this.#elapsed(),
            arrays: await state.save(),
          };
          try {
            dependencies.checkpoints.save(checkpoint);
            report({ kind: 'checkpoint', elapsed: checkpoint.elapsed });
          } catch (error) {
            const trouble = checkpointTrouble(error);
            this.#notes.push(trouble);
            report({ kind: 'log', level: 'warning', message: trouble });
          }
          lastCheckpoint = this.#now();
        }
        if (wish === 'pause') return { state: 'paused' };
      }
    } finally {
      // A method may hold things in `finally` blocks of its own.
      await generator.return({});
    }
  }

  #restore(checkpoint: Checkpoint, report: (report: TrialReport) => void): void {
    const { steps, calls, flops, examples, forwardPasses, backwardPasses, bytesStored } = checkpoint.meter;
    this.#counted = { steps, calls, flops };
    Object.assign(this.#spent, { examples, forwardPasses, backwardPasses, bytesStored });
    this.#elapsedBefore = checkpoint.elapsed;
    report({ kind: 'log', level: 'info', message: `Resumed from a checkpoint at ${checkpoint.elapsed.toFixed(1)} s.` });
  }

  #count(before: Pick<MeterCounts, 'steps' | 'calls' | 'flops'>): void {
    const { steps, calls, flops } = this.#engine.meter;
    this.#counted = {
      steps: this.#counted.steps + steps - before.steps,
      calls: this.#counted.calls + calls - before.calls,
      flops: this.#counted.flops + flops - before.flops,
    };
  }

  async #opened(id: string): Promise<Dataset> {
    const before = this.#now();
    const dataset = await this.#dependencies.dataset(id);
    this.#opening += (this.#now() - before) / 1000;
    return dataset;
  }

  #preparation(): number {
    return this.#opening + this.#engine.meter.preparation - this.#preparedBefore;
  }

  #elapsed(): number {
    return this.#elapsedBefore + (this.#now() - this.#startedAt) / 1000;
  }

  #cost(network: Network): Cost {
    return {
      seconds: this.#elapsed(),
      steps: this.#counted.steps,
      flops: this.#counted.flops,
      ...this.#spent,
      parameters: network.params.reduce(
        (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
        0,
      ),
      peakMemoryBytes: peakMemory(),
      workers: this.#dependencies.workers ?? 1,
    };
  }
}

/** Steps per second over the last ten seconds or so, and the seconds left at that pace; `now` stands still while calls are prepared, which the steps to come are spared. */
class Pace {
  readonly #now: () => number;
  readonly #points: { at: number; done: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  at(done: number, total: number): { rate: number | null; eta: number | null } {
    const at = this.#now();
    this.#points.push({ at, done });
    while (this.#points.length > 2 && at - (this.#points[0]?.at ?? at) > 10_000) this.#points.shift();
    const first = this.#points[0];
    if (first === undefined || at <= first.at || done <= first.done) return { rate: null, eta: null };
    const rate = (done - first.done) / ((at - first.at) / 1000);
    return { rate, eta: Math.max(0, total - done) / rate };
  }
}

function snapshot(engine: Engine): { steps: number; calls: number; flops: number } {
  const { steps, calls, flops } = engine.meter;
  return { steps, calls, flops };
}

function environmentOf(engine: Engine): Environment {
  const gpu = engine.versions['gpu'];
  return {
    backend: engine.backend,
    numerics: engine.numerics,
    versions: { ...engine.versions, node: process.versions.node },
    cpu: os.cpus()[0]?.model ?? 'unknown',
    gpu: gpu ?? null,
    threads:
      Number(process.env['TF_NUM_INTRAOP_THREADS'] ?? process.env['OMP_NUM_THREADS'] ?? 0) || os.availableParallelism(),
    platform: `${os.platform()} ${os.arch()} ${os.release()}`,
  };
}

/** Starts the peak anew for this trial where the system can (Linux); elsewhere it is the peak of the worker's life. */
function resetPeakMemory(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Not Linux, or not allowed: the peak then covers the worker's earlier trials too.
  }
}

function peakMemory(): number {
  try {
    const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
    if (line?.[1] !== undefined) return Number(line[1]) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
