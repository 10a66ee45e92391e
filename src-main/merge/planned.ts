import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { DTYPES } from '../checkpoints/dtypes.ts';
import type { Dtype } from '../checkpoints/dtypes.ts';
import type { NewTensor } from '../checkpoints/new-header.ts';
import type { ModelTensors } from './alike.ts';
import type { Depth } from './depths.ts';
import type { MergeRequest, MergeStep } from './request.ts';
import type { Group } from './settings.ts';

/** A merge as it is planned. */

/** A model of a step: tensors in files, or what an earlier step makes. */
export interface Source extends ModelTensors {
  readonly from: Checkpoint | { readonly step: number };
  /** Which axis of a kernel counts its outputs. */
  readonly outputAxis: 'first' | 'last';
}

/** One tensor of a step's result. */
export interface PlannedTensor extends NewTensor, Depth {
  readonly entries: number;
  /** Its type in the result. */
  readonly out: Dtype;
  /** The number of its group, or the model whose bytes are copied. */
  readonly made: { readonly group: number } | { readonly copy: number | 'base' };
}

export interface PlannedStep {
  readonly step: MergeStep;
  readonly base: Source | null;
  readonly models: readonly Source[];
  readonly groups: readonly Group[];
  /** How often each group's survey looks at its tensors; null where it cannot be said before. */
  readonly passes: readonly (number | null)[];
  /** In the order of their names. */
  readonly tensors: readonly PlannedTensor[];
  readonly outputAxis: 'first' | 'last';
  /** Checkpoints of the result, one a model where the method makes a net in place of each. */
  readonly targets: readonly string[];
  readonly notes: readonly string[];
}

/** What a step costs, as far as it can be said before. */
export interface StepCost {
  /** Bytes that are read, with every pass; null where the number of passes cannot be said before. */
  readonly reads: number | null;
  readonly writes: number;
  /** How often tensors are read before they are merged, by group; null where it cannot be said before. */
  readonly passes: readonly (number | null)[];
  /** Of memory, beside the program itself. */
  readonly workingBytes: number;
}

export interface MergePlan {
  readonly request: MergeRequest;
  readonly steps: readonly PlannedStep[];
  /** One a step. */
  readonly costs: readonly StepCost[];
  /** Every file of the result. */
  readonly files: readonly string[];
  /** Every checkpoint that is read, once. */
  readonly inputs: readonly Checkpoint[];
  /** What the header of the base, or of the first model, says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
  close(): void;
}

/** The tensors that a step writes. */
export const writtenTensors = ({ tensors }: PlannedStep): readonly NewTensor[] =>
  tensors.map(({ name, out, shape }) => ({ name, dtype: out, shape }));

export const bytesOfResult = ({ tensors }: PlannedStep): number =>
  tensors.reduce((sum, { entries, out }) => sum + entries * DTYPES[out], 0);
