import { describe, expect, it } from 'vitest';
import { enginesByKind, oneEngine, type Engines } from '../../../src-main/engine/engines.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { VariableIds } from '../../../src-main/engine/variable-ids.ts';
import { fakeEngine } from '../../fixtures/fake-runner.ts';

function pool(most: number): { engines: Engines; closed: Engine[]; first: Engine } {
  const closed: Engine[] = [];
  const open = (): Engine => {
    const engine: Engine = { ...fakeEngine(), dispose: () => void closed.push(engine) };
    return engine;
  };
  const first = open();
  return { engines: enginesByKind(first, async () => open(), most), closed, first };
}

describe('engines of one process', () => {
  it('every kind of trial has its own, the first one serves the first kind', async () => {
    const { engines, first } = pool(3);
    const a = await engines.for('a'), b = await engines.for('b');
    expect(a).toBe(first);
    expect(b).not.toBe(a);
    expect(await engines.for('a')).toBe(a);
    expect(await engines.for('b')).toBe(b);
  });

  it('closes the one that was not used for longest', async () => {
    const { engines, closed } = pool(2);
    const a = await engines.for('a'), b = await engines.for('b');
    await engines.for('a');
    await engines.for('c');
    expect(closed).toEqual([b]);
    expect(await engines.for('a')).toBe(a);
    expect(await engines.for('b')).not.toBe(b);
    expect(closed).toHaveLength(2);
  });

  it('one engine can serve all', async () => {
    const engine = fakeEngine();
    expect(await oneEngine(engine).for('a')).toBe(engine);
    expect(await oneEngine(engine).for('b')).toBe(engine);
  });
});

describe('numbers of variables', () => {
  const vector = { shape: [3], dtype: 'float32' } as const, matrix = { shape: [3, 3], dtype: 'float32' } as const;

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
