import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ELEMENTWISE } from '../../../src-main/engine/kernels/elementwise-chains.ts';
import { openEngine } from '../../../src-main/engine/engine.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import type { Engine } from '../../../src-main/engine/types.ts';

const flags = process.arch === 'x64' && existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : '';
let engine: Engine;
beforeAll(async () => {
  engine = await openEngine('tensorflow-cpu');
});
afterAll(() => {
  engine.dispose();
});

/** Elements around a vector's, a block's and several blocks' length. */
const SIZES = [1, 7, 8, 16, 17, 511, 512, 513, 5000];

function drawn(count: number, name: string): Float32Array {
  const values = new Float32Array(count);
  stream(3, name).fillUniform(values, -1, 1);
  return values;
}

/**
 * Three steps of what SI does to a parameter: penalty, descent, path integral; then what the path gave the importance.
 * Everything that it leaves behind.
 */
async function trained(count: number): Promise<(Float32Array | Int32Array)[]> {
  const names = ['value', 'anchor', 'importance', 'path'];
  const variables = names.map((name) =>
    engine.variable(name, { shape: [count], dtype: 'float32' }, drawn(count, name)),
  );
  const [value, anchor, importance, path] = variables;
  const step = engine.compileStep({
    name: 'test/chain',
    inputs: { gradient: { shape: [count], dtype: 'float32' } },
    body: ({ gradient }, scope) => {
      const before = scope.read(value);
      const penalised = tf.add(
        gradient,
        tf.mul(tf.mul(scope.read(importance), tf.sub(before, scope.read(anchor))), 0.7),
      );
      scope.fused.gradientDescent(value, tf.scalar(0.1), penalised);
      const after = scope.read(value);
      const advanced = tf.sub(scope.read(path), tf.mul(gradient, tf.sub(after, before)));
      scope.assign(path, advanced);
      scope.assign(
        importance,
        tf.add(scope.read(importance), tf.div(advanced, tf.add(tf.square(tf.sub(after, scope.read(anchor))), 0.1))),
      );
      return { penalised };
    },
  });
  const outputs = await step.run([0, 1, 2].map((i) => ({ gradient: drawn(count, `gradient${i}`) })));
  const left = await Promise.all(variables.map((variable) => engine.read(variable)));
  step.dispose();
  for (const variable of variables) engine.release(variable);
  return [...outputs.map(({ penalised }) => penalised), ...left];
}

/** The same in JavaScript, every operation rounded to single precision by itself. */
function expected(count: number): Float32Array[] {
  const { fround } = Math;
  const [value, anchor, importance, path] = ['value', 'anchor', 'importance', 'path'].map((name) => drawn(count, name));
  const outputs = [0, 1, 2].map((i) => {
    const gradient = drawn(count, `gradient${i}`);
    const before = value.slice();
    const penalised = gradient.map((g, at) =>
      fround(g + fround(fround(importance[at] * fround(before[at] - anchor[at])) * fround(0.7))),
    );
    for (let at = 0; at < count; at++) {
      value[at] = fround(before[at] - fround(penalised[at] * fround(0.1)));
      path[at] = fround(path[at] - fround(gradient[at] * fround(value[at] - before[at])));
      const moved = fround(value[at] - anchor[at]);
      importance[at] = fround(importance[at] + fround(path[at] / fround(fround(moved * moved) + fround(0.1))));
    }
    return penalised;
  });
  return [...outputs, value, anchor, importance, path];
}

describe('element-wise chains in one pass', () => {
  it('are in the engine where the processor has their instructions', () => {
    expect(engine.numerics.includes(`+${ELEMENTWISE}`)).toBe(/ avx2 /.test(flags));
  });

  it.each(SIZES)('round after every operation, in the order in which they were written: %d elements', async (count) => {
    const found = await trained(count);
    // Where the engine has no chains TensorFlow's optimiser may take the factors of a product in another order.
    const most = / avx2 /.test(flags) ? 0 : 1e-5;
    for (const [i, values] of expected(count).entries())
      expect(
        values.reduce((worst, value, at) => Math.max(worst, Math.abs(value - found[i][at])), 0),
      ).toBeLessThanOrEqual(most);
  });

  it('an array that becomes the result is read to its end by the other operations', async () => {
    const step = engine.compileStep({
      name: 'test/in-place',
      inputs: { x: { shape: [1300], dtype: 'float32' } },
      body: ({ x }) => {
        // nothing but the chain needs what the rectifier makes, so a result may take its place
        const a = tf.relu(x);
        const first = tf.mul(a, 3),
          second = tf.sub(first, tf.square(a));
        return { first, second, third: tf.add(second, a) };
      },
    });
    const x = drawn(1300, 'x');
    const [{ first, second, third }] = await step.run([{ x }]);
    step.dispose();
    const a = x.map((value) => Math.max(value, 0)),
      tripled = a.map((value) => Math.fround(value * 3));
    const less = tripled.map((value, i) => Math.fround(value - Math.fround(a[i] * a[i])));
    expect([first, second, third]).toEqual([tripled, less, less.map((value, i) => Math.fround(value + a[i]))]);
  });
});

