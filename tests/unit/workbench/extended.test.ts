import { describe, expect, it } from 'vitest';
import { studyRequest } from '../../../src-main/workbench/contract/contract.ts';
import { extended } from '../../../src-main/workbench/extended.ts';

const request = studyRequest.parse({
  name: 'first',
  suites: ['a'],
  methods: [{ method: 'er' }, { method: 'ewc', hyperParameters: { lambda: 1 } }],
  seeds: [0, 1],
});
const more = { suites: [], methods: [], seeds: [] };

describe('adding to a study', () => {
  it('keeps what is there and takes what is new, each once', () => {
    const methods = [
      { method: 'ewc', hyperParameters: { lambda: 1 } },
      { method: 'ewc', hyperParameters: { lambda: 2 } },
    ];
    const larger = extended(request, { suites: ['b', 'a'], methods, seeds: [5, 1, 0] });
    expect(larger.suites).toEqual(['a', 'b']);
    expect(larger.methods.map(({ hyperParameters }) => hyperParameters)).toEqual([{}, { lambda: 1 }, { lambda: 2 }]);
    expect(larger.seeds).toEqual([0, 1, 5]);
    expect(larger.name).toBe('first');
  });

  it('refuses what changes nothing, and what is too much', () => {
    expect(() => extended(request, { ...more, seeds: [1] })).toThrow('has all of that already');
    expect(() => extended(request, { ...more, methods: [{ method: 'er', hyperParameters: {} }] })).toThrow('already');
    const hundred = Array.from({ length: 100 }, (_, seed) => seed + 2);
    expect(() => extended(request, { ...more, seeds: hundred })).toThrow('at most 100 seeds');
  });
});
