import type { z } from 'zod';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import type { ApplyOptions, ParameterSpec, Tensors } from '../../types.ts';

/** What every layer's specification has; a kind of layer adds its settings. */
export interface AnyLayerSpec {
  readonly kind: string;
}

/** A tensor of a layer. `fan`: how many numbers flow into and out of one of its units; initialisation scales by it. */
export interface LayerTensor extends ParameterSpec {
  readonly fan: { readonly in: number; readonly out: number };
  /**
   * How it starts whatever the network's initialisation; else as its role says. Normal with this mean and deviation;
   * `signs`: +1 or −1 at random; `alike`: every row the same, uniform in ±1/√fan.in.
   */
  readonly start?: { readonly mean: number; readonly deviation: number } | 'signs' | 'alike';
}

/**
 * What a layer computes with: the network's tensors by name, and where it puts those that move (batch-norm statistics).
 */
export interface LayerValues {
  readonly params: Tensors;
  readonly state: Tensors;
  /** The state after this batch; a layer that has state writes its part. */
  readonly next: Tensors;
}

/** Which axes of a layer's tensors move with which permutation of hidden units. */
export interface LayerAxes {
  /** By tensor name, an entry an axis: a permutation's name, or null where the axis may not be reordered. */
  readonly axes: Readonly<Record<string, readonly (string | null)[]>>;
  /** The permutation of what the layer answers; null where its units may not be reordered. */
  readonly outgoing: string | null;
  /** Permutations of layers before it that may not be: it tells apart what they would exchange. */
  readonly fixes?: readonly string[];
}

/** One kind of layer: a file each. Shapes are of one example, without the batch. */
export interface LayerKind<S extends AnyLayerSpec> {
  readonly kind: S['kind'];
  /** What a specification may say. */
  readonly schema: z.ZodType<S>;
  /** Shape of what it answers. @throws EngineError where it cannot take that input. */
  shape(spec: S, input: readonly number[]): readonly number[];
  /** Its trained tensors, in order. */
  parameters(spec: S, input: readonly number[]): readonly LayerTensor[];
  /** Tensors that move with the data and are not trained. */
  state(spec: S, input: readonly number[]): readonly LayerTensor[];
  /** x [batch, …input] → [batch, …shape]. Made of `tf` operations only, so that it can be recorded. */
  apply(spec: S, x: Tensor, values: LayerValues, options: ApplyOptions): Tensor;
  /** Floating-point operations of one example, forward; multiplications and additions each count. */
  flops(spec: S, input: readonly number[]): number;
  /** How permutations pass through; `incoming` is that of its input's last axis. */
  axes(spec: S, input: readonly number[], incoming: string | null): LayerAxes;
}

/** A layer without tensors, through which permutations pass as they come. */
export const withoutTensors = {
  parameters: (): readonly LayerTensor[] => [],
  state: (): readonly LayerTensor[] => [],
  axes: (_spec: AnyLayerSpec, _input: readonly number[], incoming: string | null): LayerAxes => ({
    axes: {},
    outgoing: incoming,
  }),
} as const;

export function tensorNamed(tensors: Tensors, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined)
    throw new EngineError(
      `The network needs a tensor "${name}"; given were: ${Object.keys(tensors).join(', ') || 'none'}.`,
    );
  return tensor;
}

export function product(numbers: readonly number[]): number {
  return numbers.reduce((result, number) => result * number, 1);
}

/** @throws EngineError where a layer's input has another rank than it takes. */
export function checkRank(input: readonly number[], rank: number, what: string): void {
  if (input.length !== rank)
    throw new EngineError(
      `${what} takes ${rank === 1 ? 'a vector' : `an input of ${rank} axes`} an example; it is given ` +
        `[${input.join(', ')}].`,
    );
}
