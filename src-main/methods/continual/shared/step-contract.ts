import type { Scalar as ScalarTensor, Tensor } from '../../../engine/tf.ts';
import type { ApplyOptions, OptimiserSpec, StepInputs, StepScope, TensorData, Tensors } from '../../../engine/types.ts';
import type { JsonValue } from '../../contract.ts';
import type { Model, Trainable } from '../../models.ts';

/** A batch inside a step: inputs [B, …], labels [B] as output indices, tasks [B]. */
export interface ExampleBatch {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly tasks: Tensor;
}

/** Where the driver is when it asks a method for something. */
export interface Place {
  readonly task: number;
  readonly epoch: number;
  /** Step within the epoch. */
  readonly step: number;
  /** Steps since the trial began: names streams of draws that happen every step. */
  readonly globalStep: number;
}

/** What a method's hooks can use inside a step's loss. */
export interface LossScope {
  readonly scope: StepScope;
  readonly parameters: Tensors;
  /** The batch of the stream. */
  readonly batch: ExampleBatch;
  /** What the method's `feed` gave for this step. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Other examples to train on in this step, by ids [B]; `use` ≥ 1 is another number for each such batch of a step. */
  examples(ids: Tensor, use: number): ExampleBatch;
  /**
   * Logits [B, outputs] of the suite's network with `parameters` (the ones being trained unless given), unmasked. With
   * those being trained, batch-norm statistics move.
   */
  logits(x: Tensor, parameters?: Tensors): Tensor;
  /**
   * Any model of the trial. One that the phase trains is differentiated, and its batch-norm statistics move; another
   * one answers with its present values, in evaluation mode.
   */
  apply(model: Model, x: Tensor, options?: PassDetails): Passed;
  /** The tensors of what the phase trains as they are being differentiated; the present ones of anything else. */
  tensors(of: Trainable): Tensors;
  /** Logits of `batch` from the suite's network, unmasked, computed once. */
  readonly batchLogits: Tensor;
  /** What the head is given for x: features [B, F] of the network with `parameters`; otherwise as `logits`. */
  features(x: Tensor, parameters?: Tensors): Tensor;
  /** Features of `batch`, from the pass that gives `batchLogits`. */
  readonly batchFeatures: Tensor;
  /**
   * Mean cross-entropy of examples under the outputs that the protocol lets take part; weights as in
   * `softmaxCrossEntropy`.
   */
  crossEntropy(logits: Tensor, examples: ExampleBatch, weights?: Tensor): ScalarTensor;
  /** `logits` with the outputs that take no part pushed to `EXCLUDED`. */
  masked(logits: Tensor, tasks: Tensor): Tensor;
}

/** What each layer was given, and its affine answer, in the pass that gave `batchLogits`. */
export type LayerTaps = Readonly<Record<string, { readonly input: Tensor; readonly output: Tensor }>>;

/** What a model answers: [B, F] before its head, and [B, outputs] of its head. */
export interface Passed {
  readonly features: Tensor;
  readonly logits: Tensor;
}

export interface PassDetails extends Pick<ApplyOptions, 'tap' | 'gate'> {
  /** The first unless told. */
  readonly head?: string;
}

/** Factors for what hidden layers hand on, by layer: [units], or [B, units] for each example. */
export type Gates = Readonly<Record<string, Tensor>>;

/** How a loss scope passes examples through networks. */
export interface PassOptions {
  /** What is differentiated; the suite's network unless told. */
  readonly trains?: readonly Trainable[];
  /** Is told of every layer of the pass that gives `batchLogits`. */
  tap?(layer: string, input: Tensor, output: Tensor): void;
  /** Batch norm's running statistics stay as they are. */
  readonly isTrial?: boolean;
}

/** What `lookahead` can use: everything that a loss can, and gradients of losses of its own. */
export interface Lookahead extends LossScope {
  /** Gradients of a loss at `parameters`; `of` gets a scope like this one whose `parameters` are differentiated. */
  gradients(of: (losses: LossScope) => ScalarTensor): Tensors;
}

/** What happens in a step of training. Every hook is optional; without any it is plain training. */
export interface StepHooks {
  /** Inputs of the step beyond the batch, drawn on the host by `feed`. */
  readonly inputs?: StepInputs;
  /** Values of `inputs` for one step; may change host arrays of the trial's state. */
  feed?(place: Place, ids: Int32Array): Readonly<Record<string, TensorData>>;
  /**
   * Inside the step before the loss is differentiated: what it answers joins the loss's `inputs`. For steps that are
   * only tried (virtual updates), and for choices that depend on values.
   */
  lookahead?(scope: Lookahead): Readonly<Record<string, Tensor>>;
  /** The loss to differentiate; by default the cross-entropy of the batch. */
  loss?(scope: LossScope): ScalarTensor;
  /** Gradients added to those of the loss (penalties in closed form). */
  addedGradients?(scope: StepScope, parameters: Tensors): Tensors;
  /** Inside the step: the gradients that the optimiser is given, from those of the loss and `addedGradients`. */
  transformGradients?(scope: StepScope, gradients: Tensors, taps: LayerTaps): Tensors;
  /**
   * Inside the step after the update; `gradients` are those of the loss alone, `before` the parameters before it.
   * Tensors of the suite's network have their own names, those of others `<name>/<parameter>`; so everywhere here.
   */
  afterUpdate?(
    scope: StepScope,
    step: { readonly before: Tensors; readonly gradients: Tensors; readonly taps: LayerTaps },
  ): void;
  /** Replaces the whole training of steps for methods that compute on the host between gradient and update. */
  train?(place: Place, batches: readonly Int32Array[]): Promise<number>;
  /** Forward and backward passes of one example of the stream, for the budget; 1 and 1 by default. */
  readonly passes?: { readonly forward: number; readonly backward: number };
}

/** A part of the work on a task: so many epochs or steps over some examples. What is not told is the suite's. */
export interface Phase extends StepHooks {
  /** Distinct within the task; batches are drawn from streams of this name. */
  readonly name: string;
  /** Examples of an epoch, before shuffling, as many in every epoch; the task's own unless told. */
  ids?(): Int32Array;
  readonly epochs?: number;
  /** Ends after so many steps, whatever `epochs`. */
  readonly steps?: number;
  readonly batchSize?: number;
  readonly lastBatch?: 'kept' | 'dropped';
  /** What is trained, each with an optimiser of its own; the suite's network unless told. */
  readonly trains?: readonly Trainable[];
  /** The suite's, or the one that a person chose, unless told. One of its own has slots of its own. */
  readonly optimiser?: OptimiserSpec;
  /** The learning rate of a step of the phase, of so many; that of the optimiser unless told. */
  rate?(step: number, steps: number): number;
  /** Before the first step. */
  begin?(): Promise<void>;
  /** After the last step of each epoch; from 0. */
  endEpoch?(epoch: number): Promise<void>;
}

/** How far long work is. `at`: all that is needed to go on from here. */
export interface LongWork {
  readonly at: JsonValue;
  readonly metrics?: Readonly<Record<string, number>>;
}

/**
 * Work between phases. A generator may be paused wherever it yields: it is then begun again with what it yielded last
 * as `from`, by when everything registered is as it was at that yield.
 */
export type BetweenPhases = Promise<void> | AsyncGenerator<LongWork, void, void>;
