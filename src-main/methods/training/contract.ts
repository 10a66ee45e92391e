import type { z } from 'zod';
import type { Column, TableRows } from '../../base/table.ts';
import type { Schedule } from '../../engine/optimisers/schedules.ts';
import type { Network, NetworkSpec } from '../../engine/networks/specification.ts';
import type { Scalar as ScalarTensor, Tensor } from '../../engine/tf.ts';
import type {
  NamedArrays,
  OptimiserSpec,
  StepInputs,
  StepScope,
  TensorData,
  Tensors,
  Variable,
} from '../../engine/types.ts';
import { Protocol } from '../contract.ts';
import type { Outcome, Permit, Predictor, ProtocolKind, TrialContext } from '../contract.ts';
import type { MethodHeader, ValuesOf } from '../define.ts';
import type { Model } from '../models.ts';
import type { Augmentation } from '../shared/augmentation.ts';
import type { PhaseSizes } from '../shared/phases.ts';
import type { NetworkVariables } from '../shared/network-variables.ts';

/** The numbers to be told are (number − mean) / deviation for networks, by the training rows. */
export interface TargetScale {
  readonly names: readonly string[];
  readonly mean: number;
  readonly deviation: number;
}

export interface TableSplit {
  /** How many. */
  readonly count: number;
  readonly rows: TableRows;
  /** Class of each; 0 where a number is to be told (`rows.numbers`). */
  readonly classes: Int32Array;
}

/** The rows of a table as they are, before encoding. */
export interface TableData {
  readonly columns: readonly Column[];
  /** How many of a network's inputs each column is, in their order: 1, or its levels where it is one-hot. */
  readonly widths: readonly number[];
  /** The training rows as a network is given them, [rows × inputs]. */
  readonly inputs: Float32Array;
  readonly train: TableSplit;
  validation(): TableSplit;
}

/** A resident split: inputs [rows, …] and labels [rows], or standardised numbers [rows, outputs]. */
export interface ResidentSplit {
  readonly rows: number;
  readonly x: Variable;
  readonly y: Variable;
}

export interface IidProtocolParts {
  /** Makes resident variables when a method first asks for them. */
  readonly train: () => ResidentSplit;
  readonly validation: () => ResidentSplit;
  /** Inputs of the test rows without their labels, where the suite offers them. */
  readonly unlabelledTest?: () => Pick<ResidentSplit, 'rows' | 'x'>;
  readonly trainRows: number;
  readonly outputs: number;
  /** How numbers to be told are scaled; null where the target is classes. */
  readonly numbers: TargetScale | null;
  readonly table: TableData | null;
  readonly epochs: number;
  /** The budget in steps where it is not in whole epochs: the last epoch then ends early. */
  readonly steps?: number;
  readonly batchSize: number;
  readonly optimiser: OptimiserSpec;
  /** How its rate moves over so many steps; constant unless told. A method with an optimiser of its own has its own. */
  schedule?(lr: number, steps: number): Schedule;
  /** Which transformations of a training example keep its label; methods that augment use these. */
  readonly augmentation: Augmentation | null;
  /** Trials begin from a trained network, the artefact `start`. */
  readonly hasStart?: boolean;
}

/**
 * One training set, one validation set split off it (the same for every seed), one budget. Test data is not here. The
 * suites of training, ensembling and independent merging all hand it out, so that one hidden method trains experts and
 * members for them.
 */
export class IidProtocol extends Protocol {
  readonly kind: ProtocolKind;
  readonly parts: IidProtocolParts;

  constructor(kind: ProtocolKind, parts: IidProtocolParts) {
    super();
    this.kind = kind;
    this.parts = parts;
  }

  permitted(permit: Permit): Protocol {
    return new IidProtocol(this.kind, permittedParts(this.parts, permit));
  }
}

/** The same parts for one method: what it did not ask for throws where it reaches for it. */
export function permittedParts<P extends IidProtocolParts>(parts: P, permit: Permit): P {
  const { unlabelledTest, table } = parts;
  return {
    ...parts,
    table: table && {
      ...table,
      validation: () => {
        permit.need('validation', 'reads validation rows');
        return table.validation();
      },
    },
    validation: () => {
      permit.need('validation', 'reads validation rows');
      return parts.validation();
    },
    ...(unlabelledTest === undefined
      ? {}
      : {
          unlabelledTest: () => {
            permit.need('unlabelled-test', 'reads test inputs');
            return unlabelledTest();
          },
        }),
  };
}

/** @throws Error when the trial's suite is not one of independent, identically distributed data. */
export function iidProtocol(context: TrialContext): IidProtocolParts {
  if (context.protocol instanceof IidProtocol) return context.protocol.parts;
  throw new Error(
    `This method needs a suite with one training set; it was given a protocol of the kind ${context.protocol.kind}.`,
  );
}

