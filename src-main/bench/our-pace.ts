import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalHost } from '../workbench/hosts/local.ts';
import { millisecondsTogether } from './line-process.ts';

/** A worker's progress as it was heard. */
export interface Heard {
  readonly at: number;
  readonly done: number;
}

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url));
const BACKEND = 'tensorflow-cpu';
/** As the Workbench has it. */
const CHECKPOINT_EVERY_S = 10;

/**
 * Steps per second between the first and the last report inside [from, to], in milliseconds of the clock that stamped
 * them; null with fewer than two reports there, or no step between them.
 */
export function rateWithin(
  reports: readonly Heard[],
  from: number,
  to: number,
): { steps: number; seconds: number } | null {
  const inside = reports.filter(({ at }) => at >= from && at <= to);
  const first = inside[0],
    last = inside[inside.length - 1];
  if (first === undefined || last === undefined || last.at <= first.at || last.done <= first.done) return null;
  return { steps: last.done - first.done, seconds: (last.at - first.at) / 1000 };
}

export interface PaceRequest {
  readonly suite: string;
  /** Steps that every worker does before the clock counts. */
  readonly warmUp: number;
  /** How long all workers are then watched together. */
  readonly seconds: number;
}

/**
 * Our own pace in a study's conditions: real trial workers of one thread each, started and watched by the program's
 * host over its own protocol, all at the method `naive` at once. Milliseconds per step of all workers together.
 */
export class OurPace {
  readonly #workers: number;
  readonly #folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-'));
  readonly #heard = new Map<string, Heard[]>();
  readonly #settled = new Map<string, (reason: string | null) => void>();
  readonly #host: LocalHost;
  #trials = 0;

  constructor(workers: number) {
    this.#workers = workers;
    this.#host = new LocalHost({
      capacity: () => workers,
      entry: WORKER,
      dataFolder: this.#folder,
      // Workers wait, warm, while the peers are measured.
      times: { idle: 3_600_000 },
      news: {
        onReport: (report) => {
          if (report.kind === 'progress')
            this.#heard.get(report.trial)?.push({ at: performance.now(), done: report.done });
        },
        onOutcome: (trial, outcome) =>
          this.#settled.get(trial)?.(
            outcome.kind === 'paused'
              ? null
              : outcome.kind === 'failed'
                ? outcome.failure.message
                : outcome.kind === 'crashed'
                  ? `${outcome.reason} ${outcome.details}`
                  : `it ended ${outcome.kind}`,
          ),
      },
    });
  }

  async measure({ suite, warmUp, seconds }: PaceRequest): Promise<number> {
    const trials = Array.from({ length: this.#workers }, () => `bench-${this.#trials++}`);
    const ends = trials.map((trial) => new Promise<string | null>((resolve) => this.#settled.set(trial, resolve)));
    trials.forEach((trial, seed) => {
      this.#heard.set(trial, []);
      const order = {
        trial,
        identity: {
          suite,
          suiteVersion: 0,
          protocolHash: '',
          data: [],
          method: 'naive',
          methodVersion: 0,
          sourceHash: null,
          driver: 0,
          hyperParameters: {},
          seed,
          fold: null,
          backend: BACKEND,
          numerics: '',
          artefacts: {},
        },
        isKept: false,
        checkpoint: this.#checkpoint(trial),
        checkpointEvery: CHECKPOINT_EVERY_S,
        artefacts: {},
        workers: this.#workers,
        own: { method: null, suite: null },
      };
      this.#host.run(BACKEND, [{ order, kind: suite }]);
    });
    const failed = Promise.race(ends).then((reason) => {
      throw new Error(`our trial of ${suite} did not last: ${reason ?? 'it paused by itself'}`);
    });
    // Also where it is not waited for.
    failed.catch(() => undefined);
    const within = async (done: () => boolean): Promise<void> => {
      while (!done()) await Promise.race([pause(20), failed]);
    };
    await within(() => trials.every((trial) => this.#reports(trial).some(({ done }) => done >= warmUp)));
    const from = performance.now();
    let rates = trials.map(() => rateWithin([], 0, 0));
    // A slow network may not have reported twice by then.
    await within(() => {
      if (performance.now() - from < 1000 * seconds) return false;
      rates = trials.map((trial) => rateWithin(this.#reports(trial), from, performance.now()));
      return rates.every((rate) => rate !== null);
    });
    for (const trial of trials) this.#host.wish(trial, 'pause');
    await Promise.all(ends);
    for (const trial of trials) {
      this.#heard.delete(trial);
      this.#settled.delete(trial);
      rmSync(this.#checkpoint(trial), { force: true });
    }
    return millisecondsTogether(rates.flatMap((rate) => (rate === null ? [] : [rate])));
  }

  /** Versions of what computes. */
  async versions(): Promise<Readonly<Record<string, string>>> {
    const { numerics, versions } = await this.#host.facts(BACKEND);
    return { ...versions, numerics };
  }

  async close(): Promise<void> {
    await this.#host.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #checkpoint(trial: string): string {
    return join(this.#folder, `${trial}.checkpoint`);
  }

  #reports(trial: string): readonly Heard[] {
    return this.#heard.get(trial) ?? [];
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
