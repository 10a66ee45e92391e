import { describe, expect, it } from 'vitest';
import { enginesByKind, oneEngine, type Engines } from '../../../src-main/engine/engines.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { VariableIds } from '../../../src-main/engine/recording/variable-ids.ts';
import { fakeEngine } from '../../fixtures/fake-runner.ts';

function pool(most: number): { engines: Engines; closed: Engine[]; first: Engine; convolutional: boolean[] } {
  const closed: Engine[] = [],
    convolutional: boolean[] = [];
  const open = (): Engine => {
    const engine: Engine = { ...fakeEngine(), dispose: () => void closed.push(engine) };
    return engine;
  };
  const first = open();
  return {
    engines: enginesByKind(
      first,
      async (given) => {
        convolutional.push(given);
        return open();
      },
      most,
    ),
    closed,
    first,
    convolutional,
  };
}

describe('engines of one process', () => {
  it('every kind of trial has its own, opened for its network', async () => {
    const { engines, first, convolutional } = pool(3);
    const a = await engines.for('a', false),
      b = await engines.for('b', true);
    expect(convolutional).toEqual([false, true]);
    expect(a).not.toBe(first);
    expect(b).not.toBe(a);
    expect(await engines.for('a', false)).toBe(a);
    expect(await engines.for('b', true)).toBe(b);
  });

  it('closes the one that was not used for longest', async () => {
    const { engines, closed } = pool(2);
    const a = await engines.for('a', false),
      b = await engines.for('b', false);
    await engines.for('a', false);
    await engines.for('c', false);
    expect(closed).toEqual([b]);
    expect(await engines.for('a', false)).toBe(a);
    expect(await engines.for('b', false)).not.toBe(b);
    expect(closed).toHaveLength(2);
  });

  it('one engine can serve all', async () => {
    const engine = fakeEngine();
    expect(await oneEngine(engine).for('a', false)).toBe(engine);
    expect(await oneEngine(engine).for('b', false)).toBe(engine);
  });
});

describe('numbers of variables', () => {
  const vector = { shape: [3], dtype: 'float32' } as const,
    matrix = { shape: [3, 3], dtype: 'float32' } as const;

  it('are given again in the same order, to the same types only', () => {
    const ids = new VariableIds();
    const first = [vector, matrix, vector, vector].map((spec) => ids.take(spec));
    expect(new Set(first).size).toBe(4);
    [2, 0, 3, 1].forEach((index) => ids.giveBack(first[index], [vector, matrix, vector, vector][index]));
    expect([vector, matrix, vector, vector].map((spec) => ids.take(spec))).toEqual(first);
    expect(first).not.toContain(ids.take(matrix));
    expect(first).not.toContain(ids.take({ shape: [3], dtype: 'int32' }));
  });
});
