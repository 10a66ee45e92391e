import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { RECTIFIED_GRADIENT } from '../../../src-main/engine/kernels/rectified-products.ts';
import { SPARSE_PRODUCT } from '../../../src-main/engine/kernels/sparse-products.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Engine } from '../../../src-main/engine/types.ts';

let engine: Engine, whole: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
  whole = await openEngine('tensorflow-cpu', { libraryOnly: true });
});
afterAll(() => {
  engine.dispose();
  whole.dispose();
});

interface Sizes {
  readonly batch: number;
  readonly units: number;
  readonly outputs: number;
  readonly on: number;
  readonly dead: number;
  readonly seed: number;
}

/** A layer's inputs, of which `on` in ten are positive, but in units that are dead, and what goes with them. */
function given({ batch, units, outputs, on, dead, seed }: Sizes): Record<'x' | 'w' | 'd', Float32Array> {
  const random = stream(seed, 'rectified');
  const drawn = (count: number): Float32Array => Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
  const alive = Array.from({ length: units }, () => random.uniform() >= dead);
  return {
    x: drawn(batch * units).map((value, i) =>
      alive[i % units] && random.uniform() < on ? Math.abs(value) : -Math.abs(value),
    ),
    w: drawn(units * outputs),
    d: drawn(batch * outputs),
  };
}

type Results = Record<'y' | 'ofWeights' | 'ofInputs', Float32Array>;

/** relu(x) · w, and the gradients of Σ d · y with respect to w and x. */
async function layer(by: Engine, sizes: Sizes): Promise<Results> {
  const { batch, units, outputs } = sizes;
  const step = by.compileStep({
    name: 'test/rectified',
    inputs: {
      x: { shape: [batch, units], dtype: 'float32' },
      w: { shape: [units, outputs], dtype: 'float32' },
      d: { shape: [batch, outputs], dtype: 'float32' },
    },
    body: ({ x, w, d }) => {
      const [ofInputs, ofWeights] = tf.grads((before, weights) =>
        tf.sum(tf.mul(d, tf.matMul(tf.relu(before), weights))),
      )([x, w]);
      return { y: tf.matMul(tf.relu(x), w), ofWeights, ofInputs };
    },
  });
  const [{ y, ofWeights, ofInputs }] = await step.run([given(sizes)]);
  step.dispose();
  return { y: Float32Array.from(y), ofWeights: Float32Array.from(ofWeights), ofInputs: Float32Array.from(ofInputs) };
}

/** The same in double precision. */
function exactly({ batch, units, outputs, ...rest }: Sizes): Record<keyof Results, Float64Array> {
  const { x, w, d } = given({ batch, units, outputs, ...rest });
  const y = new Float64Array(batch * outputs),
    ofWeights = new Float64Array(units * outputs),
    ofInputs = new Float64Array(batch * units);
  for (let row = 0; row < batch; row++)
    for (let unit = 0; unit < units; unit++) {
      const value = x[row * units + unit];
      if (value <= 0) continue;
      for (let out = 0; out < outputs; out++) {
        y[row * outputs + out] += value * w[unit * outputs + out];
        ofWeights[unit * outputs + out] += value * d[row * outputs + out];
        ofInputs[row * units + unit] += d[row * outputs + out] * w[unit * outputs + out];
      }
    }
  return { y, ofWeights, ofInputs };
}

const worst = (ours: Float32Array, exact: Float64Array): number =>
  exact.reduce((most, value, i) => Math.max(most, Number.isNaN(ours[i]) ? Infinity : Math.abs(value - ours[i])), 0);

describe('products of rectified units that leave out the units that are off', () => {
  it('are the products, however many units are on', async () => {
    const size = fc.integer({ min: 64, max: 200 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          batch: size,
          units: size,
          outputs: size,
          on: fc.constantFrom(0, 0.02, 0.1, 0.24, 0.26, 0.39, 0.41, 0.44, 0.46, 1),
          dead: fc.constantFrom(0, 0.5, 0.9),
          seed: fc.nat(1000),
        }),
        async (sizes) => {
          const ours = await layer(engine, sizes),
            exact = exactly(sizes);
          // sums of at most 200 terms of size one
          for (const name of ['y', 'ofWeights', 'ofInputs'] as const)
            expect(worst(ours[name], exact[name]), name).toBeLessThan(1e-4);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("are the library's to the bit where most units are on, and not where few are", async () => {
    if (!engine.numerics.includes(RECTIFIED_GRADIENT)) return;
    expect(engine.numerics).toContain(SPARSE_PRODUCT);
    const sizes = { batch: 128, units: 130, outputs: 140, dead: 0, seed: 3 };
    expect(await layer(engine, { ...sizes, on: 0.6 })).toEqual(await layer(whole, { ...sizes, on: 0.6 }));
    // the other two sum in the library's order
    expect((await layer(engine, { ...sizes, on: 0.2 })).ofInputs).not.toEqual(
      (await layer(whole, { ...sizes, on: 0.2 })).ofInputs,
    );
  });

  it('give the same bits however many steps are in a call, while units die on the way', async () => {
    const trained = async (stepsPerCall: number): Promise<number[]> => {
      const { x, w } = given({ batch: 64, units: 64, outputs: 64, on: 1, dead: 0, seed: 5 });
      const bias = engine.variable(
          'bias',
          { shape: [64], dtype: 'float32' },
          Float32Array.from({ length: 64 }, (_, i) => i / 64),
        ),
        weights = engine.variable('w', { shape: [64, 64], dtype: 'float32' }, w);
      const step = engine.compileStep({
        name: 'test/dying',
        stepsPerCall,
        inputs: { x: { shape: [64, 64], dtype: 'float32' } },
        body: (inputs, scope) => {
          const loss = (
            offset: ReturnType<typeof scope.read>,
            by: ReturnType<typeof scope.read>,
          ): ReturnType<typeof tf.sum> => tf.sum(tf.square(tf.matMul(tf.relu(tf.sub(inputs.x, offset)), by)));
          const offset = scope.read(bias),
            by = scope.read(weights);
          const [, gradient] = tf.grads((a, b) => loss(a, b))([offset, by]);
          scope.assign(weights, tf.sub(by, tf.mul(1e-5, gradient)));
          // 64 units go from all on to nearly none within the steps that are run
          scope.assign(bias, tf.add(offset, 0.1));
          return { on: tf.sum(tf.relu(tf.sub(inputs.x, offset))) };
        },
      });
      const outputs = await step.run(Array.from({ length: 11 }, () => ({ x })));
      const values = [...outputs.map(({ on }) => on[0]), ...(await engine.read(weights))];
      step.dispose();
      for (const variable of [bias, weights]) engine.release(variable);
      return values;
    };
    const one = await trained(1);
    expect(one[10]).toBeLessThan(one[0] / 20);
    expect(await trained(4)).toEqual(one);
    expect(await trained(1)).toEqual(one);
  });
});
