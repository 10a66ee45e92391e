import { describe, expect, it } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { Comparison } from '../../../src-main/workbench/contract/contract.ts';
import {
  bestAt,
  flip,
  forestRows,
  headline,
  pairsAgainst,
  scopeText,
} from '../../../src-renderer/views/compare/compare-model.ts';
import { barrierOf, flatten, panelsOf } from '../../../src-renderer/views/trial/trial-model.ts';

type Judged = Pick<Comparison['pairs'][number], 'mean' | 'low' | 'high' | 'familyP' | 'pairwiseP' | 'judgement'>;

function comparison(n: number, pair: Judged, means: readonly [number, number] = [0.9, 0.8]): Comparison {
  const method = (key: string, mean: number, best: boolean): Comparison['methods'][number] => ({
    key,
    title: key.toUpperCase(),
    name: key.toUpperCase(),
    look: methodLook(key, null),
    hyperParameters: {},
    estimate: { mean, low: null, high: null, deviation: null, n, folds: 1, seeds: n, values: [] },
    rank: best ? 1 : 2,
    best,
    tiedWithBest: best,
    p: best ? null : pair.familyP,
  });
  return {
    suite: 's',
    metric: 'acc',
    methods: [method('a', means[0], true), method('b', means[1], false)],
    family: { configurations: 8, tested: 7, best: { key: 'a', name: 'A' } },
    pairs: [{ a: 'a', b: 'b', n, p: 0.001, effectSize: 1.5, sentence: '', ...pair }],
    pairwise: { tested: 1, leftOut: 0 },
    differences: [],
    curves: [],
    perTask: [],
    perClass: [],
    classNames: [],
    warnings: [],
  };
}
const settled: Judged = { mean: 0.1, low: 0.08, high: 0.12, familyP: 0.004, pairwiseP: 0.001, judgement: 'better' };

describe('the sentence of a comparison', () => {
  it('says better only when the adjusted p does, whatever the interval shows', () => {
    expect(headline(comparison(5, settled), 'higher', 'share', 'Final accuracy')).toBe(
      'A is better than B in final accuracy by 10.0 points ' +
        '(95 % interval +8.0 to +12.0, 5 seeds, p = .004 against the best, after Holm).',
    );
    const open: Judged = { ...settled, familyP: 0.2, judgement: 'open' };
    expect(headline(comparison(5, open), 'higher', 'share', 'Final accuracy')).toContain('not settled');
  });
  it('names the leader of a loss, where lower is better', () => {
    const text = headline(comparison(5, { ...settled, judgement: 'worse' }), 'lower', 'nats', 'NLL');
    expect(text).toMatch(/^B is better than A in NLL by 0\.100 nats \(95 % interval −0\.120 to −0\.080/);
  });
  it('says of few seeds that they are too few for a test', () => {
    const few: Judged = { ...settled, familyP: null, pairwiseP: null, judgement: 'unknown' };
    expect(headline(comparison(3, few), 'higher', 'share', 'x')).toContain('3 seeds are too few for a test');
    expect(headline(comparison(1, { ...few, low: null, high: null }), 'higher', 'share', 'x')).toContain('too few');
  });
  it('says how many of what was run are shown', () =>
    expect(scopeText(comparison(5, settled))).toBe(
      '2 of 8 configurations shown; p as on the leaderboard: adjusted (Holm) over 7 tests of all that was run, ' +
        'against the best of them, A; p pairwise: adjusted over the pair below.',
    ));
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
      familyP: 0.004,
      judgement: 'worse',
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
    expect(bestAt([0.3, 0.1 + 0.2], 'higher')).toBe(-1);
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
        { name: 'interpolation.loss.test', x: 'lambda', points, axes: {} },
        { name: 'interpolation.loss.train', x: 'lambda', points, axes: {} },
        {
          name: 'interpolation.accuracy.test',
          x: 'lambda',
          axes: {},
          points: [
            [0, 0.9],
            [0.5, 0.4],
            [1, 0.9],
          ],
        },
        { name: 'accuracy on task 1', x: 'task', points, axes: {} },
        { name: 'accuracy on tasks so far', x: 'task', points, axes: {} },
        { name: 'accuracy.validation', x: 'epoch', points, axes: {} },
        { name: 'accuracy.train', x: 'epoch', points, axes: {} },
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
      ['accuracy on tasks so far', 'task', 1],
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
