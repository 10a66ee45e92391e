import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { softmaxCrossEntropy, valueAndGradients } from '../../../src-main/engine/losses.ts';
import { buildNetwork } from '../../../src-main/engine/networks/networks.ts';
import { makeOptimiser } from '../../../src-main/engine/optimisers/optimisers.ts';
import { explainingShortages } from '../../../src-main/engine/backends/out-of-memory.ts';
import { statelessNormal, statelessUniform } from '../../../src-main/engine/random/stateless-random.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { CompiledStep, Engine, OptimiserSpec, Variables } from '../../../src-main/engine/types.ts';
import { isConvolutional, layersOf } from '../../../src-main/engine/networks/specification.ts';
import { LAYER_KINDS } from '../../../src-main/engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../../src-main/engine/networks/specification.ts';
import {
  DENSE,
  CONVOLUTIONAL,
  OTHER_DENSE,
  SPARSE,
  OF_COLUMNS,
  OF_TABLES,
  OTHER_CONVOLUTIONAL,
  PLAIN,
} from './networks-of-every-layer.ts';

const ROWS = 64,
  BATCH = 16;

interface Trained {
  readonly step: CompiledStep<
    {
      readonly rows: { readonly shape: readonly [16]; readonly dtype: 'int32' };
      readonly key: { readonly shape: readonly [2]; readonly dtype: 'int32' };
    },
    'loss'
  >;
  readonly variables: Variables;
}

/** A training step of `spec` on random data, with dropout and batch norm where the network has them. */
function trainer(
  engine: Engine,
  spec: NetworkSpec,
  stepsPerCall?: number,
  optimiserSpec: OptimiserSpec = { kind: 'adam', lr: 0.01 },
): Trained {
  const network = buildNetwork(spec);
  const width = spec.input.reduce((a, b) => a * b, 1);
  const random = stream(7, 'data');
  const x = new Float32Array(ROWS * width);
  random.fillNormal(x, 0, 1);
  const data = engine.variable('x', { shape: [ROWS, width], dtype: 'float32' }, x),
    labels = engine.variable(
      'y',
      { shape: [ROWS], dtype: 'int32' },
      Int32Array.from({ length: ROWS }, () => random.integer(3)),
    );
  const initial = network.init(stream(7, 'init'));
  const variables = Object.fromEntries(
    network.params.map(({ name, shape }) => [
      name,
      engine.variable(name, { shape, dtype: 'float32' }, initial.params[name]),
    ]),
  );
  const statistics = Object.fromEntries(
    network.state.map(({ name, shape }) => [
      name,
      engine.variable(name, { shape, dtype: 'float32' }, initial.state[name]),
    ]),
  );
  const optimiser = makeOptimiser(
    { variable: (name, tensor, first) => engine.variable(name, tensor, first()) },
    optimiserSpec,
    variables,
  );
  const step = engine.compileStep({
    name: 'test/train',
    stepsPerCall,
    inputs: { rows: { shape: [BATCH], dtype: 'int32' }, key: { shape: [2], dtype: 'int32' } },
    body: ({ rows, key }, scope) => {
      const inputs = scope.gather(data, rows),
        targets = scope.gather(labels, rows);
      const parameters = Object.fromEntries(
        Object.entries(variables).map(([name, variable]) => [name, scope.read(variable)]),
      );
      const state = Object.fromEntries(
        Object.entries(statistics).map(([name, variable]) => [name, scope.read(variable)]),
      );
      const { value, gradients } = valueAndGradients((params) => {
        const applied = network.apply({ params, state }, inputs, { mode: 'train', random: { scope, key } });
        for (const [name, next] of Object.entries(applied.state)) scope.assign(statistics[name], next);
        return softmaxCrossEntropy(applied.logits, targets);
      }, parameters);
      optimiser.update(scope, gradients, tf.scalar(optimiserSpec.lr));
      return { loss: value };
    },
  });
  return { step, variables: { ...variables, ...statistics } };
}

