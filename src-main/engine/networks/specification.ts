import type { Stream } from '../random/streams.ts';
import type { Tensor } from '../tf.ts';
import type { ApplyOptions, NetworkValues, ParameterSpec, Tensors } from '../types.ts';
import type { LayerSpec } from './layers/kinds.ts';

export type InitScheme = 'torch-default' | 'glorot-uniform' | 'glorot-normal' | 'he-normal';

/** One answer of a network: an affine map of what its last layer answers. */
export interface HeadSpec {
  /** Prefix of its parameters. */
  readonly name: string;
  readonly outputs: number;
  /** What computes it where that is no plain dense layer; of the head's name and size. */
  readonly layer?: LayerSpec;
}

/** A value that JSON carries. */
export type Setting = null | boolean | number | string | readonly Setting[] | { readonly [name: string]: Setting };

/** A network as data: made by the functions of `architectures/`, or by hand. */
export interface NetworkSpec {
  /**
   * What it is called with its settings, in the terms in which it is published. The hash of a protocol covers these and
   * nothing else of a network, so that our types may change.
   */
  readonly architecture: { readonly kind: string; readonly [setting: string]: Setting };
  /** Shape of one example. */
  readonly input: readonly number[];
  readonly layers: readonly LayerSpec[];
  /** At least one; the first is the one that is meant unless another is named. */
  readonly heads: readonly [HeadSpec, ...HeadSpec[]];
  readonly init: InitScheme;
}

/** A functional network: parameters are values, never hidden in layers. */
export interface Network {
  readonly spec: NetworkSpec;
  readonly params: readonly ParameterSpec[];
  readonly state: readonly ParameterSpec[];
  /** Of the first head. */
  readonly outputs: number;
  /** Floating-point operations of one example, forward. */
  readonly flops: number;
  /** Numbers that the layers answer for one example: what a pass keeps for its gradient. */
  readonly activations: number;
  /** Which axes of which parameters share a permutation of hidden units (Git Re-Basin's specification). */
  readonly permutations: PermutationSpec;
  init(stream: Stream): NetworkValues;
  /**
   * x: [batch, …input] or its flat form; answers features [batch, F], logits [batch, outputs] of the head (the first)
   * and the next state.
   */
  apply(
    values: { params: Tensors; state: Tensors },
    x: Tensor,
    options: ApplyOptions,
    head?: string,
  ): { features: Tensor; logits: Tensor; state: Tensors };
}

/** `axes[parameter][axis]` = name of the permutation that acts on it, or null. */
export interface PermutationSpec {
  readonly axes: Readonly<Record<string, readonly (string | null)[]>>;
}

/** Outputs of a network's first head. */
export const outputsOf = ({ heads }: NetworkSpec): number => heads[0].outputs;

/** Every layer of a network: those within blocks too, and those of heads that have one of their own. */
export function layersOf({ layers, heads }: NetworkSpec): readonly LayerSpec[] {
  const within = (layer: LayerSpec): LayerSpec[] =>
    layer.kind === 'residual' ? layer.layers.flatMap(within) : [layer];
  return [...layers.flatMap(within), ...heads.flatMap(({ layer }) => layer ?? [])];
}

/** Whether it has a convolution. */
export const isConvolutional = (spec: NetworkSpec): boolean =>
  layersOf(spec).some(({ kind }) => kind.endsWith('convolution'));

/** Whether it draws noise while it trains. */
export const isNoisy = (spec: NetworkSpec): boolean =>
  layersOf(spec).some((layer) => {
    if (layer.kind === 'attention') return layer.dropout.rate > 0;
    if (layer.kind === 'experts') return layer.gate === 'gumbel';
    return layer.kind === 'dropout' && layer.rate > 0;
  });
