import type { z } from 'zod';
import type { Network } from '../../engine/networks/specification.ts';
import type { NamedArrays } from '../../engine/types.ts';
import type { ClassAnswers, Predictor, Question } from '../answers.ts';
import type { Outcome, SuiteFacts, TrialContext, TrialRequest } from '../contract.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import type { Combine } from '../ensembling/contract.ts';
import type { ResidentSplit } from '../training/contract.ts';
import type { WantedStatistics } from './shared/wanted-statistics.ts';
import type { HiddenAnswers, PassedRows } from './shared/layer-statistics.ts';

/** Names under which the suite looks for the two nets whose connecting path it measures. */
export const PATH_ENDS = ['end/0', 'end/1'] as const;
/** Names of the nets at evenly spaced places of that path, where they are not the means of its ends. */
export const pathPlace = (index: number): string => `path/${index}`;

/** One task that the merged net has to answer for. */
export interface MergingTask {
  /** The head of the network that answers, and its outputs. */
  readonly head: string;
  readonly outputs: number;
  /** Inputs of its test rows; only for methods that ask for `unlabelled-test`. */
  unlabelledTest(): Pick<ResidentSplit, 'x' | 'rows'>;
  /** Held-out data with labels; only for methods that ask for it. */
  validation(): Promise<ResidentSplit & { readonly labels: Int32Array }>;
}

/**
 * What hidden trials measured of the models on unlabelled training inputs, shared by all merges; only what the method's
 * `statistics` wants, and only where it asks for `training-inputs`.
 */
export interface ExpertStatistics {
  /** XᵀX / rows of what each layer of a model is given on inputs of its own task, by the kernel's name. */
  grams(model: number): Promise<NamedArrays>;
  /** Σ_c p_c (∂ log p_c / ∂θ)², mean over inputs of the model's own task, of every parameter that it answers with. */
  fishers(model: number): Promise<NamedArrays>;
  /** Answers of the hidden layers of these models, all to the same inputs of all tasks. */
  hidden(models: readonly number[]): Promise<readonly HiddenAnswers[]>;
  /** So many training inputs, as many of each task, for a merge that passes them through nets of its own making. */
  inputs(examples: number): readonly PassedRows[];
}

/** What a merging method works with: trained nets, and nothing that was not declared. */
export interface MergingInput {
  readonly context: TrialContext;
  /** Of the merged net: the suite's. */
  readonly network: Network;
  /** What is merged of each model: everything, or all but the heads where a suite has several. */
  readonly models: readonly NamedArrays[];
  /** Each model with its heads. */
  readonly whole: readonly NamedArrays[];
  /** Tensors of the heads that are left out; the merged net gets them back. */
  readonly heads: NamedArrays;
  /** Of each model; the same as `network` but where the suite has nets of several shapes. */
  readonly networks: readonly Network[];
  /** The task that each model was trained on. */
  readonly taskOf: readonly number[];
  /** The same tensors of the start that all models share; only for methods that declare `needsStart`. */
  readonly base: NamedArrays;
  readonly tasks: readonly MergingTask[];
  readonly statistics: ExpertStatistics;
  /** Logits [rows × outputs] of one model to inputs of a task. */
  logits(model: number, task: number, split: ResidentSplit): Promise<Float32Array>;
  /** The same of any values of the suite's network; heads that are left out of merges are added. */
  logitsOf(values: NamedArrays, task: number, split: ResidentSplit): Promise<Float32Array>;
  stream: TrialContext['stream'];
}

interface Remarks extends Pick<Outcome, 'matrices'> {
  readonly scalars?: Readonly<Record<string, number>>;
  readonly notes?: readonly string[];
}

/**
 * Parameters of one merged net, with the aligned nets it lies between; a net in place of each model, for its task alone
 * (they share the arrays that they have in common); or, for references, how the answers of nets are combined.
 */
export type Merged =
  | (Remarks & {
      readonly kind: 'parameters';
      readonly merged: NamedArrays;
      /** Where it is not the suite's. */
      readonly network?: Network;
      readonly ends?: readonly [NamedArrays, NamedArrays];
      /** Nets at evenly spaced places between two, both included, where what lies between is not their mean. */
      readonly path?: readonly NamedArrays[];
    })
  | (Remarks & {
      readonly kind: 'a net a model';
      readonly nets: readonly NamedArrays[];
      /** One a model, where they are not those of the models. */
      readonly networks?: readonly Network[];
    })
  | (Remarks & {
      /** What is said of the rows of a task is computed otherwise: gates, coefficients by sample. */
      readonly kind: 'answers';
      answers(task: number, question: Question): Promise<ClassAnswers>;
      readonly uses: Predictor['uses'];
      /** Whether it can say something of tasks that no model was trained on. */
      readonly unseen: boolean;
    })
  | (Remarks & {
      readonly kind: 'predictions';
      /** Those that answer; all of them unless told. */
      readonly models?: readonly number[];
      readonly combine: Combine;
    });

/** How far a merge is: a share in [0, 1], or steps after which the trial may be interrupted and resumed. */
export type MergingProgress =
  number | { readonly done: number; readonly total: number; readonly metrics?: Readonly<Record<string, number>> };

export interface MergingDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** How many models it merges, where that is not any number from two. */
  readonly models?: number;
  /** Whether the models may be of several shapes. */
  readonly anyWidth?: boolean;
  /** It works with what models changed since a common start, so it fits suites that have one. */
  readonly needsStart?: boolean;
  /** What it wants measured of every model, and on how many training inputs. */
  statistics?(hyperParameters: ValuesOf<S>): WantedStatistics;
  /** Other trials, beside the models, whose artefacts it opens: a merge that it goes on from. */
  requests?(suite: SuiteFacts, hyperParameters: ValuesOf<S>, seed: number): readonly TrialRequest[];
  /**
   * A generator, so that long work can say how far it is. Steps that it yields are the cursor of the trial
   * (`context.state.restored` on resume).
   */
  merge(
    input: MergingInput,
    hyperParameters: ValuesOf<S>,
  ): AsyncGenerator<MergingProgress, Merged, void> | Generator<MergingProgress, Merged, void>;
}
