import { z } from 'zod';
import { tf } from '../../tf.ts';
import type { Tensor } from '../../tf.ts';
import { EngineError } from '../../types.ts';
import type { ApplyOptions } from '../../types.ts';
import { product } from './layer.ts';
import type { AnyLayerSpec, LayerAxes, LayerKind, LayerTensor, LayerValues } from './layer.ts';

export interface ResidualSpec<L extends AnyLayerSpec> {
  readonly kind: 'residual';
  /** What is added to the input; answers its shape. */
  readonly layers: readonly L[];
}

/** What a block needs of a layer within it. */
interface InnerLayer {
  shape(input: readonly number[]): readonly number[];
  parameters(input: readonly number[]): readonly LayerTensor[];
  state(input: readonly number[]): readonly LayerTensor[];
  apply(x: Tensor, values: LayerValues, options: ApplyOptions): Tensor;
  flops(input: readonly number[]): number;
  axes(input: readonly number[], incoming: string | null): LayerAxes;
}

/** x + f(x) for the layers f (He et al. 2016, eq. 1). `bind` makes a layer of a specification. */
export function residual<L extends AnyLayerSpec>(bind: (spec: L) => InnerLayer): LayerKind<ResidualSpec<L>> {
  /** The layers within, each with the shape of its input. */
  const placed = ({ layers }: ResidualSpec<L>, input: readonly number[]) => {
    let shape = input;
    return layers.map((spec) => {
      const at = { layer: bind(spec), input: shape };
      shape = at.layer.shape(shape);
      return at;
    });
  };
  return {
    kind: 'residual',
    schema: z.strictObject({ kind: z.literal('residual'), layers: z.array(z.custom<L>()).min(1) }),
    shape(spec, input) {
      const last = placed(spec, input).at(-1);
      const shape = last?.layer.shape(last.input) ?? input;
      if (shape.join() !== input.join())
        throw new EngineError(
          `The layers of a residual block answer [${shape.join(', ')}] to an input of [${input.join(', ')}]; the two ` +
            'are added, so both must have one shape.',
        );
      return input;
    },
    parameters: (spec, input) => placed(spec, input).flatMap((at) => at.layer.parameters(at.input)),
    state: (spec, input) => placed(spec, input).flatMap((at) => at.layer.state(at.input)),
    apply(spec, x, values, options) {
      const added = spec.layers.reduce((hidden, layer) => bind(layer).apply(hidden, values, options), x);
      return tf.add(x, added);
    },
    flops: (spec, input) => placed(spec, input).reduce((sum, at) => sum + at.layer.flops(at.input), 0) + product(input),
    /** What comes in and what is added to it are reordered alike, or not at all. */
    axes(spec, input, incoming) {
      const all: Record<string, readonly (string | null)[]> = {};
      const fixes: string[] = [];
      let last = incoming;
      for (const at of placed(spec, input)) {
        const found = at.layer.axes(at.input, last);
        Object.assign(all, found.axes);
        fixes.push(...(found.fixes ?? []));
        last = found.outgoing;
      }
      const fixed = last === null || incoming === null || fixes.includes(incoming) || fixes.includes(last);
      if (fixed)
        return { axes: all, outgoing: null, fixes: [...fixes, ...[last, incoming].filter((name) => name !== null)] };
      const renamed = Object.entries(all).map(([name, axes]) => [
        name,
        axes.map((axis) => (axis === last ? incoming : axis)),
      ]);
      return { axes: Object.fromEntries(renamed), outgoing: incoming, fixes };
    },
  };
}
