import type { z } from 'zod';
import type { HyperParameters, Scalar } from '../base/hyper-parameters.ts';
import type { Measure } from '../base/measures.ts';
import type { NativeLibrary } from '../engine/native/library.ts';
import type { Engine, NamedArrays, Variable } from '../engine/types.ts';
import type { Network, NetworkSpec } from '../engine/networks/specification.ts';
import type { Stream } from '../engine/random/streams.ts';
import type { Answers, Predictor } from './answers.ts';
import type { Grant } from './grants.ts';
import type { ProtocolKind } from './kinds.ts';
import type { Models } from './models.ts';
import type { TensorMerge, TensorMergeFacts } from './tensor-merge.ts';

export type { Grant, Measure, ProtocolKind };

export interface Paper {
  readonly title: string;
  readonly authors: string;
  readonly year: number;
  /** DOI or arXiv identifier. */
  readonly reference: string;
  /** The equations that the file implements, and every deviation from them. */
  readonly equations?: string;
  readonly deviations?: string;
}

/** What a suite wants to know of a row: its class, or one or more numbers. */
export const TARGETS = ['classes', 'numbers'] as const;
export type Target = (typeof TARGETS)[number];

/** A network that was trained before: the artefact `model` of a trial of another suite, the same for every seed. */
export interface SuiteStart {
  readonly suite: string;
  readonly method: string;
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
}

/** What a method may know about a suite when it says whether it fits. */
export interface SuiteFacts {
  readonly id: string;
  readonly kind: ProtocolKind;
  /** Its shelf in the catalogue. */
  readonly family: string;
  readonly scenario: string;
  readonly network: NetworkSpec;
  readonly tasks: number;
  /** Whether its rows are to be told apart or measured. */
  readonly target: Target;
  readonly classes: number;
  readonly online: boolean;
  /** Its rows are also to be had as columns of a table, before encoding. */
  readonly table?: boolean;
  /** How many folds its rows have, each of which is the test set once; 1 = none. */
  readonly folds: number;
  /** The trained network from which its trials begin; absent: they begin with the network as it is initialised. */
  readonly start?: SuiteStart;
  /** What it offers to methods that ask for it. */
  readonly grants: readonly Grant[];
  /** Only of suites of the kind `experts`. */
  readonly experts?: ExpertsFacts;
}

/** A trained network that a suite declares. */
export interface ExpertFacts {
  /** The name under which merges open it. */
  readonly name: string;
  /** The task that it was trained on, from 0. */
  readonly task: number;
  /** Which artefact of the trial it is; `model` unless told. */
  readonly artefact?: string;
  /** The hidden method that trains it, and with which values. */
  readonly method: string;
  readonly hyperParameters: HyperParameters;
  /** Its seed is that of the trial which asks (null), or that of the trial's member of this number (`memberSeed`). */
  readonly member: number | null;
  /** Where it is not the suite's. */
  readonly network?: NetworkSpec;
}

/** The experts of a suite: their common start, who they are, and the head that answers for each task. */
export interface ExpertsFacts {
  /** The suite whose experts they are; absent: the suite that declares them. */
  readonly suite?: string;
  /** Null where every expert starts by itself. */
  readonly start: Pick<ExpertFacts, 'method' | 'hyperParameters'> | null;
  readonly members: readonly ExpertFacts[];
  /** By task; tasks after those of the experts are ones that no expert was trained on. */
  readonly heads: readonly string[];
  /** Heads are part of the start and stay as they are; merges leave them out. */
  readonly frozenHeads: boolean;
  /** Where experts learned what the start is to forget: the task of that, and the task that is to be kept. */
  readonly forgets?: { readonly target: number; readonly control: number };
}

/** Another trial an artefact of which this one uses; the scheduler runs it first, once. */
export interface TrialRequest {
  /** The name under which the method opens it: `member/0`, `expert/1`. */
  readonly name: string;
  /** Which of the trial's artefacts; `model` unless told. */
  readonly artefact?: string;
  readonly suite: string;
  readonly method: string;
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
  /** That of the trial which asks, unless told, where the other suite has folds; null where it has none. */
  readonly fold?: number | null;
}

export type { Answers, ClassAnswers, NumberAnswers, Predictor, Question, UsedModel } from './answers.ts';
export type { HyperParameters, Scalar };

/** Answers to some rows of a split, and which row of it each answer is for. */
export type AnsweredRows = Answers & { readonly rows: Int32Array };

/**
 * What one trial produces and others use. `model`: the parameters and statistics of a network, by name. `arrays`:
 * numbers by name (Gram matrices, masks). `samples`: answers to rows of splits. `bytes`: anything else.
 */
