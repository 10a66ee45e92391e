import { cnn } from '../../../../src-main/engine/networks/architectures/cnn.ts';
import { mlp } from '../../../../src-main/engine/networks/architectures/mlp.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../../src-main/engine/engine.ts';
import { crossEntropyPerExample, valueAndGradients } from '../../../../src-main/engine/losses.ts';
import { buildNetwork } from '../../../../src-main/engine/networks/networks.ts';
import { stream } from '../../../../src-main/engine/random/streams.ts';
import { tf, type Tensor } from '../../../../src-main/engine/tf.ts';
import type { Engine, ParameterSpec, Tensors } from '../../../../src-main/engine/types.ts';
import type { Network } from '../../../../src-main/engine/networks/specification.ts';
import { fisherSum, sensitivitySum } from '../../../../src-main/methods/continual/shared/importance.ts';
import { recorded, worstOf } from '../../../fixtures/methods/tiny-network.ts';

const EXAMPLES = 5;

const convolutional = (batchNorm: boolean): Network =>
  buildNetwork(cnn({ input: [6, 4, 2], conv: [3, 4], dense: 5, outputs: 3, init: 'he-normal', batchNorm }));
const dense = buildNetwork(mlp({ input: 48, hidden: [6], outputs: 3, init: 'torch-default', batchNorm: true }));

/**
 * Random values for everything, far from where networks start: biases, scales, offsets and statistics too; variances
 * above 0.
 */
function values(specs: readonly ParameterSpec[]): Tensors {
  return Object.fromEntries(
    specs.map(({ name, shape, role }) => {
      const numbers = new Float32Array(shape.reduce((a, b) => a * b, 1));
      stream(5, name).fillNormal(numbers, 0, 0.5);
      return [name, tf.tensor(role === 'variance' ? numbers.map((value) => 0.3 + value * value) : numbers, [...shape])];
    }),
  );
}

function examples(): { x: Tensor; y: Tensor; tasks: Tensor } {
  const x = new Float32Array(EXAMPLES * 48);
  stream(5, 'x').fillNormal(x, 0, 1);
  return {
    x: tf.tensor2d(x, [EXAMPLES, 48]),
    y: tf.tensor1d([0, 2, 1, 1, 2], 'int32'),
    tasks: tf.zeros([EXAMPLES], 'int32'),
  };
}

/** Σᵢ weightᵢ · moment of the gradient of one example's objective, one pass for each example. */
function oneByOne(
  network: Network,
  objective: (logits: Tensor, example: number) => Tensor,
  moment: (gradient: Tensor) => Tensor,
): Tensors {
  const params = values(network.params),
    state = values(network.state),
    { x } = examples();
  const each = Array.from(
    { length: EXAMPLES },
    (_, i) =>
      valueAndGradients(
        (at) =>
          objective(
            network.apply({ params: at, state }, tf.slice(x, [i, 0], [1, 48]), { mode: 'eval' }).logits,
            i,
          ).asScalar(),
        params,
      ).gradients,
  );
  return Object.fromEntries(
    network.params.map(({ name }) => [name, tf.addN(each.map((gradients) => moment(gradients[name])))]),
  );
}

