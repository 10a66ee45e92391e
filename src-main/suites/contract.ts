import type { Dataset } from '../datasets/types.ts';
import type { Engine, OptimiserSpec } from '../engine/types.ts';
import type { Network, NetworkSpec } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { JsonValue, Outcome, Protocol, SuiteFacts, TrialEvent } from '../methods/contract.ts';
import type { Primitives } from '../metrics/primitives.ts';
import type { Variant } from './variant-ids.ts';

export interface TrainingBudget {
  readonly epochs: number;
  /** Where the budget is in steps: training, or each task of a stream, ends after so many, within an epoch. */
  readonly steps?: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
}

/** What can be said of a suite without opening it. */
export interface SuiteDescription {
  readonly id: string;
  readonly version: number;
  readonly title: string;
  readonly summary: string;
  readonly facts: SuiteFacts;
  /** Finishes in seconds on a laptop. */
  readonly quick: boolean;
  /** The full suite this one is the quick variant of, or null. */
  readonly quickOf: string | null;
  readonly datasets: readonly string[];
  readonly network: NetworkSpec;
  readonly budget: TrainingBudget;
  /** Metric ids in the order of the leaderboard's columns; the first is the headline. */
  readonly metrics: readonly string[];
  /** Those of `metrics` that need test rows of a kind which no held-out row has: the development variant lacks them. */
  readonly publishedOnly?: readonly string[];
  /** Methods that are always shown as ends of the scale. */
  readonly references: { readonly lower: string; readonly upper: string };
  /** Everything that defines the protocol, for the hash and for showing differences. */
  readonly protocol: JsonValue;
  /** SHA-256 of a person's own file with all that it imports; part of the protocol hash. Absent: built-in. */
  readonly source?: string;
}

/** A protocol that makes results comparable. Frozen, versioned, hashed. */
export interface Suite extends SuiteDescription {
  /** Published hyper-parameters by method, with the source of each (from `resources/settings/<suite>.json`). */
  open(environment: SuiteEnvironment): Promise<OpenSuite>;
}

export interface SuiteEnvironment {
  readonly engine: Engine;
  readonly network: Network;
  readonly seed: number;
  /** Which fold is the test set; null where the suite has none. The rows are chosen before the suite sees the data. */
  readonly fold: number | null;
  /** As published, or for development: then held-out training rows stand where the test rows were. */
  readonly variant: Variant;
  stream(name: string): Stream;
  dataset(id: string): Promise<Dataset>;
}

/** A suite with its data loaded, for one trial. */
export interface OpenSuite {
  /** What the method sees: never a test label. */
  readonly protocol: Protocol;
  /** Called for every event of kind `evaluate`; answers the metrics to show live. */
  evaluate(event: Extract<TrialEvent, { kind: 'evaluate' }>): Promise<Readonly<Record<string, number>>>;
  /** What the evaluator has measured so far, for checkpoints. */
  save(): JsonValue;
  restore(saved: JsonValue): void;
  /** What `evaluate` has measured so far, as primitives: all that a trial leaves which diverges. */
  soFar(): Primitives;
  finish(outcome: Outcome): Promise<Primitives>;
}
