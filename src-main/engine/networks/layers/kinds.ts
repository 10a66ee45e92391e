import { z } from 'zod';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import type { ApplyOptions } from '../../types.ts';
import { batchNorm } from './batch-norm.ts';
import type { BatchNormSpec } from './batch-norm.ts';
import { convolution } from './convolution.ts';
import type { ConvolutionSpec } from './convolution.ts';
import { dense } from './dense.ts';
import type { DenseSpec } from './dense.ts';
import { dropout } from './dropout.ts';
import type { DropoutSpec } from './dropout.ts';
import { flatten } from './flatten.ts';
import type { FlattenSpec } from './flatten.ts';
import type { LayerAxes, LayerKind, LayerTensor, LayerValues } from './layer.ts';
import { maxPool } from './max-pool.ts';
import type { MaxPoolSpec } from './max-pool.ts';
import { relu } from './relu.ts';
import type { ReluSpec } from './relu.ts';

/** A layer of a network, as data. */
export type LayerSpec =
  BatchNormSpec | ConvolutionSpec | DenseSpec | DropoutSpec | FlattenSpec | MaxPoolSpec | ReluSpec;

/** One layer of one network: its kind's functions with its specification filled in. */
export interface BoundLayer {
  readonly spec: LayerSpec;
  shape(input: readonly number[]): readonly number[];
  parameters(input: readonly number[]): readonly LayerTensor[];
  state(input: readonly number[]): readonly LayerTensor[];
  apply(x: Tensor, values: LayerValues, options: ApplyOptions): Tensor;
  flops(input: readonly number[]): number;
  axes(input: readonly number[], incoming: string | null): LayerAxes;
}

type Bind = (given: LayerSpec) => BoundLayer;

/** Fills a kind's functions with a specification, which its schema has read. */
function binding<S extends LayerSpec>(kind: LayerKind<S>): [string, Bind] {
  return [
    kind.kind,
    (given) => {
      const parsed = kind.schema.safeParse(given);
      if (!parsed.success)
        throw new EngineError(`The layer ${JSON.stringify(given)} is wrong: ${z.prettifyError(parsed.error)}`);
      const spec = parsed.data;
      return {
        spec,
        shape: (input) => kind.shape(spec, input),
        parameters: (input) => kind.parameters(spec, input),
        state: (input) => kind.state(spec, input),
        apply: (x, values, options) => kind.apply(spec, x, values, options),
        flops: (input) => kind.flops(spec, input),
        axes: (input, incoming) => kind.axes(spec, input, incoming),
      };
    },
  ];
}

const KINDS: ReadonlyMap<string, Bind> = new Map([
  binding(batchNorm),
  binding(convolution),
  binding(dense),
  binding(dropout),
  binding(flatten),
  binding(maxPool),
  binding(relu),
]);

/** @throws EngineError where there is no such kind of layer, or its settings are out of range. */
export function boundLayer(spec: LayerSpec): BoundLayer {
  const found = KINDS.get(spec.kind);
  if (found === undefined)
    throw new EngineError(`There is no layer "${spec.kind}"; there are ${[...KINDS.keys()].join(', ')}.`);
  return found(spec);
}
