import type { Dataset } from '../datasets/types.ts';
import type { Engine } from '../engine/types.ts';
import type { Network, NetworkSpec } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { Artefact, HyperParameters, Method } from '../methods/contract.ts';
import type { Cost, CurvePlaces, Environment, Primitives } from '../metrics/primitives.ts';
import type { Suite } from '../suites/contract.ts';
import type { CheckpointStore } from './checkpoint.ts';
import type { Divergence } from './divergence.ts';

export interface TrialJob {
  /** Content address; checkpoints of another trial are refused by it. */
  readonly id: string;
  readonly suite: Suite;
  readonly method: Method;
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
  /** Which fold of the suite's is the test set; null where it has none. */
  readonly fold: number | null;
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
  /** What is being done before the first step is. */
  | { readonly kind: 'phase'; readonly phase: string }
  | {
      readonly kind: 'curve-point';
      readonly name: string;
      readonly x: number;
      readonly y: number;
      /** The same point on other axes; absent where x is no step. */
      readonly places?: CurvePlaces;
    }
  | { readonly kind: 'checkpoint'; readonly elapsed: number }
  | { readonly kind: 'log'; readonly level: 'info' | 'warning'; readonly message: string };

export type Wish = 'go' | 'pause' | 'cancel';

/**
 * Everything outside of a trial that it touches; a plain object, so that tests and reference runs need no processes.
 */
export interface TrialDependencies {
  readonly engine: Engine;
  buildNetwork(spec: NetworkSpec): Network;
  stream(seed: number, name: string): Stream;
  dataset(id: string): Promise<Dataset>;
  artefact?(name: string): Promise<Artefact>;
  /** A method that comes with the program, by id. */
  method?(id: string): Promise<Method>;
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
  /** What other trials may open, by name. */
  readonly artefacts: Readonly<Record<string, Artefact>>;
  readonly cost: Cost;
  readonly environment: Environment;
  readonly notes: readonly string[];
  /**
   * Seconds of the cost that went into opening data sets and preparing calls (`Meter.preparation`): the worker's next
   * trial of the kind finds both.
   */
  readonly preparation: number;
}

export type TrialEnd =
  | { readonly state: 'done'; readonly result: TrialResult }
  /** What had been measured until then; never artefacts. */
  | { readonly state: 'diverged'; readonly divergence: Divergence; readonly result: TrialResult }
  | { readonly state: 'paused' }
  | { readonly state: 'cancelled' };
