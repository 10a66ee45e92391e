import type { HyperParameters } from '../base/hyper-parameters.ts';
import type { Stream } from '../engine/random/streams.ts';

/** One tensor of all models, as a merge is given it. */
export interface MergedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Which axis counts output units: the last in networks of this program, [in, out]; the first in PyTorch's files. */
  readonly outputAxis: 'first' | 'last';
  /** Of the start that all models share; null where there is none. */
  readonly base: Float32Array | null;
  /** Of an `entrywise` merge also a slice of the tensor, the slices one after the other. */
  readonly models: readonly Float32Array[];
  /** Place of its layer counted from the input, and how many layers the merged net has. */
  readonly layer: number;
  readonly layers: number;
}

/** What a merge is told beside tensors. */
export interface MergeTerms {
  readonly models: number;
  /** One a model. */
  readonly weights: readonly number[];
  /**
   * Random numbers by a name, so that they do not depend on the order of tensors. For a slice of a tensor they go on
   * where the slice before it was.
   */
  stream(name: string): Stream;
}

/** One merge with its settings: looks at all tensors as often as it needs, then merges one after the other. */
export interface TensorMergeRun {
  /** Passes before the merge: each visitor is shown every tensor, in the order of their names. */
  passes(): Iterable<(tensor: MergedTensor) => void>;
  /** One array, or one a model where the result is a net in place of each. Called after the passes. */
  merge(tensor: MergedTensor): readonly Float32Array[];
}

/** What can be said of such a merge without running it. */
export interface TensorMergeFacts {
  /** It works with what models changed since a common start. */
  readonly needsStart: boolean;
  /** How many models it merges, where that is not any number from two. */
  readonly models?: number;
  /** Whether the result is a net in place of each model. */
  readonly perModel: boolean;
  /** Its usual settings on a person's own checkpoints, where these are others than on suites. */
  readonly onFiles: HyperParameters;
}

/** A merge that needs tensors alone: no data, no engine, no suite. It also runs on a person's own checkpoints. */
export interface TensorMerge extends TensorMergeFacts {
  /** Whether it looks at the start where one is given. */
  readonly usesBase: boolean;
  /** Whether each entry is made of the same entry of the models alone, so that a large tensor may come in slices. */
  entrywise(values: Readonly<Record<string, unknown>>): boolean;
  /** Whether one run is for the whole net, or one for each tensor by itself. */
  runsFor(values: Readonly<Record<string, unknown>>): 'net' | 'tensor';
  /** @throws ZodError when a hyper-parameter is out of its range. */
  start(values: Readonly<Record<string, unknown>>, terms: MergeTerms): TensorMergeRun;
}
