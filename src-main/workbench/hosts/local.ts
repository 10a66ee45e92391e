import { execFile, fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { KEPT_GRAPHS } from '../../engine/recording/execution.ts';
import { fromWorker } from '../../trial/messages.ts';
import type { FromWorker, ToWorker, TrialOrder } from '../../trial/messages.ts';
import type { BackendFacts, HostNews, HostOrder, Room, TrialHost, TrialOutcome } from './host.ts';
import { shareDevice } from './machine.ts';
import type { Warmth } from '../scheduler.ts';

export interface LocalHostOptions {
  /** Worker entry: `src-main/worker/main.ts`; tests have their own. */
  readonly entry: string;
  readonly execPath?: string;
  readonly dataFolder: string;
  /**
   * Workers compute only where nothing else wants the processor: for a Workbench with a window or a page that a person
   * works in.
   */
  readonly giveWay?: boolean;
  /** Places on a backend. */
  readonly capacity: (backend: string) => number;
  readonly news: HostNews;
  readonly times?: Partial<LocalHostTimes>;
}

interface LocalHostTimes {
  /** Silence after which a worker is taken for hung. Workers are synchronous, so it is generous. */
  readonly hang: number;
  /** How long a cancelled trial may take to reach its next yield before its worker is killed. */
  readonly cancel: number;
  /** How long an idle worker is kept, warm. */
  readonly idle: number;
  /** How long a pause may take: a yield and a checkpoint. */
  readonly pause: number;
}

const TIMES: LocalHostTimes = { hang: 20 * 60_000, cancel: 1_000, idle: 45_000, pause: 60_000 };
const KEPT_TEXT = 4_000;
/**
 * V8 collects a heap of some 40 MB several times a trial, in threads of its own that take the processors from the
 * trials beside: 4 to 6 % of a trial's time. With this many MB to begin with it does so every other trial.
 */
const WORKER_FLAGS = ['--initial-heap-size=256'];

interface Worker {
  readonly child: ChildProcess;
  readonly backend: string;
  readonly ready: Promise<BackendFacts>;
  trial: string | null;
  /** The kinds of trial that it has run, the latest first, as far as it keeps their graphs. */
  kinds: readonly string[];
  /** The person's files that it has run. What they may have changed (prototypes, globals) no other trial meets. */
  own: string | null;
  cancelled: boolean;
  killedBecause: string | null;
  heard: number;
  idleTimer: NodeJS.Timeout | null;
  wishTimer: NodeJS.Timeout | null;
  output: string;
}

/**
 * Trials in processes of this machine: starts, reuses, watches and ends trial workers. Each does one order at a time.
 */
export class LocalHost implements TrialHost {
  readonly #options: LocalHostOptions;
  readonly #times: LocalHostTimes;
  readonly #workers = new Set<Worker>();
  readonly #watch: NodeJS.Timeout;
  #closed = false;

  constructor(options: LocalHostOptions) {
    this.#options = options;
    this.#times = { ...TIMES, ...options.times };
    this.#watch = setInterval(() => this.#killHung(), Math.min(30_000, this.#times.hang / 2));
    this.#watch.unref();
  }

  /** Trials that occupy a worker, also those that are being stopped. */
  get busy(): string[] {
    return [...this.#workers].flatMap((worker) => (worker.trial === null ? [] : [worker.trial]));
  }

  room(backend: string): Room {
    const places = this.#options.capacity(backend);
    const taken = [...this.#workers].filter(({ trial, backend: on }) => trial !== null && shareDevice(on, backend));
    return { places, free: places - taken.length };
  }

  /** Process id of the worker that runs a trial, for tests and the doctor. */
  pidOf(trial: string): number | null {
    return [...this.#workers].find((worker) => worker.trial === trial)?.child.pid ?? null;
  }

  /**
   * Opens a backend in a worker that stays for the next trial, and says what it is; with several trials to come, in as
   * many workers at once as there are places. Rejects with the reason when it can't be opened.
   */
  facts(backend: string, trials = 1): Promise<BackendFacts> {
    const workers = Math.max(1, Math.min(trials, this.#options.capacity(backend)));
    const there = [...this.#workers].filter((candidate) => candidate.backend === backend);
    const opened = Array.from({ length: Math.max(0, workers - there.length) }, () => this.#fork(backend));
    return [...there, ...opened][0].ready;
  }

  /** Where trials of this kind have run, among the workers that are there. */
  warmth(kind: string): Warmth {
    const known = [...this.#workers].filter((worker) => worker.kinds.includes(kind));
    return known.some((worker) => isFree(worker)) ? 'here' : known.length > 0 ? 'elsewhere' : 'nowhere';
  }

  run(backend: string, orders: readonly HostOrder[]): void {
    for (const one of orders) this.#start(backend, one);
  }

  /** Starts a trial in a free worker, one that has run its kind where there is one, or in a new one. */
  #start(backend: string, { order, kind }: HostOrder): void {
    const own = ownPart(order);
    const free = [...this.#workers].filter(
      (worker) => worker.backend === backend && isFree(worker) && (worker.own === null || worker.own === own),
    );
    const worker = free.find(({ kinds }) => kinds.includes(kind)) ?? free[0] ?? this.#fork(backend);
    worker.kinds = [kind, ...worker.kinds.filter((other) => other !== kind)].slice(0, KEPT_GRAPHS);
    if (worker.idleTimer !== null) clearTimeout(worker.idleTimer);
    worker.idleTimer = null;
    worker.own = own;
    worker.trial = order.trial;
    worker.cancelled = false;
    worker.heard = Date.now();
    this.#send(worker, { kind: 'run', order });
  }

  /** Asks a running trial to stop at its next yield; a cancelled one that does not is killed. */
  wish(trial: string, wish: 'pause' | 'cancel'): void {
    const worker = [...this.#workers].find((candidate) => candidate.trial === trial);
    if (worker === undefined) return;
    this.#send(worker, { kind: 'wish', trial, wish });
    if (worker.wishTimer !== null) clearTimeout(worker.wishTimer);
    if (wish === 'cancel') worker.cancelled = true;
    worker.wishTimer = setTimeout(
      () => this.#kill(worker, wish === 'cancel' ? 'cancelled' : 'it did not stop for a pause'),
      wish === 'cancel' ? this.#times.cancel : this.#times.pause,
    );
  }

  /** Ends every worker and waits until they are gone. Trials that run are left to their checkpoints. */
  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#watch);
    await Promise.all(
      [...this.#workers].map(
        (worker) =>
          new Promise<void>((resolve) => {
            if (worker.child.exitCode !== null || worker.child.signalCode !== null) return resolve();
            worker.child.once('exit', () => resolve());
            this.#kill(worker, 'Touchstone is closing');
          }),
      ),
    );
  }

  #fork(backend: string): Worker {
    const child = fork(this.#options.entry, [backend, this.#options.dataFolder], {
      execPath: this.#options.execPath ?? process.execPath,
      execArgv: WORKER_FLAGS,
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: workerEnvironment(process.env, backend),
    });
    let settle: { resolve(facts: BackendFacts): void; reject(error: Error): void } = {
      resolve: () => undefined,
      reject: () => undefined,
    };
    const ready = new Promise<BackendFacts>((resolve, reject) => {
      settle = { resolve, reject };
    });
    // Nobody may be waiting for it; a failed trial then carries the reason.
    ready.catch(() => undefined);
    if (this.#options.giveWay === true) giveWay(child);
    const worker: Worker = {
      child,
      backend,
      ready,
      trial: null,
      kinds: [],
      own: null,
      cancelled: false,
      killedBecause: null,
      heard: Date.now(),
      idleTimer: null,
      wishTimer: null,
      output: '',
    };
    this.#workers.add(worker);
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        worker.output = (worker.output + text).slice(-KEPT_TEXT);
      });
    child.on('message', (raw: unknown) => {
      const parsed = fromWorker.safeParse(raw);
      worker.heard = Date.now();
      if (!parsed.success) {
        worker.output += `\n(a message was not of the protocol: ${parsed.error.message})`;
        // A result that can't be read must not leave its trial running for ever.
        if (worker.trial !== null) this.#kill(worker, 'it sent a message that could not be read');
        return;
      }
      this.#hear(worker, parsed.data, settle);
    });
    child.on('error', (error) => {
      worker.output += `\n${error.message}`;
    });
    const ended = (reason: string): void => {
      if (!this.#workers.delete(worker)) return;
      if (worker.idleTimer !== null) clearTimeout(worker.idleTimer);
      if (worker.wishTimer !== null) clearTimeout(worker.wishTimer);
      settle.reject(
        new Error(
          `The worker for ${backend} ended while it opened the backend (${reason}). ${worker.output.trim()}`.trim(),
        ),
      );
      const { trial } = worker;
      if (trial === null || this.#closed) return;
      this.#options.news.onOutcome(
        trial,
        worker.cancelled
          ? { kind: 'cancelled' }
          : { kind: 'crashed', reason: worker.killedBecause ?? reason, details: worker.output.trim() },
      );
    };
    child.on('exit', (code, signal) =>
      ended(
        signal === null
          ? `exit code ${code ?? '?'}`
          : signal === 'SIGKILL'
            ? 'killed (SIGKILL), perhaps because memory ran out'
            : `signal ${signal}`,
      ),
    );
    child.on('error', (error) => {
      if (child.pid === undefined) ended(error.message);
    });
    this.#rest(worker);
    return worker;
  }

  #hear(
    worker: Worker,
    message: FromWorker,
    settle: { resolve(facts: BackendFacts): void; reject(error: Error): void },
  ): void {
    switch (message.kind) {
      case 'ready':
        settle.resolve({ backend: message.backend, numerics: message.numerics, versions: message.versions });
        return;
      case 'unusable': {
        settle.reject(new Error(message.message));
        const { trial } = worker;
        worker.trial = null;
        if (trial !== null)
          this.#options.news.onOutcome(trial, {
            kind: 'failed',
            failure: { kind: 'engine', message: message.message, details: message.details },
          });
        return;
      }
      case 'progress':
      case 'phase':
      case 'curve-point':
      case 'checkpoint':
      case 'log':
        if (worker.trial === message.trial && !worker.cancelled) this.#options.news.onReport(message);
        return;
      case 'done':
      case 'diverged':
      case 'stopped':
      case 'failed': {
        if (worker.trial !== message.trial) return;
        worker.trial = null;
        if (worker.wishTimer !== null) clearTimeout(worker.wishTimer);
        worker.wishTimer = null;
        this.#rest(worker);
        this.#options.news.onOutcome(message.trial, worker.cancelled ? { kind: 'cancelled' } : outcomeOf(message));
        return;
      }
    }
  }

  /** Idle workers stay warm for a while and then give their memory back. */
  #rest(worker: Worker): void {
    worker.idleTimer = setTimeout(() => {
      if (worker.trial === null) this.#kill(worker, 'idle');
    }, this.#times.idle);
    worker.idleTimer.unref();
  }

  #killHung(): void {
    for (const worker of this.#workers) {
      if (worker.trial !== null && Date.now() - worker.heard > this.#times.hang)
        this.#kill(worker, `it gave no sign of life for ${Math.round(this.#times.hang / 60_000)} minutes`);
    }
  }

  #kill(worker: Worker, reason: string): void {
    worker.killedBecause = reason;
    worker.child.kill('SIGKILL');
  }

  #send(worker: Worker, message: ToWorker): void {
    if (worker.child.connected) worker.child.send(message, () => undefined);
  }
}

/** Which own files an order runs, as one text; null where all comes with the program. */
function ownPart({ own: { method, suite } }: TrialOrder): string | null {
  return method === null && suite === null ? null : `${method ?? ''}\n${suite ?? ''}`;
}

function outcomeOf(message: Extract<FromWorker, { kind: 'done' | 'diverged' | 'stopped' | 'failed' }>): TrialOutcome {
  switch (message.kind) {
    case 'done':
      return { kind: 'done', result: message.result };
    case 'diverged':
      return { kind: 'diverged', divergence: message.divergence, result: message.result };
    case 'failed':
      return { kind: 'failed', failure: message.failure };
    case 'stopped':
      return { kind: message.state };
  }
}

const isFree = (worker: Worker): boolean =>
  worker.trial === null && worker.child.connected && worker.killedBecause === null;

/**
 * Linux's batch policy for all threads of a worker, and those that they start: together with the low priority that it
 * gives itself it takes no processor from a thread of the interface that has just woken. Not the idle policy, with
 * which a worker gets nothing at all while anybody else keeps the machine busy. Without `chrt` (util-linux) the low
 * priority alone stays, as on other systems.
 */
function giveWay({ pid }: ChildProcess): void {
  if (process.platform === 'linux' && pid !== undefined)
    execFile('chrt', ['--all-tasks', '--batch', '--pid', '0', String(pid)], () => undefined);
}

/**
 * One thread each; a scrubbed environment, so that what the person's shell sets for other programs does not change
 * numbers.
 */
export function workerEnvironment(env: NodeJS.ProcessEnv, backend: string): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(TF_|OMP_|MKL_|KMP_|ONEDNN_|DNNL_|XLA_|NODE_OPTIONS$|ELECTRON_)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    OMP_NUM_THREADS: '1',
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
    TF_CPP_MIN_LOG_LEVEL: '2',
    ...(backend === 'tensorflow-gpu' ? { TF_FORCE_GPU_ALLOW_GROWTH: 'true' } : {}),
  };
}
