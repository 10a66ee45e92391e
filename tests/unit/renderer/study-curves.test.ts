import { describe, expect, test } from 'vitest';
import type { TrialSummary } from '../../../src-main/workbench/contract/contract.ts';
import type { GridRow } from '../../../src-renderer/views/study/grid.ts';
import { bestRows, firstCurve, meanOverSeeds, onShownAxis } from '../../../src-renderer/views/study/curves.ts';

const line = (...points: readonly (readonly [number, number])[]) => points.map(([x, y]) => ({ x, y }));

describe('curves of a study', () => {
  test('the mean and the band of seeds that measured the same places', () => {
    expect(meanOverSeeds([line([1, 0.9], [2, 0.5]), line([1, 0.7], [2, 0.6])]).points).toEqual([
      { x: 1, y: 0.8, low: 0.7, high: 0.9 },
      { x: 2, y: 0.55, low: 0.5, high: 0.6 },
    ]);
  });

  test('between its points a seed is interpolated, beyond its last it takes no part', () => {
    const mean = meanOverSeeds([line([0, 0], [4, 8]), line([1, 10])]).points;
    expect(mean).toEqual([
      { x: 0, y: 0, low: 0, high: 0 },
      { x: 1, y: 6, low: 2, high: 10 },
      { x: 4, y: 8, low: 8, high: 8 },
    ]);
  });

  test('a long curve is thinned, its ends stay', () => {
    const { points: mean } = meanOverSeeds([line(...Array.from({ length: 5000 }, (_, x) => [x, x] as const))]);
    expect(mean.length).toBeLessThanOrEqual(241);
    expect([mean[0]?.x, mean.at(-1)?.x]).toEqual([0, 4999]);
  });

  test('nothing measured, nothing drawn', () => expect(meanOverSeeds([[], []])).toEqual({ points: [], axes: {} }));

  test('the other axes are the mean of the seeds at the same step', () => {
    const seed = (rate: number) => [0, 10].map((x) => ({ x, y: 1, places: { examples: x * 8, seconds: x * rate } }));
    expect(meanOverSeeds([seed(1), seed(3)]).axes).toEqual({ examples: [0, 80], seconds: [0, 20] });
    // One seed that does not know its epochs leaves them out for all.
    expect(meanOverSeeds([seed(1), line([0, 1], [10, 1])]).axes).toEqual({});
  });

  test('a live curve over tasks counts from one like the stored one; steps stay', () => {
    expect(onShownAxis('accuracy on tasks so far', line([0, 1], [1, 0.5]))).toEqual(line([1, 1], [2, 0.5]));
    expect(onShownAxis('loss', line([0, 1]))).toEqual(line([0, 1]));
  });

  test('of too many configurations the best so far are drawn, in their order; before any has ended the first', () => {
    const row = (key: string, ...headlines: readonly (number | null)[]): GridRow => ({
      key,
      configuration: {
        key,
        method: key,
        title: key,
        name: key,
        look: { colour: '1', marker: 'circle', dash: 'solid' },
        reference: null,
      },
      cells: new Map(headlines.map((headline, seed) => [`seed ${seed}`, ended(seed, headline)])),
    });
    const ended = (seed: number, headline: number | null): TrialSummary => ({
      id: `${seed}`,
      spec: { suite: 's', method: 'm', hyperParameters: {}, seed, fold: null, backend: 'wasm' },
      row: 'm',
      state: headline === null ? 'running' : 'done',
      phase: null,
      progress: null,
      failure: null,
      role: 'cell',
      createdAt: 1,
      startedAt: null,
      finishedAt: null,
      headline,
      seconds: null,
    });
    const rows = [row('a', 0.2, 0.4), row('b', null), row('c', 0.9, null), row('d', 0.5)];
    const keys = (...of: Parameters<typeof bestRows>) => bestRows(...of).map(({ key }) => key);
    expect(keys(rows, 2, 'higher')).toEqual(['c', 'd']);
    expect(keys(rows, 2, 'lower')).toEqual(['a', 'd']);
    expect(keys(rows, 4, 'lower')).toEqual(['a', 'b', 'c', 'd']);
    expect(keys([row('a', null), row('b', null), row('c', null)], 2, 'higher')).toEqual(['a', 'b']);
  });

  test('what is compared is shown first', () => {
    expect(firstCurve(['accuracy on task 1', 'accuracy on tasks so far', 'loss'])).toBe('accuracy on tasks so far');
    expect(firstCurve(['loss', 'validation accuracy'])).toBe('validation accuracy');
    expect(firstCurve([])).toBe('');
  });
});
