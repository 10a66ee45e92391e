import { tf } from '../tf.ts';
import type { Tensor } from '../tf.ts';
import { EngineError } from '../types.ts';
import type { ParameterSpec, Tensors } from '../types.ts';
import { initialValues } from './initialise.ts';
import { boundLayer } from './layers/kinds.ts';
import type { BoundLayer } from './layers/kinds.ts';
import { product } from './layers/layer.ts';
import type { LayerTensor } from './layers/layer.ts';
import type { HeadSpec, Network, NetworkSpec, PermutationSpec } from './specification.ts';

/** A layer where it stands: with the shape of its input. */
interface PlacedLayer {
  readonly layer: BoundLayer;
  readonly input: readonly number[];
  /** Its name where it is an affine map; null otherwise. */
  readonly affine: string | null;
}

/**
 * The functional network that a specification describes, made of `tf` operations only, so that it can be recorded into
 * a compiled step. Tensors are called `<layer>/kernel`, `/bias`, `/scale`, `/offset`, and state `/mean`, `/variance`;
 * `features` is what the heads receive.
 *
 * @throws EngineError when a layer is unknown, its settings are out of range, or it cannot take what the layer before
 *   it answers.
 */
export function buildNetwork(spec: NetworkSpec): Network {
  const { placed, features: width } = place(spec);
  const heads = spec.heads.map((head): PlacedLayer & { readonly head: HeadSpec } => ({
    head,
    layer: headLayer(head),
    affine: head.name,
    input: width,
  }));
  const all = [...placed, ...heads];
  const params = all.flatMap(({ layer, input }) => layer.parameters(input));
  const state = all.flatMap(({ layer, input }) => layer.state(input));
  checkNames([...params, ...state]);
  return {
    spec,
    params: params.map(withoutFan),
    state: state.map(withoutFan),
    outputs: spec.heads[0].outputs,
    flops: all.reduce((sum, { layer, input }) => sum + layer.flops(input), 0),
    activations: all.reduce((sum, { layer, input }) => sum + product(layer.shape(input)), 0),
    permutations: hiddenPermutations(placed, heads),
    init: (stream) => initialValues(params, state, spec.init, stream),
    apply(values, x, options, name = spec.heads[0].name) {
      const asked = heads.find(({ head }) => head.name === name);
      if (asked === undefined)
        throw new EngineError(`The network has no head "${name}"; it has ${spec.heads.map((h) => h.name).join(', ')}.`);
      const next: Record<string, Tensors[string]> = {};
      let hidden = x.rank === spec.input.length + 1 ? x : tf.reshape(x, [x.shape[0], ...spec.input]);
      // A hidden layer is an affine map with all that follows it up to the next one.
      let last: string | null = null;
      const gated = (activation: Tensor): Tensor =>
        last === null || options.gate === undefined ? activation : options.gate(last, activation);
      for (const { layer, affine } of placed) {
        if (affine !== null) {
          hidden = gated(hidden);
          last = affine;
        }
        hidden = layer.apply(hidden, { ...values, next }, options);
      }
      hidden = gated(hidden);
      return { features: hidden, logits: asked.layer.apply(hidden, { ...values, next }, options), state: next };
    },
  };
}

/** The layer of a head. @throws EngineError where it is called otherwise or has other outputs than the head says. */
function headLayer({ name, outputs, layer }: HeadSpec): BoundLayer {
  if (layer === undefined) return boundLayer({ kind: 'dense', name, units: outputs });
  if (!('units' in layer) || layer.name !== name || layer.units !== outputs)
    throw new EngineError(
      `The head "${name}" has ${outputs} outputs; its layer must be a dense one of that name and size, not ` +
        `${JSON.stringify(layer)}.`,
    );
  return boundLayer(layer);
}

function place(spec: NetworkSpec): { readonly placed: PlacedLayer[]; readonly features: readonly number[] } {
  let shape: readonly number[] = spec.input;
  if (shape.length === 0 || shape.some((size) => !Number.isInteger(size) || size < 1))
    throw new EngineError(`The input of a network must be whole numbers ≥ 1; got [${shape.join(', ')}].`);
  const placed = spec.layers.map((layerSpec): PlacedLayer => {
    const layer = boundLayer(layerSpec);
    const input = shape;
    shape = layer.shape(input);
    const kernel = layer.parameters(input).find(({ role }) => role === 'kernel');
    return { layer, input, affine: kernel === undefined ? null : kernel.name.slice(0, kernel.name.lastIndexOf('/')) };
  });
  return { placed, features: shape };
}

function checkNames(tensors: readonly ParameterSpec[]): void {
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name))
      throw new EngineError(`Two layers of a network are called "${name.split('/')[0]}": rename one.`);
    seen.add(name);
  }
}

const withoutFan = ({ name, shape, role }: LayerTensor): ParameterSpec => ({ name, shape, role });

/**
 * The units of every hidden layer may be reordered: its last axes and the incoming axis of the next layer move
 * together. The input's order and that of the heads' outputs are given from outside.
 */
function hiddenPermutations(placed: readonly PlacedLayer[], heads: readonly PlacedLayer[]): PermutationSpec {
  const axes: Record<string, readonly (string | null)[]> = {};
  const fixed = new Set<string | null>();
  let incoming: string | null = null;
  for (const { layer, input } of placed) {
    const found = layer.axes(input, incoming);
    Object.assign(axes, found.axes);
    for (const name of found.fixes ?? []) fixed.add(name);
    incoming = found.outgoing;
  }
  for (const { layer, input } of heads)
    for (const [name, own] of Object.entries(layer.axes(input, incoming).axes))
      axes[name] = own.map((axis) => (axis === incoming ? axis : null));
  const free = (axis: string | null): string | null => (fixed.has(axis) ? null : axis);
  return { axes: Object.fromEntries(Object.entries(axes).map(([name, own]) => [name, own.map(free)])) };
}
