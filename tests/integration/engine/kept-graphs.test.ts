import { describe, expect, it } from 'vitest';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { CompiledStep, Engine, Variable } from '../../../src-main/engine/types.ts';
import { scopedEngine } from '../../../src-main/trial/engine-scope.ts';

interface Small {
  readonly weights: Variable;
  readonly step: CompiledStep<{ readonly x: { readonly shape: readonly [3]; readonly dtype: 'float32' } }, 'sum'>;
}

/** w ← w · decay + x, answering Σ w. */
function small(engine: Engine, decay: number, initial = [1, 2, 3]): Small {
  const weights = engine.variable('w', { shape: [3], dtype: 'float32' }, Float32Array.from(initial));
  const step = engine.compileStep({
    name: 'test/small',
    inputs: { x: { shape: [3], dtype: 'float32' } },
    body: ({ x }, scope) => {
      scope.assign(weights, tf.add(tf.mul(scope.read(weights), decay), x));
      return { sum: tf.sum(scope.read(weights)) };
    },
  });
  return { weights, step };
}

const feeds = [1, 10, 100].map((value) => ({ x: Float32Array.of(value, value, value) }));

async function trial(engine: Engine, decay: number, initial?: number[]): Promise<number[]> {
  const scope = scopedEngine(engine);
  try {
    const { step, weights } = small(scope.engine, decay, initial);
    const sums = (await step.run(feeds)).map(({ sum }) => sum[0]);
    return [...sums, ...(await scope.engine.read(weights))];
  } finally {
    scope.release();
  }
}

describe('graphs kept from trial to trial', () => {
  it('a step recorded again uses the calls that are there, with the values of its own variables', async () => {
    const engine = await openEngine('tensorflow-cpu', { keptNodes: 10_000, convolutional: false });
    // by hand: w = (1, 2, 3) → (1.5, 2, 2.5) → (10.75, 11, 11.25) → (105.375, 105.5, 105.625)
    expect(await trial(engine, 0.5)).toEqual([6, 33, 316.5, 105.375, 105.5, 105.625]);
    const { calls, sessions } = engine.live();
    const { preparation } = engine.meter;
    expect(preparation).toBeGreaterThan(0);
    expect({ sessions, some: calls > 0 }).toEqual({ sessions: 1, some: true });
    expect(await trial(engine, 0.5)).toEqual([6, 33, 316.5, 105.375, 105.5, 105.625]);
    expect((await trial(engine, 0.5, [0, 0, 0])).slice(0, 3)).toEqual([3, 31.5, 315.75]);
    expect(engine.live().calls).toBe(calls);
    expect(engine.meter.preparation).toBe(preparation);
    expect(await trial(engine, 0)).toEqual([3, 30, 300, 100, 100, 100]);
    expect(engine.live().calls).toBe(2 * calls);
    engine.dispose();
    expect(engine.live()).toMatchObject({ sessions: 0, calls: 0 });
  });

  it('variables that live at once stay apart, and a step over a released one is refused', async () => {
    const engine = await openEngine('tensorflow-cpu', { keptNodes: 10_000, convolutional: false });
    const first = small(engine, 0.5),
      second = small(engine, 0.5, [0, 0, 0]);
    expect((await first.step.run(feeds)).at(-1)?.sum[0]).toBe(316.5);
    expect((await second.step.run(feeds)).at(-1)?.sum[0]).toBe(315.75);
    engine.release(first.weights);
    const third = small(engine, 0.5, [7, 7, 7]);
    await expect(first.step.run(feeds)).rejects.toThrow(/Variable w does not belong to this engine, or was released/);
    engine.release(first.weights);
    expect(Array.from(await engine.read(third.weights))).toEqual([7, 7, 7]);
    engine.dispose();
  });

  it('frees what variables hold when a trial ends', async () => {
    const engine = await openEngine('tensorflow-cpu', { keptNodes: 10_000, convolutional: false });
    const megabytes = 64;
    const large = async (): Promise<void> => {
      const scope = scopedEngine(engine);
      const variable = scope.engine.variable(
        'large',
        { shape: [megabytes * 2 ** 18], dtype: 'float32' },
        new Float32Array(megabytes * 2 ** 18).fill(1),
      );
      const step = scope.engine.compileStep({
        name: 'test/large',
        inputs: {},
        body: (_inputs, inside) => ({ sum: tf.sum(inside.read(variable)) }),
      });
      expect((await step.run([{}]))[0].sum[0]).toBe(megabytes * 2 ** 18);
      scope.release();
    };
    await large();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 12; i++) await large();
    expect(process.memoryUsage().rss - before).toBeLessThan(6 * megabytes * 2 ** 20);
    engine.dispose();
  });

  it('a graph that has grown too large is closed, and so is one in which a call failed', async () => {
    const engine = await openEngine('tensorflow-cpu', { keptNodes: 100 });
    for (let decay = 1; engine.live().sessions === 1 || decay === 1; decay++) {
      await trial(engine, decay);
      expect(decay).toBeLessThan(20);
    }
    expect(await trial(engine, 0.5)).toEqual([6, 33, 316.5, 105.375, 105.5, 105.625]);
    const scope = scopedEngine(engine);
    const broken = scope.engine.compileStep({
      name: 'test/broken',
      inputs: { at: { shape: [1], dtype: 'int32' } },
      body: ({ at }, inside) => ({
        out: inside.gather(scope.engine.variable('short', { shape: [2], dtype: 'float32' }), at),
      }),
    });
    await expect(broken.run([{ at: Int32Array.of(5) }])).rejects.toThrow(/indices.* = 5 is not in \[0, 2\)/);
    scope.release();
    expect(engine.live().sessions).toBe(0);
    expect(await trial(engine, 0.5)).toEqual([6, 33, 316.5, 105.375, 105.5, 105.625]);
    engine.dispose();
  });
});