const feeds = (count: number): { rows: Int32Array; key: Int32Array }[] =>
  Array.from({ length: count }, (_, i) => ({
    rows: stream(3, `rows/${i}`).sample(ROWS, BATCH),
    key: stream(3, `key/${i}`).key(),
  }));

async function valuesOf(engine: Engine, variables: Variables): Promise<Record<string, number[]>> {
  const values: Record<string, number[]> = {};
  for (const [name, variable] of Object.entries(variables)) values[name] = Array.from(await engine.read(variable));
  return values;
}

async function trainedValues(
  backend: 'tensorflow-cpu' | 'wasm',
  spec: NetworkSpec,
  options: { eager?: boolean; stepsPerCall?: number; optimiser?: OptimiserSpec } = {},
): Promise<{ losses: number[]; values: Record<string, number[]> }> {
  const engine = await openEngine(backend, { eager: options.eager, convolutional: isConvolutional(spec) });
  const { step, variables } = trainer(engine, spec, options.stepsPerCall, options.optimiser);
  const outputs = await step.run(feeds(11));
  const values = await valuesOf(engine, variables);
  step.dispose();
  engine.dispose();
  return { losses: outputs.map((output) => output.loss[0]), values };
}

describe('recorded steps', () => {
  it.each([
    ['mlp', DENSE],
    ['cnn', CONVOLUTIONAL],
  ] as const)('%s: the same bits however many steps a call takes, and run to run', async (_name, spec) => {
    const single = await trainedValues('tensorflow-cpu', spec, { stepsPerCall: 1 });
    expect(await trainedValues('tensorflow-cpu', spec, { stepsPerCall: 4 })).toEqual(single);
    expect(await trainedValues('tensorflow-cpu', spec, { stepsPerCall: 16 })).toEqual(single);
    expect(await trainedValues('tensorflow-cpu', spec, { stepsPerCall: 4 })).toEqual(single);
    expect(single.losses[10]).toBeLessThan(single.losses[0]);
  });

  // WebAssembly has neither fused kernels nor recorded graphs: batch norm and the rectifier's gradient are written out
  // there
  it.each([
    ['an MLP with batch norm', 'eager TensorFlow', DENSE, 'tensorflow-cpu', true],
    ['an MLP with batch norm', 'wasm', DENSE, 'wasm', false],
    ['a CNN with batch norm', 'eager TensorFlow', CONVOLUTIONAL, 'tensorflow-cpu', true],
    ['a CNN with batch norm', 'wasm', CONVOLUTIONAL, 'wasm', false],
    ['every other layer on vectors', 'eager TensorFlow', OTHER_DENSE, 'tensorflow-cpu', true],
    ['every other layer on vectors', 'wasm', OTHER_DENSE, 'wasm', false],
    ['sparse activations', 'eager TensorFlow', SPARSE, 'tensorflow-cpu', true],
    ['sparse activations', 'wasm', SPARSE, 'wasm', false],
    ['layers of tables', 'eager TensorFlow', OF_TABLES, 'tensorflow-cpu', true],
    ['layers of tables', 'wasm', OF_TABLES, 'wasm', false],
    ['layers of columns', 'eager TensorFlow', OF_COLUMNS, 'tensorflow-cpu', true],
    ['layers of columns', 'wasm', OF_COLUMNS, 'wasm', false],
    ['every other layer on images', 'eager TensorFlow', OTHER_CONVOLUTIONAL, 'tensorflow-cpu', true],
    ['every other layer on images', 'wasm', OTHER_CONVOLUTIONAL, 'wasm', false],
  ] as const)('%s gives the same on %s, within rounding', async (_network, _name, spec, backend, eager) => {
    // not Adam: a bias before batch norm has only rounding noise for a gradient, and Adam steps by its sign
    const optimiser: OptimiserSpec = { kind: 'sgd', lr: 0.05, momentum: 0.9, nesterov: true };
    const recorded = await trainedValues('tensorflow-cpu', spec, { optimiser }),
      other = await trainedValues(backend, spec, { eager, optimiser });
    recorded.losses.forEach((loss, i) => expect(other.losses[i]).toBeCloseTo(loss, 4));
    for (const [name, values] of Object.entries(recorded.values))
      values.forEach((value, i) => expect(other.values[name][i]).toBeCloseTo(value, 3));
  });

  it('no kind of layer is left out above', () => {
    const compared = [DENSE, CONVOLUTIONAL, OTHER_DENSE, SPARSE, OF_TABLES, OF_COLUMNS, OTHER_CONVOLUTIONAL].flatMap(
      (spec) => [...spec.layers, ...layersOf(spec)].map(({ kind }) => kind),
    );
    expect(LAYER_KINDS.filter((kind) => !new Set<string>(compared).has(kind))).toEqual([]);
  });

  it('uses few calls for small steps and counts FLOPs from the graph', async () => {
    const engine = await openEngine('tensorflow-cpu');
    const { step } = trainer(engine, PLAIN);
    await step.run(feeds(16));
    expect(engine.meter.steps).toBe(16);
    expect(engine.meter.calls).toBe(1);
    // forward and both backward products of 12-8-8-3, less the product with respect to the data
    const products = 2 * BATCH * (3 * (12 * 8 + 8 * 8 + 8 * 3) - 12 * 8);
    expect(step.flops).toBeGreaterThan(products);
    expect(step.flops).toBeLessThan(products * 2);
    engine.dispose();
  });

  it('refuses a body that reads a value, and names the line', async () => {
    const engine = await openEngine('tensorflow-cpu');
    const step = engine.compileStep({
      name: 'test/reads',
      inputs: { a: { shape: [2], dtype: 'float32' } },
      body: ({ a }) => ({ out: tf.scalar(a.dataSync()[0]) }),
    });
    await expect(step.run([{ a: Float32Array.of(1, 2) }])).rejects.toThrow(
      /test\/reads reads a value inside its body \(.*steps\.test\.ts/,
    );
    engine.dispose();
  });

  it('refuses tensors from outside, wrong sizes and wrong types, saying what was expected', async () => {
    const engine = await openEngine('tensorflow-cpu');
    const outside = tf.tensor1d([1, 2]);
    tf.add(outside, 1).dispose();
    const uses = engine.compileStep({
      name: 'test/outside',
      inputs: { a: { shape: [2], dtype: 'float32' } },
      body: ({ a }) => ({ out: tf.add(a, outside) }),
    });
    await expect(uses.run([{ a: Float32Array.of(1, 2) }])).rejects.toThrow(/made outside its body/);
    const fine = engine.compileStep({
      name: 'test/fine',
      inputs: { a: { shape: [2], dtype: 'float32' } },
      body: ({ a }) => ({ out: a }),
    });
    await expect(fine.run([{ a: Float32Array.of(1, 2, 3) }])).rejects.toThrow('needs 2 values, got 3');
    await expect(fine.run([{ a: Int32Array.of(1, 2) }])).rejects.toThrow('expects float32 values, got a Int32Array');
    expect(() => engine.variable('v', { shape: [3], dtype: 'float32' }, new Float32Array(2))).toThrow(
      'needs 3 values, got 2',
    );
    outside.dispose();
    engine.dispose();
  });

  it('orders effects as written: reads before an assignment see the old value, reads after it the new', async () => {
    for (const backend of ['tensorflow-cpu', 'wasm'] as const) {
      const engine = await openEngine(backend);
      const v = engine.variable('v', { shape: [2], dtype: 'float32' }, Float32Array.of(1, 2)),
        w = engine.variable('w', { shape: [3, 2], dtype: 'float32' });
      const step = engine.compileStep({
        name: 'test/order',
        inputs: { at: { shape: [1], dtype: 'int32' } },
        body: ({ at }, scope) => {
          const before = scope.read(v);
          scope.assign(v, tf.mul(before, 10));
          scope.scatter(w, at, tf.expandDims(scope.read(v), 0));
          return { before: tf.clone(before), after: scope.read(v), picked: scope.gather(w, at) };
        },
      });
      const [first, second] = await step.run([{ at: Int32Array.of(2) }, { at: Int32Array.of(0) }]);
      expect([...first.before, ...first.after, ...first.picked]).toEqual([1, 2, 10, 20, 10, 20]);
      expect([...second.before, ...second.after]).toEqual([10, 20, 100, 200]);
      expect(Array.from(await engine.read(w))).toEqual([100, 200, 0, 0, 10, 20]);
      engine.write(v, Float32Array.of(3, 4));
      expect(Array.from(await engine.read(v))).toEqual([3, 4]);
      engine.dispose();
    }
  });

  it('keeps tensors and memory flat over 10,000 steps, and closes its session when nothing uses it', async () => {
    const engine = await openEngine('tensorflow-cpu');
    const { step, variables } = trainer(engine, PLAIN);
    const some = feeds(100);
    for (let i = 0; i < 10; i++) await step.run(some);
    const tensors = engine.live().tensors,
      memory = process.memoryUsage().rss;
    for (let i = 0; i < 100; i++) await step.run(some);
    expect(engine.live().tensors).toBe(tensors);
    expect(process.memoryUsage().rss - memory).toBeLessThan(64 * 2 ** 20);
    expect(engine.live().sessions).toBe(1);
    step.dispose();
    for (const variable of Object.values(variables)) engine.release(variable);
    engine.dispose();
    expect(engine.live().sessions).toBe(0);
  });
});

it("TensorFlow's own message about memory is understood", async () => {
  const engine = explainingShortages(await openEngine('tensorflow-cpu'), 8e9);
  const step = engine.compileStep({
    name: 'test/huge',
    inputs: { a: { shape: [64], dtype: 'float32' } },
    body: ({ a }) => ({ out: tf.sum(tf.mul(tf.fill([64, 2 ** 20, 2 ** 18], 1), tf.reshape(a, [64, 1, 1]))) }),
  });
  await expect(step.run([{ a: new Float32Array(64) }])).rejects.toThrow(
    /Step test\/huge asked for 70368\.7 GB for a tensor of shape \[64, 1048576, 262144\].*a smaller network/,
  );
  engine.dispose();
});

describe('subnormal numbers', () => {
  it.skipIf(!['x64', 'arm64'].includes(process.arch))(
    'are zero inside a call, and what they were outside',
    async () => {
      const engine = await openEngine('tensorflow-cpu');
      const factor = engine.variable('factor', { shape: [20], dtype: 'float32' }, new Float32Array(20).fill(1e-30));
      const step = engine.compileStep({
        name: 'test/subnormal',
        inputs: { x: { shape: [20], dtype: 'float32' } },
        body: ({ x }, scope) => ({ product: tf.mul(scope.read(factor), x) }),
      });
      const [{ product }] = await step.run([
        { x: Float32Array.from({ length: 20 }, (_, i) => (i < 10 ? 1e-10 : 1e10)) },
      ]);
      expect([...product.subarray(0, 10)]).toEqual(Array.from({ length: 10 }, () => 0));
      product.subarray(10).forEach((value) => {
        expect(value / 1e-20).toBeCloseTo(1, 5);
      });
      // JavaScript's own arithmetic is as before
      expect(Float32Array.of(1e-30 * 1e-10)[0]).toBeGreaterThan(0);
      engine.dispose();
    },
  );
});

describe('stateless random numbers', () => {
  it("are TensorFlow's own in plain TypeScript", async () => {
    const engine = await openEngine('tensorflow-cpu');
    const step = engine.compileStep({
      name: 'test/random',
      inputs: { key: { shape: [2], dtype: 'int32' } },
      body: ({ key }, scope) => ({ uniform: scope.randomUniform([5, 7], key), normal: scope.randomNormal([9], key) }),
    });
    for (const key of [Int32Array.of(1, 2), Int32Array.of(-5, 77), stream(1, 'any').key()]) {
      const [{ uniform, normal }] = await step.run([{ key }]);
      expect(Array.from(uniform)).toEqual(Array.from(statelessUniform(35, key)));
      const twin = statelessNormal(9, key);
      normal.forEach((value, i) => expect(twin[i]).toBeCloseTo(value, 5));
    }
    engine.dispose();
  });
});