describe.each(['tensorflow-cpu', 'wasm'] as const)('importances without a pass per example, on %s', (backend) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(backend);
  }, 60_000);
  afterAll(() => engine.dispose());

  const networks = [
    ['convolutions', convolutional(false)],
    ['convolutions with batch norm', convolutional(true)],
    ['dense layers with batch norm', dense],
  ] as const;

  const expectSame = async (network: Network, found: () => Tensors, expected: () => Tensors): Promise<void> => {
    const [got, known] = [await recorded(engine, found), await recorded(engine, expected)];
    expect(Object.keys(got).sort()).toEqual(network.params.map(({ name }) => name).sort());
    for (const { name } of network.params) {
      expect(Math.max(...known[name].map(Math.abs)), name).toBeGreaterThan(1e-6);
      expect(worstOf(got[name], known[name]), name).toBeLessThan(1e-4);
    }
  };
  const at = (network: Network): { params: Tensors; state: Tensors } => ({
    params: values(network.params),
    state: values(network.state),
  });

  it.each(networks)(
    'Fisher information at the given labels: %s',
    async (_, network) => {
      await expectSame(
        network,
        () => fisherSum(network, at(network), examples(), null, 'given'),
        () =>
          oneByOne(network, (logits, i) => crossEntropyPerExample(logits, tf.slice(examples().y, [i], [1])), tf.square),
      );
    },
    60_000,
  );

  it.each(networks)(
    'expected Fisher information: %s',
    async (_, network) => {
      // E_y [g(y)²] with y from the model's own distribution, label by label
      const expected = (): Tensors => {
        const { x } = examples();
        const probabilities = tf.softmax(network.apply(at(network), x, { mode: 'eval' }).logits);
        const sums = [0, 1, 2]
          .map((label) =>
            Array.from({ length: EXAMPLES }, (_unused, only) => oneByOneOf(network, label, only, probabilities)),
          )
          .flat();
        return Object.fromEntries(network.params.map(({ name }) => [name, tf.addN(sums.map((sum) => sum[name]))]));
      };
      await expectSame(network, () => fisherSum(network, at(network), examples(), null, 'expected'), expected);
    },
    60_000,
  );

  it.each(networks)(
    'sensitivity of the outputs: %s',
    async (_, network) => {
      await expectSame(
        network,
        () => sensitivitySum(network, at(network), examples().x, null),
        () => oneByOne(network, (logits) => tf.sum(tf.square(logits)), tf.abs),
      );
    },
    60_000,
  );
});

describe('the recorded step of a Fisher pass', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine('tensorflow-cpu');
  }, 60_000);
  afterAll(() => engine.dispose());

  const wide = buildNetwork(mlp({ input: 48, hidden: [64, 64], outputs: 3, init: 'torch-default' }));
  const ROWS = 40;
  const forward = 2 * ROWS * (48 * 64 + 64 * 64 + 64 * 3),
    backward = 2 * ROWS * (64 * 64 + 64 * 3);

  it.each(['given', 'predicted'] as const)(
    'has one forward pass, and no ordinary gradient of a kernel, for labels %s',
    async (labels) => {
      const x = new Float32Array(ROWS * 48);
      stream(5, 'rows').fillNormal(x, 0, 1);
      const step = engine.compileStep({
        name: 'test/fisher',
        inputs: {},
        body: () =>
          fisherSum(
            wide,
            { params: values(wide.params), state: {} },
            { x: tf.tensor2d(x, [ROWS, 48]), y: tf.zeros([ROWS], 'int32'), tasks: tf.zeros([ROWS], 'int32') },
            null,
            labels,
          ),
      });
      await step.run([{}]);
      // the products of the squares are as large as the forward pass; element-wise work comes on top
      const products = forward + backward + forward;
      expect(step.flops).toBeGreaterThan(products);
      expect(step.flops).toBeLessThan(1.15 * products);
      step.dispose();
    },
  );
});

/** p(label | example) · (gradient of that example's loss at that label)². */
function oneByOneOf(network: Network, label: number, example: number, probabilities: Tensor): Tensors {
  const params = values(network.params),
    state = values(network.state);
  const x = tf.slice(examples().x, [example, 0], [1, 48]);
  const { gradients } = valueAndGradients(
    (at) =>
      crossEntropyPerExample(
        network.apply({ params: at, state }, x, { mode: 'eval' }).logits,
        tf.tensor1d([label], 'int32'),
      ).asScalar(),
    params,
  );
  const probability = tf.reshape(tf.slice(probabilities, [example, label], [1, 1]), []);
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, tf.mul(tf.square(gradient), probability)]),
  );
}