/**
 * Five steps of Adam with what SI does around it, two tasks' worth in one call; everything that is left behind, and θ
 * as a sum that is taken before each step.
 */
async function adamised(count: number): Promise<(Float32Array | Int32Array)[]> {
  const names = ['value', 'm', 's', 'path'];
  const variables = names.map((name) =>
    engine.variable(
      name,
      { shape: [count], dtype: 'float32' },
      name === 's' ? drawn(count, name).map(Math.abs) : drawn(count, name),
    ),
  );
  const [value, m, s, path] = variables;
  const step = engine.compileStep({
    name: 'test/adam',
    inputs: {
      gradient: { shape: [count], dtype: 'float32' },
      power1: { shape: [], dtype: 'float32' },
      power2: { shape: [], dtype: 'float32' },
    },
    body: ({ gradient, power1, power2 }, scope) => {
      const before = scope.read(value);
      const largest = tf.max(before);
      scope.fused.adam(
        value,
        m,
        s,
        { beta1: power1, beta2: power2 },
        tf.scalar(0.01),
        tf.add(gradient, tf.mul(before, 0.3)),
        { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
      );
      scope.assign(path, tf.sub(scope.read(path), tf.mul(gradient, tf.sub(scope.read(value), before))));
      return { largest };
    },
  });
  const outputs = await step.run(
    [1, 2, 3, 4, 5].map((t) => ({
      gradient: drawn(count, `gradient${t}`),
      power1: Float32Array.of(0.9 ** t),
      power2: Float32Array.of(0.999 ** t),
    })),
  );
  const left = await Promise.all(variables.map((variable) => engine.read(variable)));
  step.dispose();
  for (const variable of variables) engine.release(variable);
  return [Float32Array.from(outputs.map(({ largest }) => largest[0])), ...left];
}

/** The same in JavaScript, every operation rounded by itself, in the order of TensorFlow's Adam. */
function expectedOfAdam(count: number): Float32Array[] {
  const f = Math.fround;
  const [value, m, s, path] = ['value', 'm', 's', 'path'].map((name) => drawn(count, name));
  s.forEach((number, at) => {
    s[at] = Math.abs(number);
  });
  const largest = [1, 2, 3, 4, 5].map((t) => {
    const gradient = drawn(count, `gradient${t}`);
    const most = value.reduce((a, b) => Math.max(a, b));
    const root = f(Math.sqrt(f(1 - f(0.999 ** t))));
    const alpha = f(f(f(0.01) * root) / f(1 - f(0.9 ** t))),
      epsilon = f(root * f(1e-8));
    const rest1 = f(1 - f(0.9)),
      rest2 = f(1 - f(0.999));
    for (let at = 0; at < count; at++) {
      const before = value[at],
        g = f(gradient[at] + f(before * f(0.3)));
      m[at] = f(m[at] + f(f(g - m[at]) * rest1));
      s[at] = f(s[at] + f(f(f(g * g) - s[at]) * rest2));
      value[at] = f(before - f(f(m[at] * alpha) / f(f(Math.sqrt(s[at])) + epsilon)));
      path[at] = f(path[at] - f(gradient[at] * f(value[at] - before)));
    }
    return most;
  });
  return [Float32Array.from(largest), value, m, s, path];
}

describe('Adam of large parameters, in one pass with what is done around it', () => {
  // 4096 elements and more are written out; below, TensorFlow's own kernel may round otherwise
  it.each([4096, 5001])(
    'leaves the bits of its formulas, whatever takes the place of what: %d elements',
    async (count) => {
      const found = await adamised(count);
      const most = / avx2 /.test(flags) ? 0 : 1e-5;
      for (const [i, values] of expectedOfAdam(count).entries())
        expect(
          values.reduce((worst, value, at) => Math.max(worst, Math.abs(value - found[i][at])), 0),
        ).toBeLessThanOrEqual(most);
    },
  );

  it("is TensorFlow's own, up to rounding", async () => {
    const found = await adamised(4095);
    for (const [i, values] of expectedOfAdam(4095).entries())
      expect(values.reduce((worst, value, at) => Math.max(worst, Math.abs(value - found[i][at])), 0)).toBeLessThan(
        1e-6,
      );
  });
});