export type Artefact =
  | { readonly kind: 'model'; readonly spec: NetworkSpec; readonly arrays: NamedArrays; readonly note: string }
  | { readonly kind: 'arrays'; readonly arrays: NamedArrays; readonly note: string }
  | { readonly kind: 'samples'; readonly splits: Readonly<Record<string, AnsweredRows>>; readonly note: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly note: string };

/** The name of the artefact that is meant unless another is named. */
export const MODEL = 'model';

/** What a registered variable is for: part of the network, of the optimiser, or what the method keeps beside both. */
export type StateRole = 'model' | 'optimiser' | 'kept';

/**
 * Everything of a running trial that must survive a kill: registered variables and one JSON value. The runner saves it
 * at yields; on resume the generator starts again and finds `restored` with the registered variables already holding
 * their values.
 */
export interface TrialState {
  /**
   * A resident variable that checkpoints carry, by name. On resume `initial` is not called and the saved values are
   * used. `role` says what it is for; what is `kept` (unless told) counts as stored by the method.
   */
  variable(
    name: string,
    spec: { shape: readonly number[]; dtype: 'float32' | 'int32' },
    initial: () => Float32Array | Int32Array,
    role?: StateRole,
  ): Variable;
  /**
   * Host arrays that checkpoints carry (masks, label counts); they count as stored. The same object is given back
   * filled on resume.
   */
  int32(name: string, length: number): Int32Array;
  float32(name: string, length: number): Float32Array;
  /**
   * A memory of training examples, as a checkpointed array of their ids; -1 is a free place, and so all begin. An id
   * stands for the example: each that is held counts as `bytesEach` stored bytes.
   */
  examples(name: string, places: number, bytesEach: number): Int32Array;
  /** Frees what is registered under this name; later checkpoints are without it. */
  forget(name: string): void;
  /**
   * The cursor: any JSON value the generator needs to find its place (task, epoch, step). Null: nothing is done that
   * would be kept, and what was spent counts no more.
   */
  readonly restored: JsonValue | undefined;
}

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** The budget as the method spends it. Steps, FLOPs, parameters and stored bytes are counted, never told. */
export interface Budget {
  readonly examples: number;
  readonly forwardPasses: number;
  readonly backwardPasses: number;
}

export interface BudgetMeter {
  examples(count: number): void;
  passes(count: { forward?: number; backward?: number }): void;
}

export interface TrialContext {
  readonly engine: Engine;
  readonly network: Network;
  readonly seed: number;
  /** Which fold is the test set; null where the suite has none. */
  readonly fold: number | null;
  /** Named random stream of this trial. */
  stream(name: string): Stream;
  readonly state: TrialState;
  readonly models: Models;
  readonly meter: BudgetMeter;
  /** What the suite lets the method see; the helpers narrow it with `instanceof`. */
  readonly protocol: Protocol;
  /** Opens an artefact that `trials()` asked for. */
  artefact(name: string): Promise<Artefact>;
  /**
   * Another method that comes with the program, to be run within this trial; see `methods/ensembling/out-of-fold.ts`.
   */
  method(id: string): Promise<Method>;
  log(message: string): void;
  /** For drivers: throws unless the method asks for this. `doing` goes on after its title: "keeps examples". */
  need(grant: Grant, doing: string): void;
}

/** What the method of a trial may reach of a protocol; see `trial/grants.ts`. */
export interface Permit {
  has(grant: Grant): boolean;
  /** Throws a sentence unless the method asks for this. `doing` goes on after its title: "reads validation rows". */
  need(grant: Grant, doing: string): void;
  /** The task of a stream that is being learned now. */
  readonly stage: number;
}

/** Base of what suites hand to methods. */
export abstract class Protocol {
  abstract readonly kind: ProtocolKind;
  /** The same protocol for one method: what it did not ask for throws where it reaches for it. */
  abstract permitted(permit: Permit): Protocol;
}

