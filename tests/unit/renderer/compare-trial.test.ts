import { describe, expect, it } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { Comparison } from '../../../src-main/workbench/contract.ts';
import { bestAt, flip, forestRows, headline, pairsAgainst } from '../../../src-renderer/views/compare/compare-model.ts';
import { barrierOf, flatten, panelsOf } from '../../../src-renderer/views/trial/trial-model.ts';

function comparison(
  n: number,
  pair: { mean: number; low: number | null; high: number | null; adjustedP: number | null },
  means: readonly [number, number] = [0.9, 0.8],
): Comparison {
  const method = (key: string, mean: number) => ({
    key,
    title: key.toUpperCase(),
    name: key.toUpperCase(),
    look: methodLook(key, null),
    hyperParameters: {},
    estimate: { mean, low: null, high: null, deviation: null, n, values: [] },
  });
  return {
    suite: 's',
    metric: 'acc',
    methods: [method('a', means[0]), method('b', means[1])],
    pairs: [{ a: 'a', b: 'b', n, p: pair.adjustedP, effectSize: 1.5, sentence: '', ...pair }],
    differences: [],
    curves: [],
    perTask: [],
    perClass: [],
    classNames: [],
    warnings: [],
  };
}
const settled = { mean: 0.1, low: 0.08, high: 0.12, adjustedP: 0.004 };

describe('the sentence of a comparison', () => {
  it('says better only when interval and test agree', () => {
    expect(headline(comparison(5, settled), 'higher', 'share', 'Final accuracy')).toBe(
      'A is better than B in final accuracy by 10.0 points (95 % interval +8.0 to +12.0, 5 seeds, p = .004 after Holm).',
    );
    expect(headline(comparison(5, { ...settled, adjustedP: 0.2 }), 'higher', 'share', 'Final accuracy')).toContain(
      'not settled',
    );
    expect(headline(comparison(5, { ...settled, low: -0.01 }), 'higher', 'share', 'Final accuracy')).toContain(
      'not settled',
    );
  });
  it('names the leader of a loss, where lower is better', () => {
    const text = headline(comparison(5, settled), 'lower', 'nats', 'NLL');
    expect(text).toMatch(/^B is better than A in NLL by 0\.100 nats \(95 % interval −0\.120 to −0\.080/);
  });
  it('calls few seeds a hint and one seed too few', () => {
    expect(headline(comparison(3, settled), 'higher', 'share', 'x')).toContain('no more than a hint');
    expect(
      headline(comparison(1, { ...settled, low: null, high: null, adjustedP: null }), 'higher', 'share', 'x'),
    ).toContain('too few');
  });
  it('speaks before anything has finished', () => {
    const empty = comparison(5, settled);
    expect(
      headline(
        { ...empty, methods: empty.methods.map((method) => ({ ...method, estimate: null })) },
        'higher',
        'share',
        'x',
      ),
    ).toContain('None of these');
  });
});

describe('pairs', () => {
  const found = comparison(5, settled);
  it('turn round with their intervals', () => {
    const [pair] = found.pairs;
    if (pair === undefined) throw new Error('no pair');
    expect(flip(pair)).toMatchObject({
      a: 'b',
      b: 'a',
      mean: -0.1,
      low: -0.12,
      high: -0.08,
      effectSize: -1.5,
      p: 0.004,
    });
    expect(flip(flip(pair))).toEqual(pair);
  });
  it('against a reference always subtract it', () => {
    expect(pairsAgainst(found, 'a').map((pair) => [pair.a, pair.b])).toEqual([['b', 'a']]);
    expect(forestRows(found, pairsAgainst(found, 'b')).map((row) => row.label)).toEqual(['A − B']);
  });
});

describe('tables', () => {
  it('mark one best, none on ties or with a single value', () => {
    expect(bestAt([0.1, 0.3, null], 'higher')).toBe(1);
    expect(bestAt([0.1, 0.3], 'lower')).toBe(0);
    expect(bestAt([0.3, 0.3], 'higher')).toBe(-1);
    expect(bestAt([0.3, null], 'higher')).toBe(-1);
  });
});

describe('a trial’s pictures', () => {
  const points: [number, number][] = [
    [0, 0.1],
    [0.5, 1.1],
    [1, 0.3],
  ];
  const panels = panelsOf(
    {
      id: 't',
      matrices: { accuracy: [[1]] },
      curves: [
        { name: 'interpolation.loss.test', x: 'lambda', points },
        { name: 'interpolation.loss.train', x: 'lambda', points },
        {
          name: 'interpolation.accuracy.test',
          x: 'lambda',
          points: [
            [0, 0.9],
            [0.5, 0.4],
            [1, 0.9],
          ],
        },
        { name: 'accuracy on task 1', x: 'task', points },
        { name: 'accuracy on tasks so far', x: 'task', points },
        { name: 'accuracy.validation', x: 'epoch', points },
        { name: 'accuracy.train', x: 'epoch', points },
      ],
    },
    new Map([['loss', [{ x: 1, y: 2 }]]]),
  );
  it('puts splits of one quantity together and knows which way is worse', () => {
    expect(
      panels.interpolations.map((panel) => [panel.worse, panel.share, panel.series.map((series) => series.name)]),
    ).toEqual([
      ['up', false, ['test', 'train']],
      ['down', true, ['test']],
    ]);
    expect(panels.interpolations.flatMap(barrierOf).map((found) => found.height.toFixed(6))).toEqual([
      '0.900000',
      '0.900000',
      '0.500000',
    ]);
  });
  it('leaves curves per task to the forgetting picture and adds live ones', () => {
    expect(panels.curves.map((panel) => [panel.title, panel.x, panel.series.length])).toEqual([
      ['accuracy on tasks so far', 'after task', 1],
      ['accuracy', 'epoch', 2],
      ['loss', 'step', 1],
    ]);
  });
});

describe('facts', () => {
  it('are flattened, empty ones left out', () => {
    expect(flatten({ a: { b: 1 }, list: [1, 2], none: null, text: '' })).toEqual([
      { label: 'a.b', value: '1' },
      { label: 'list', value: '1, 2' },
    ]);
  });
});
