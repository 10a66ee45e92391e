import { tf } from '../tf.ts';
import type { Tensor } from '../tf.ts';
import { EngineError } from '../types.ts';
import type { ApplyOptions, Network, NetworkSpec, PermutationSpec, Tensors } from '../types.ts';
import { initialValues, product } from './initialise.ts';
import { batchNorm, convolution, dense, dropout, layerParameters, layerState, maxPool } from './layers.ts';
import type { LayerSpec } from './layers.ts';

type MlpSpec = Extract<NetworkSpec, { kind: 'mlp' }>;
type CnnSpec = Extract<NetworkSpec, { kind: 'cnn' }>;
type Body = (
  values: { params: Tensors; state: Tensors },
  x: Tensor,
  options: ApplyOptions,
) => { features: Tensor; state: Tensors };

/**
 * The functional network that a specification describes, made of `tf` operations only, so that it can be recorded into
 * a compiled step.
 *
 * - `mlp`: dense layers `dense0`, `dense1`, … and `output`; any input is flattened to [batch, input].
 * - `cnn`: 3×3 convolutions `conv0`, `conv1`, … that keep the size, a 2×2 maximum after every second one, one dense
 *   layer `dense0`, and `output`; input [batch, height, width, channels] or its flat form [batch,
 *   height·width·channels].
 *
 * Each hidden layer: affine map, batch norm if asked, ReLU; dropout after every dense hidden layer. Parameters are
 * called `<layer>/kernel` ([in, out] or [3, 3, in, out]), `/bias`, and with batch norm `/scale`, `/offset`; state
 * `/mean`, `/variance`. `features` is what the output layer receives.
 *
 * @throws EngineError when sizes are not positive whole numbers or the dropout rate is not in [0, 1).
 */
export function buildNetwork(spec: NetworkSpec): Network {
  checkSpec(spec);
  const layers = spec.kind === 'mlp' ? mlpLayers(spec) : cnnLayers(spec);
  const body = spec.kind === 'mlp' ? mlpBody(spec) : cnnBody(spec);
  return {
    spec,
    params: layers.flatMap(layerParameters),
    state: layers.flatMap(layerState),
    outputs: spec.outputs,
    permutations: hiddenPermutations(layers),
    init: (stream) => initialValues(layers, spec.init, stream),
    apply(values, x, options) {
      const { features, state } = body(values, x, options);
      return { features, logits: dense(values.params, 'output', features, options), state };
    },
  };
}

function mlpLayers(spec: MlpSpec): LayerSpec[] {
  const sizes = [spec.input, ...spec.hidden];
  return [
    ...spec.hidden.map((units, index) => ({
      name: `dense${index}`,
      kernel: [sizes[index], units],
      batchNorm: spec.batchNorm ?? false,
    })),
    { name: 'output', kernel: [sizes[sizes.length - 1], spec.outputs], batchNorm: false },
  ];
}

function cnnLayers(spec: CnnSpec): LayerSpec[] {
  const [height, width, channels] = spec.input;
  const halvings = Math.floor(spec.conv.length / 2);
  const depths = [channels, ...spec.conv];
  const flat = (height >> halvings) * (width >> halvings) * depths[depths.length - 1];
  const norm = spec.batchNorm ?? false;
  return [
    ...spec.conv.map((filters, index) => ({
      name: `conv${index}`,
      kernel: [3, 3, depths[index], filters],
      batchNorm: norm,
    })),
    { name: 'dense0', kernel: [flat, spec.dense], batchNorm: norm },
    { name: 'output', kernel: [spec.dense, spec.outputs], batchNorm: false },
  ];
}

function mlpBody(spec: MlpSpec): Body {
  return (values, x, options) => {
    let hidden = x.rank === 2 ? x : tf.reshape(x, [x.shape[0], spec.input]);
    const state: Tensors = {};
    spec.hidden.forEach((_, index) => {
      hidden = activate(
        values,
        `dense${index}`,
        dense(values.params, `dense${index}`, hidden, options),
        spec.batchNorm ?? false,
        options,
        state,
      );
      hidden = dropout(hidden, spec.dropout ?? 0, index, options);
    });
    return { features: hidden, state };
  };
}

function cnnBody(spec: CnnSpec): Body {
  const norm = spec.batchNorm ?? false;
  return (values, x, options) => {
    let maps = x.rank === 4 ? x : tf.reshape(x, [x.shape[0], ...spec.input]);
    const state: Tensors = {};
    spec.conv.forEach((_, index) => {
      maps = activate(
        values,
        `conv${index}`,
        convolution(values.params, `conv${index}`, maps, options),
        norm,
        options,
        state,
      );
      if (index % 2 === 1) maps = maxPool(maps);
    });
    const flat = tf.reshape(maps, [maps.shape[0], maps.size / maps.shape[0]]);
    const hidden = activate(values, 'dense0', dense(values.params, 'dense0', flat, options), norm, options, state);
    return { features: dropout(hidden, spec.dropout ?? 0, 0, options), state };
  };
}

function activate(
  values: { params: Tensors; state: Tensors },
  name: string,
  x: Tensor,
  norm: boolean,
  options: ApplyOptions,
  state: Tensors,
): Tensor {
  if (!norm) return tf.relu(x);
  const { y, next } = batchNorm(values.params, values.state, name, x, options.mode);
  Object.assign(state, next);
  return tf.relu(y);
}

/**
 * The units of every hidden layer may be reordered: its last axes and the incoming axis of the next layer move
 * together. After a convolution's maps are flattened, that incoming axis is k times as long as the permutation: k
 * blocks in which the unit (channel) runs fastest.
 */
function hiddenPermutations(layers: readonly LayerSpec[]): PermutationSpec {
  const axes: Record<string, (string | null)[]> = {};
  layers.forEach((layer, index) => {
    const own = index === layers.length - 1 ? null : layer.name;
    const incoming = index === 0 ? null : layers[index - 1].name;
    for (const parameter of [...layerParameters(layer), ...layerState(layer)]) {
      const before = parameter.shape.slice(0, -1).map((_, axis, all) => (axis === all.length - 1 ? incoming : null));
      axes[parameter.name] = [...before, own];
    }
  });
  return { axes };
}

function checkSpec(spec: NetworkSpec): void {
  const sizes =
    spec.kind === 'mlp'
      ? [spec.input, ...spec.hidden, spec.outputs]
      : [...spec.input, ...spec.conv, spec.dense, spec.outputs];
  if (sizes.some((size) => !Number.isInteger(size) || size < 1))
    throw new EngineError(
      `Every size of a network must be a whole number ≥ 1; the ${spec.kind} has ${sizes.join(', ')}.`,
    );
  const rate = spec.dropout ?? 0;
  if (!(rate >= 0 && rate < 1)) throw new EngineError(`A dropout rate must be at least 0 and below 1; got ${rate}.`);
  if (
    spec.kind === 'cnn' &&
    product(spec.input.slice(0, 2).map((size) => size >> Math.floor(spec.conv.length / 2))) === 0
  ) {
    throw new EngineError(
      `${spec.conv.length} convolutions halve ${spec.input[0]}×${spec.input[1]} images ` +
        `${Math.floor(spec.conv.length / 2)} times, which leaves nothing: use fewer.`,
    );
  }
}