export type TrialEvent =
  /**
   * A place where the runner may checkpoint, pause or cancel. `done`/`total` in steps give progress, rate and ETA.
   * Yield at places fixed by step, never by the clock: the runner keeps `metrics` as curves of the trial.
   */
  | {
      readonly kind: 'progress';
      readonly cursor: JsonValue;
      readonly done: number;
      readonly total: number;
      readonly metrics?: Readonly<Record<string, number>>;
      /** Of the steps so far or, at the start of a task, of those that follow; from 0. */
      readonly task?: number;
      /** Epochs since the trial began; 1.5 in the middle of the second. */
      readonly epochs?: number;
    }
  /**
   * Asks the suite to evaluate now (continual: after task `stage`; -1 = at initialisation). If the method ends with
   * the same predictor, its answers of the last evaluation may also serve for the outcome.
   */
  | { readonly kind: 'evaluate'; readonly stage: number; readonly predictor: Predictor }
  /**
   * A point of a curve that the method measures itself, at a place fixed by step. Every point is kept exactly, in
   * checkpoints and in the result, and metrics may be computed from it; one whose `y` is not finite has no point. Yield
   * it before the progress whose cursor is past it, so that a resumed trial does not measure it twice.
   */
  | {
      readonly kind: 'measure';
      readonly curve: string;
      readonly axis: 'step' | 'epoch';
      readonly x: number;
      readonly y: number;
    };

/** What a method ends with; the suite turns it into primitives. */
export interface Outcome {
  /**
   * If this is the predictor of the last `evaluate` event, it must answer as it did then: the suite need not ask it
   * again. A method that has changed what it computes since then ends with another predictor.
   */
  readonly predictor?: Predictor;
  /** How many of the suite's tasks the predictor can be asked about, the first ones; all unless told. */
  readonly knownTasks?: number;
  /** What other trials may open, by name: `model` for the network that it ends with, `snapshot/3`, `gram`, … */
  readonly artefacts?: Readonly<Record<string, Artefact>>;
  /** Named parameter sets to measure beside the predictor (merging: the ends of the path). */
  readonly parameterSets?: Readonly<Record<string, NamedArrays>>;
  readonly scalars?: Readonly<Record<string, number>>;
  /** Numbers that are seen as pictures, by the names of `metrics/pictures/matrices.ts`. */
  readonly matrices?: Readonly<Record<string, readonly (readonly number[])[]>>;
  /** Tensors a person may like to look at, e.g. a chosen temperature; shown on the trial's page. */
  readonly notes?: readonly string[];
}

/** What can be said of a method without running it. */
export interface MethodDescription {
  readonly id: string;
  /** Raised whenever the same hyper-parameters may give other numbers. */
  readonly version: number;
  /** Version of the driver that runs it; part of every trial's identity as the method's own is. */
  readonly driver: number;
  readonly title: string;
  readonly summary: string;
  /** Its shelf in the catalogue: the name of its folder. */
  readonly family: string;
  /** The kind of protocol that it learns from. */
  readonly protocol: ProtocolKind;
  readonly paper: Paper | null;
  /** z.object whose fields have range, default and `.describe()`. Form, help, docs and validation all come from it. */
  readonly schema: z.ZodObject;
  /** What it uses beyond the training data of its budget; a suite that does not offer it does not fit. */
  readonly asks: readonly Grant[];
  /** Numbers of its own in its outcome's `scalars` that are columns of boards. */
  readonly measures?: readonly Measure[];
  /** References are always on the leaderboard: naive/joint, best single/ensemble. */
  readonly reference?: 'lower' | 'upper';
  /** Hidden methods only make artefacts for others (an expert, a member) and are not offered in forms. */
  readonly hidden?: boolean;
  /**
   * A library outside of the engine computes it: it stands in a trial's identity in place of the backend and its
   * numerics. Its trials have no checkpoints and, interrupted, start again.
   */
  readonly native?: NativeLibrary;
  /**
   * SHA-256 of a person's own file with all that it imports; part of what its results are filed under. Absent:
   * built-in.
   */
  readonly source?: string;
  /** Where it needs nothing but tensors, what is said of it as a merge of files. */
  readonly tensorMerge?: TensorMergeFacts;
  /** True where kinds agree, the suite offers what is asked for and nothing else is against it; else why not. */
  fits(suite: SuiteFacts): true | string;
  /** The trials whose artefacts this one needs; a person's own file is asked in a process of its own. */
  trials?(
    suite: SuiteFacts,
    hyperParameters: HyperParameters,
    seed: number,
  ): readonly TrialRequest[] | Promise<readonly TrialRequest[]>;
}

/** One algorithm; the only contract the runner knows. Families offer narrower helpers that build it. */
export interface Method extends MethodDescription {
  /** The same algorithm on tensors alone, where it needs nothing else: for `touchstone merge`. */
  readonly tensorMerge?: TensorMerge;
  trials?(suite: SuiteFacts, hyperParameters: HyperParameters, seed: number): readonly TrialRequest[];
  run(context: TrialContext, hyperParameters: HyperParameters): AsyncGenerator<TrialEvent, Outcome, void>;
}