/** The whole training as one phase. */
export const phaseSizes = ({ trainRows, batchSize, epochs, steps }: IidProtocolParts): PhaseSizes => ({
  examples: trainRows,
  batchSize,
  epochs,
  ...(steps === undefined ? {} : { steps }),
});

/** What is trained, as it is now. */
export interface TrainedNetwork {
  readonly network: Network;
  readonly variables: Pick<NetworkVariables, 'parameters' | 'statistics'>;
}

/** Where the driver is. */
export interface TrainingPlace {
  readonly epoch: number;
  readonly step: number;
  readonly globalStep: number;
}

/** The end of an epoch: so many epochs and steps are done, of so many steps. */
export interface EpochEnd {
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly variables: TrainedNetwork['variables'];
  readonly predictor: Predictor;
}

/** A point of a curve that a method measures; over steps unless told. */
export interface MeasuredPoint {
  readonly curve: string;
  readonly y: number;
  readonly axis?: 'step' | 'epoch';
}

/** What a training method can use inside a step's loss. */
export interface TrainingLoss {
  readonly scope: StepScope;
  /** The batch: inputs [B, …], labels int32 [B]. */
  readonly x: Tensor;
  readonly y: Tensor;
  /** What `feed` gave for this step. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  /** Rows of the training set [B], and any other rows of it. */
  readonly rows: Tensor;
  examples(rows: Tensor): { readonly x: Tensor; readonly y: Tensor };
  /** Logits [B, outputs]; call it once: it moves batch-norm statistics. */
  logits(x: Tensor): Tensor;
  /** The same of one of `TrainingHooks.models`. */
  apply(model: Model, x: Tensor): Tensor;
  /** What is trained, as it is in this step: for losses at other points, which depend on it. */
  readonly parameters: Tensors;
}

/** What a method does beyond plain training with cross-entropy. Every hook is optional. */
export interface TrainingHooks {
  /** The network that is trained, where the method maps the suite's (`mapLayers`); it is then one of its own. */
  readonly network?: NetworkSpec;
  /**
   * The values that the network starts with, or the artefact that has them; the suite's start, where it declares one,
   * unless told.
   */
  readonly startsFrom?: string | NamedArrays;
  /**
   * What is trained in place of the suite's network, all by the one optimiser; `loss` and `predictor` then say how they
   * answer, and the first of them stands where one network is asked for. The trial leaves no artefact `model`.
   */
  readonly models?: readonly Model[];
  /** Whether a parameter is trained; all are unless told. The others stay as they start. */
  trains?(parameter: string): boolean;
  /** The suite's own unless told. */
  readonly optimiser?: OptimiserSpec;
  /** Constant at the optimiser's rate unless told; `steps` is the length of the whole training. */
  schedule?(lr: number, steps: number): Schedule;
  readonly inputs?: StepInputs;
  /** Values of `inputs` for one step, drawn from streams named by the place. */
  feed?(place: TrainingPlace, rows: Int32Array): Readonly<Record<string, TensorData>>;
  loss?(scope: TrainingLoss): ScalarTensor;
  /** Inside the step: the gradients that the optimiser is given, from those of the loss. */
  transformGradients?(scope: StepScope, gradients: Tensors, parameters: Tensors): Tensors;
  /** Inside the step after the update; `before` are the trained parameters before it. */
  afterUpdate?(
    scope: StepScope,
    step: {
      readonly before: Tensors;
      readonly gradients: Tensors;
      /** What `feed` gave for this step. */
      readonly inputs: Readonly<Record<string, Tensor>>;
      readonly trained: TrainedNetwork;
    },
  ): void;
  /** Work on the host after so many steps, ascending; what it changes is registered state. */
  readonly between?: {
    readonly steps: readonly number[];
    act(step: number, trained: TrainedNetwork): Promise<void>;
  };
  /** What answers, now and at the end; the network with its present values unless told. */
  predictor?(trained: TrainedNetwork): Predictor;
  /** What the outcome holds beside predictor and network; artefacts beside `model`. */
  end?(trained: TrainedNetwork): Promise<Pick<Outcome, 'scalars' | 'notes' | 'artefacts'>>;
  /** Uses the suite's augmentation. */
  readonly augment?: boolean;
  /** The training rows that an epoch goes through, each as often as it stands here; all of them once unless told. */
  readonly rows?: Int32Array;
  /** Forward and backward passes of one example, for the budget; 1 and 1 unless told. */
  readonly passes?: { readonly forward: number; readonly backward: number };
  /**
   * Measures after each epoch, and after the last step; the driver yields the answers as points of curves at that step
   * or epoch.
   */
  endEpoch?(end: EpochEnd): Promise<readonly MeasuredPoint[]>;
}

export interface TrainingDefinition<S extends z.ZodRawShape> extends MethodHeader<S> {
  /** Its shelf in the catalogue, where its file is in another folder than `training`. */
  readonly family?: string;
  hooks(hyperParameters: ValuesOf<S>, context: TrialContext): TrainingHooks;
}
