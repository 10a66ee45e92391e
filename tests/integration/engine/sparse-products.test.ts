import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadTensorFlow } from '../../../src-main/engine/backends/backends.ts';
import { type NativeBackend } from '../../../src-main/engine/backends/binding.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { FILTER_GRADIENT } from '../../../src-main/engine/kernels/filter-gradients.ts';
import { rewritten } from '../../../src-main/engine/recording/rewrites.ts';
import { backgroundOf, SPARSE_PRODUCT, withSparseProducts } from '../../../src-main/engine/kernels/sparse-products.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf, type Tensor } from '../../../src-main/engine/tf.ts';
import { Tracer } from '../../../src-main/engine/recording/tracer.ts';
import type { Engine, StepScope } from '../../../src-main/engine/types.ts';
import { transformTensor, type InputTransform } from '../../../src-main/suites/continual/shared/stream-data.ts';

let engine: Engine, backend: NativeBackend;
beforeAll(async () => {
  ({ backend } = await loadTensorFlow());
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => {
  engine.dispose();
});

/** Rows of `width` of which nine in ten elements are `background`. */
function sparse(rows: number, width: number, background: number, seed: number): Float32Array {
  const random = stream(seed, 'sparse');
  return Float32Array.from({ length: rows * width }, () =>
    random.uniform() < 0.9 ? background : 2 * random.uniform() - 1,
  );
}

interface Sizes {
  readonly batch: number;
  readonly inner: number;
  readonly columns: number;
  readonly background: number;
  readonly seed: number;
}

/** x · w + b and xᵀ · d for rows gathered from a sparse variable, by the engine and in double precision. */
async function both({
  batch,
  inner,
  columns,
  background,
  seed,
}: Sizes): Promise<{ ours: Float32Array[]; exact: Float64Array[] }> {
  const rows = Math.ceil(70_000 / inner);
  const data = sparse(rows, inner, background, seed),
    random = stream(seed, 'others');
  const drawn = (count: number): Float32Array => Float32Array.from({ length: count }, () => 2 * random.uniform() - 1);
  const w = drawn(inner * columns),
    b = drawn(columns),
    d = drawn(batch * columns),
    order = Int32Array.from({ length: batch }, () => random.integer(rows));
  const x = engine.variable('x', { shape: [rows, inner], dtype: 'float32' }, data);
  const step = engine.compileStep({
    name: 'test/products',
    inputs: {
      rows: { shape: [batch], dtype: 'int32' },
      w: { shape: [inner, columns], dtype: 'float32' },
      b: { shape: [columns], dtype: 'float32' },
      d: { shape: [batch, columns], dtype: 'float32' },
    },
    body: (given, scope) => {
      const batched = scope.gather(x, given.rows);
      return {
        forward: tf.add(tf.matMul(batched, given.w), given.b),
        gradient: tf.matMul(batched, given.d, true, false),
      };
    },
  });
  const [{ forward, gradient }] = await step.run([{ rows: order, w, b, d }]);
  step.dispose();
  engine.release(x);
  const at = (row: number, k: number): number => data[order[row] * inner + k];
  const sum = (count: number, term: (i: number) => number): number => {
    let total = 0;
    for (let i = 0; i < count; i++) total += term(i);
    return total;
  };
  return {
    ours: [Float32Array.from(forward), Float32Array.from(gradient)],
    exact: [
      Float64Array.from(
        { length: batch * columns },
        (_, i) => b[i % columns] + sum(inner, (k) => at(Math.floor(i / columns), k) * w[k * columns + (i % columns)]),
      ),
      Float64Array.from({ length: inner * columns }, (_, i) =>
        sum(batch, (row) => at(row, Math.floor(i / columns)) * d[row * columns + (i % columns)]),
      ),
    ],
  };
}

const worst = (ours: Float32Array, exact: Float64Array): number =>
  exact.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i])), 0);

