import { expect, test } from 'vitest';
import { buildLeaderboard } from '../../../src-main/metrics/leaderboard.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type { RowInfo } from '../../../src-main/metrics/records.ts';
import { cellColumns } from '../../fixtures/metrics/cell-columns.ts';

const METRIC = 'acc.test';
const row = (key: string, name: string, more: Partial<RowInfo> = {}): RowInfo => ({
  key,
  method: key,
  title: name,
  name,
  look: methodLook(key, null),
  reference: null,
  hyperParameters: {},
  family: 'continual',
  needs: {},
  imported: null,
  superseded: null,
  isReplaced: false,
  ...more,
});
const rows = [
  row('joint', 'Joint training', { reference: 'upper', needs: { allTasksAtOnce: true } }),
  row('der', 'DER++'),
  row('naive', 'Naive', { reference: 'lower' }),
];
const notes = (values: Readonly<Record<string, readonly number[]>>): string[] =>
  buildLeaderboard({
    query: {},
    columns: [{ suite: 's', metric: METRIC, direction: 'higher' }],
    rows,
    cells: cellColumns(
      Object.entries(values).flatMap(([methodKey, list]) =>
        list.map((value, seed) => ({
          suite: 's',
          methodKey,
          seed,
          trial: `${methodKey}${seed}`,
          metrics: { [METRIC]: value },
          cost: methodKey === 'joint' ? { examples: 60_000, flops: 2e12 } : { examples: 120_000, flops: 5e12 },
        })),
      ),
    ),
  }).warnings.filter((text) => text.includes('upper reference'));

const around = (centre: number, seeds = 5): number[] =>
  [0.001, -0.002, 0.0015, -0.001, 0.0005].slice(0, seeds).map((noise) => centre + noise);

test('an upper reference that is beaten says so, with both budgets', () =>
  expect(notes({ joint: around(0.9), der: [0.95, 0.951, 0.949, 0.952, 0.95], naive: around(0.2) })).toEqual([
    's: the upper reference, Joint training, is beaten by DER++: 95.04 % against 90.00 %. ' +
      'Budgets: Joint training 60.0 k examples seen and 2.00 TFLOP; DER++ 120 k examples seen and 5.00 TFLOP.',
  ]));
test('with few seeds or little difference it says how sure that is', () => {
  expect(notes({ joint: around(0.9, 3), der: around(0.95, 3) })[0]).toMatch(
    /^s: DER\+\+ measured better than the upper reference, Joint training, with too few shared seeds to say how surely: /,
  );
  expect(notes({ joint: around(0.9), der: [0.904, 0.895, 0.903, 0.897, 0.904] })[0]).toMatch(/which can be chance: /);
});
test('one that is not beaten, or only by rounding, says nothing', () => {
  expect(notes({ joint: around(0.95), der: around(0.9) })).toEqual([]);
  expect(notes({ joint: [0.3, 0.3], der: [0.1 + 0.2, 0.1 + 0.2] })).toEqual([]);
});
