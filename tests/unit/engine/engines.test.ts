import { describe, expect, it } from 'vitest';
import { enginesByKind, oneEngine, type Engines } from '../../../src-main/engine/engines.ts';
import type { Engine } from '../../../src-main/engine/types.ts';
import { VariableIds } from '../../../src-main/engine/recording/variable-ids.ts';
import { fakeEngine } from '../../fixtures/fake-runner.ts';

function pool(most: number): { engines: Engines; closed: Engine[]; first: Engine; networks: string[] } {
  const closed: Engine[] = [],
    networks: string[] = [];
  const open = (): Engine => {
    const engine: Engine = { ...fakeEngine(), dispose: () => void closed.push(engine) };
    return engine;
  };
  const first = open();
  return {
    engines: enginesByKind(
      first,
      async (network) => {
        networks.push(network);
        return open();
      },
      most,
    ),
    closed,
    first,
    networks,
  };
}

describe('engines of one process', () => {
  it('every kind of trial has its own, opened for its network', async () => {
    const { engines, first, networks } = pool(3);
    const a = await engines.for('a', 'mlp'),
      b = await engines.for('b', 'cnn');
    expect(networks).toEqual(['mlp', 'cnn']);
    expect(a).not.toBe(first);
    expect(b).not.toBe(a);
    expect(await engines.for('a', 'mlp')).toBe(a);
    expect(await engines.for('b', 'cnn')).toBe(b);
  });

  it('closes the one that was not used for longest', async () => {
    const { engines, closed } = pool(2);
    const a = await engines.for('a', 'mlp'),
      b = await engines.for('b', 'mlp');
    await engines.for('a', 'mlp');
    await engines.for('c', 'mlp');
    expect(closed).toEqual([b]);
    expect(await engines.for('a', 'mlp')).toBe(a);
    expect(await engines.for('b', 'mlp')).not.toBe(b);
    expect(closed).toHaveLength(2);
  });

  it('one engine can serve all', async () => {
    const engine = fakeEngine();
    expect(await oneEngine(engine).for('a', 'mlp')).toBe(engine);
    expect(await oneEngine(engine).for('b', 'mlp')).toBe(engine);
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