describe('products that leave out the background', () => {
  it(
    'are at work where the processor has AVX2 or AVX-512, gradients of filters with AVX2 alone, and ' +
      'the numerics say so',
    async () => {
      const flags = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
      expect(engine.numerics.includes(`+${SPARSE_PRODUCT}`)).toBe(/ avx2 /.test(flags));
      expect(engine.numerics.includes(`+${FILTER_GRADIENT}`)).toBe(/ avx2 /.test(flags) && !/ avx512f /.test(flags));
      const whole = await openEngine('tensorflow-cpu', { libraryOnly: true });
      expect(whole.numerics).not.toContain('Touchstone');
      whole.dispose();
    },
  );

  it('are the products, for all sizes of tiles, blocks and rests', async () => {
    const size = (most: number): fc.Arbitrary<number> =>
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: most }));
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          batch: size(150),
          inner: fc.integer({ min: 64, max: 250 }),
          columns: size(150),
          background: fc.constantFrom(0, -0.4242, 0.75),
          seed: fc.nat(1000),
        }),
        async (sizes) => {
          const { ours, exact } = await both(sizes);
          // sums of at most 250 terms of size one
          ours.forEach((values, i) => {
            expect(worst(values, exact[i])).toBeLessThan(1e-4);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([
    [128, 112, 64],
    [129, 113, 65],
    [256, 224, 128],
    [300, 784, 100],
  ])('at the edges: a batch of %d, %d inputs, %d outputs', async (batch, inner, columns) => {
    const { ours, exact } = await both({ batch, inner, columns, background: 0.25, seed: 1 });
    ours.forEach((values, i) => {
      expect(worst(values, exact[i])).toBeLessThan(2e-4);
    });
  });

  it('give the same bits however many steps are in a call', async () => {
    const data = sparse(1000, 100, -0.4242, 2);
    const trained = async (stepsPerCall: number): Promise<number[]> => {
      const x = engine.variable('x', { shape: [1000, 100], dtype: 'float32' }, data),
        w = engine.variable('w', { shape: [100, 30], dtype: 'float32' }, sparse(100, 30, 0.1, 3));
      const step = engine.compileStep({
        name: 'test/bits',
        stepsPerCall,
        inputs: { rows: { shape: [40], dtype: 'int32' } },
        body: ({ rows }, scope) => {
          const batch = scope.gather(x, rows),
            before = scope.read(w);
          // a step down the gradient of Σ (x · w)² / 2
          scope.assign(w, tf.sub(before, tf.mul(0.001, tf.matMul(batch, tf.matMul(batch, before), true, false))));
          return { norm: tf.sum(tf.square(scope.read(w))) };
        },
      });
      const outputs = await step.run(
        Array.from({ length: 11 }, (_, i) => ({ rows: stream(4, `rows/${i}`).sample(1000, 40) })),
      );
      const values = [...outputs.map(({ norm }) => norm[0]), ...(await engine.read(w))];
      step.dispose();
      for (const variable of [x, w]) engine.release(variable);
      return values;
    };
    const one = await trained(1);
    expect(await trained(4)).toEqual(one);
    expect(await trained(1)).toEqual(one);
  });

  it('do not lose what is not a number', async () => {
    const data = sparse(1000, 100, 0, 1);
    data[5] = NaN;
    data[100] = Infinity;
    const x = engine.variable('x', { shape: [1000, 100], dtype: 'float32' }, data);
    const step = engine.compileStep({
      name: 'test/not-finite',
      inputs: { rows: { shape: [3], dtype: 'int32' } },
      body: ({ rows }, scope) => ({ sums: tf.matMul(scope.gather(x, rows), tf.ones([100, 1])) }),
    });
    const [{ sums }] = await step.run([{ rows: Int32Array.of(0, 1, 2) }]);
    expect([sums[0], sums[1], Number.isFinite(sums[2])]).toEqual([NaN, Infinity, true]);
    step.dispose();
    engine.release(x);
  });

  it.each<[string, InputTransform, number]>([
    ['as they are', { kind: 'none' }, 784],
    ['scaled', { kind: 'scale', mean: 0.1307, deviation: 0.3081 }, 784],
    ['padded and scaled', { kind: 'pad-normalise', side: 28, pad: 2, mean: 0.1, deviation: 0.2752 }, 1024],
  ])('know the background of images that a suite takes %s', async (_, transform, inner) => {
    const data = sparse(100, 784, 0, 1);
    const x = engine.variable('x', { shape: [100, 784], dtype: 'float32' }, data);
    const inputs = { rows: { shape: [2], dtype: 'int32' } } as const;
    const transformed = (rows: Tensor, scope: StepScope): Tensor => transformTensor(transform, scope.gather(x, rows));
    const recorded = new Tracer(backend, 'test/transform').record(
      {
        name: 'test/transform',
        inputs,
        body: ({ rows }, scope) => ({ products: tf.matMul(transformed(rows, scope), tf.ones([inner, 1])) }),
      },
      inputs,
    );
    const program = withSparseProducts(rewritten(recorded), () => backgroundOf(data));
    const found = program.instructions.find(({ op }) => op === SPARSE_PRODUCT)?.attributes['background'];
    const step = engine.compileStep({
      name: 'test/transform',
      inputs,
      body: ({ rows }, scope) => ({ pixels: transformed(rows, scope) }),
    });
    const [{ pixels }] = await step.run([{ rows: Int32Array.of(0, 1) }]);
    const counts = new Map<number, number>();
    for (const value of pixels) counts.set(value, (counts.get(value) ?? 0) + 1);
    const [[most]] = [...counts].sort((a, b) => b[1] - a[1]);
    expect(found).toEqual({ kind: 'float', value: most });
    step.dispose();
    engine.release(x);
  });
});
