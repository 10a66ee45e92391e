import { fileURLToPath } from 'node:url';
import type { Row } from './record.ts';

/** What a row needs to measure itself. */
export interface Bench {
  /** Pairs of a row. */
  readonly pairs: number;
  /** Cores that a study would fill. */
  readonly cores: number;
  readonly withPeers: boolean;
  readonly withAvalanche: boolean;
  readonly seeds: number;
  /** Whether this row was asked for. */
  wanted(name: string): boolean;
  /** Whether rows whose names begin so may have been. */
  mayBeWanted(beginning: string): boolean;
  /** What the person sees, on stderr. */
  say(line: string): void;
  /** A row is finished: it is written down at once. */
  done(row: Row): void;
}

/** A group of rows; a failure in one does not keep the others out. */
export interface RowGroup {
  readonly names: readonly string[];
  measure(bench: Bench): Promise<void>;
}

/** A part of the benchmark that isn't to be had here; said in one line. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

export const child = (name: string): string => fileURLToPath(new URL(`./children/${name}.ts`, import.meta.url));

/** One thread for one operation, as a trial worker has; `threads` of them for comparing. */
export const nativeThreads = (threads: number): NodeJS.ProcessEnv => ({
  ...process.env,
  OMP_NUM_THREADS: String(threads),
  TF_NUM_INTRAOP_THREADS: String(threads),
  TF_NUM_INTEROP_THREADS: '1',
  TF_CPP_MIN_LOG_LEVEL: '2',
});
