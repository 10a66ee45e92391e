import type { FromWorker, ReceivedDivergence, ReceivedResult, TrialOrder } from '../../trial/messages.ts';
import type { Warmth } from '../scheduler.ts';

export type TrialOutcome =
  | { readonly kind: 'done'; readonly result: ReceivedResult }
  /** With what it had measured until then. */
  | { readonly kind: 'diverged'; readonly divergence: ReceivedDivergence; readonly result: ReceivedResult }
  | { readonly kind: 'paused' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: { kind: string; message: string; details: string } }
  /** What ran it ended under the trial: crash, out-of-memory kill, hang. */
  | { readonly kind: 'crashed'; readonly reason: string; readonly details: string };

export type WorkerReport = Extract<FromWorker, { kind: 'progress' | 'phase' | 'curve-point' | 'checkpoint' | 'log' }>;

export interface BackendFacts {
  readonly backend: string;
  readonly numerics: string;
  readonly versions: Readonly<Record<string, string>>;
}

/** A trial to be run, with the name of its kind: those of one kind share what is prepared for them. */
export interface HostOrder {
  readonly order: TrialOrder;
  readonly kind: string;
}

/** What a host tells: each trial for itself, whatever ran together. */
export interface HostNews {
  onReport(report: WorkerReport): void;
  onOutcome(trial: string, outcome: TrialOutcome): void;
}

/** Trials that a backend can have at once, and how many more. */
export interface Room {
  readonly places: number;
  readonly free: number;
}

/**
 * Where trials run: processes of this machine today, a cluster's scheduler another day. It is all that the runner
 * knows, and it knows nothing of studies. What it has to tell goes to the `HostNews` that it was made with.
 */
export interface TrialHost {
  /**
   * Opens a backend for so many trials to come, and says what it is. Rejects with the reason when it can't be opened.
   */
  facts(backend: string, trials?: number): Promise<BackendFacts>;
  room(backend: string): Room;
  /** Trials that it has, also those that are being stopped. */
  readonly busy: readonly string[];
  /** Where trials of this kind find what is prepared for them. */
  warmth(kind: string): Warmth;
  /** Starts trials, which it may do in one task. Each has its own result, wish and checkpoint. */
  run(backend: string, orders: readonly HostOrder[]): void;
  /** Asks a running trial to stop at its next yield. */
  wish(trial: string, wish: 'pause' | 'cancel'): void;
  /** Process id of what runs a trial, for tests and the doctor; null where there is none here. */
  pidOf(trial: string): number | null;
  /** Ends all work and waits until it is over. Trials that run are left to their checkpoints. */
  close(): Promise<void>;
}
