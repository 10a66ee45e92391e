import { expect, test } from 'vitest';
import { summarise } from '../../../src-main/reports/summary.ts';
import { sampleReport } from './sample.ts';

/**
 * The sample report of five seeds in which the lower reference has one lucky run: a better mean than the best that was
 * tested.
 */
function withOneLuckyRun(): ReturnType<typeof sampleReport> {
  const report = sampleReport([0, 1, 2, 3, 4]);
  const rows = report.leaderboard.rows.map((row) => {
    const [cell, ...rest] = row.cells;
    const estimate = cell?.estimate;
    if (cell === undefined || estimate == null) return row;
    if (row.key === 'naive')
      return {
        ...row,
        cells: [
          {
            ...cell,
            rank: 1,
            tiedWithBest: null,
            estimate: { ...estimate, mean: 0.97, low: null, high: null, deviation: null, n: 1 },
          },
          ...rest,
        ],
      };
    return row.key === 'hostile' ? { ...row, cells: [{ ...cell, rank: 2, tiedWithBest: true }, ...rest] } : row;
  });
  return { ...report, leaderboard: { ...report.leaderboard, rows } };
}

test('a lucky run of one seed is named, but is neither the best nor said to be worse', () => {
  const [text] = summarise(withOneLuckyRun());
  expect(text).toMatch(/a_b & <c> has the best Final accuracy/);
  expect(text).toContain('Naive has a better mean, 97.00 %, of one seed, with too few shared seeds to be compared.');
  expect(text).not.toContain('Whether Naive');
});
