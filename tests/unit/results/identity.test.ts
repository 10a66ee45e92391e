import { describe, expect, test } from 'vitest';
import {
  configurationKey,
  shortSource,
  configurationParts,
  sourceOf,
  trialId,
} from '../../../src-main/results/identity.ts';

const builtIn = {
  suite: 'split-mnist/class-il',
  suiteVersion: 2,
  protocolHash: 'ab'.repeat(32),
  data: ['cd'.repeat(32)],
  method: 'er',
  methodVersion: 2,
  hyperParameters: { memory: 200, lr: 0.1, reservoir: true, kind: 'x' },
  seed: 3,
  backend: 'tensorflow-cpu',
  numerics: 'recorded-6',
};

describe('what comes with the program keeps its ids: computed by the program as it was before own files had a part (48ed523)', () => {
  test('of trials', () => {
    expect(trialId(builtIn)).toBe('d6df9f1ac91fbe756097df5317d8d548af4b3640d559ea49d3bad9e2d016a898');
    expect(trialId({ ...builtIn, sourceHash: null, data: ['cd'.repeat(32), 'ef'.repeat(32)] })).toBe(
      '618404d623830550d3fbd4fecd14fd911f18b0e00625e64cb8142f7f8721a2d8',
    );
  });
  test('of configurations', () => {
    expect(configurationKey('er', builtIn.hyperParameters)).toBe('er@9ebfcdc8f068');
    expect(configurationKey('er', builtIn.hyperParameters, null)).toBe('er@9ebfcdc8f068');
  });
});

describe('an own file', () => {
  const [first, second] = ['1'.repeat(64), '2'.repeat(64)];
  test('is part of the id and of the configuration', () => {
    const ids = [undefined, first, second].map((sourceHash) => trialId({ ...builtIn, sourceHash: sourceHash ?? null }));
    expect(new Set(ids).size).toBe(3);
    const key = configurationKey('der++', { a: 1 }, first);
    expect(key).toBe(`${configurationKey('der++', { a: 1 })}+${shortSource(first)}`);
    expect(configurationParts(key)).toEqual({ source: shortSource(first), origin: null });
    expect(configurationParts(configurationKey('der++', { a: 1 }))).toEqual({ source: null, origin: null });
  });
  test('so are the files whose artefacts it uses, in whatever order', () => {
    expect(sourceOf(undefined, [null, null])).toBeNull();
    expect(sourceOf(first, [null])).toBe(first);
    expect(sourceOf(first, [second, null, first])).toBe(sourceOf(first, [first, second]));
    expect(
      new Set([sourceOf(first, [second]), sourceOf(second, [first]), sourceOf(undefined, [first]), first]).size,
    ).toBe(4);
  });
});
