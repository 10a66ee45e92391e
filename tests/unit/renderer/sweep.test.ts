import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { perRowCost } from '../../../src-main/metrics/cost-definitions.ts';
import { configurationLooks } from '../../../src-main/metrics/looks.ts';
import type { LeaderboardRow } from '../../../src-main/workbench/contract/contract.ts';
import { sweptSettings } from '../../../src-renderer/views/leaderboard/sweep.ts';

const row = (method: string, hyperParameters: LeaderboardRow['hyperParameters']): LeaderboardRow => {
  const key = `${method}@${JSON.stringify(hyperParameters)}`;
  const look = configurationLooks([{ key, method, reference: null }]).get(key);
  if (look === undefined) throw new Error('every configuration has a look');
  return {
    key,
    method,
    title: method.toUpperCase(),
    name: key,
    look,
    reference: null,
    hyperParameters,
    family: 'continual',
    asks: [],
    imported: null,
    superseded: null,
    cells: [],
    cost: perRowCost(() => null),
    timeSpread: null,
    costs: [],
    meanRank: null,
  };
};

describe('the settings that a board was swept over', () => {
  test('rows alike in everything else make a line, ascending by the number', () => {
    const rows = [
      row('ewc', { lambda: 100, labels: 'true' }),
      row('ewc', { lambda: 1, labels: 'true' }),
      row('ewc', { lambda: 10, labels: 'true' }),
      row('ewc', { lambda: 10, labels: 'predicted' }),
      row('er', { memory: 200 }),
    ];
    expect(
      sweptSettings(rows).map(({ name, log, lines }) => ({
        name,
        log,
        lines: lines.map((line) => [line.name, line.points.map(({ value }) => value)]),
      })),
    ).toEqual([{ name: 'lambda', log: true, lines: [['EWC', [1, 10, 100]]] }]);
  });

  test('lines of one method are named by what tells them apart', () => {
    const rows = ['true', 'predicted'].flatMap((labels) => [0, 1].map((lambda) => row('ewc', { lambda, labels })));
    const [swept] = sweptSettings(rows);
    expect(swept?.lines.map(({ name }) => name)).toEqual(['EWC (labels true)', 'EWC (labels predicted)']);
    expect(swept?.log).toBe(false);
  });

  test('every line holds rows of one method that differ in the setting alone', () => {
    const rows = fc
      .array(fc.tuple(fc.constantFrom('a', 'b'), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 })))
      .map((made) => made.map(([method, x, y]) => row(method, { x, y })));
    fc.assert(
      fc.property(rows, (given) =>
        sweptSettings(given).every(({ name, lines }) =>
          lines.every(({ points }) => {
            const rest = points.map(({ row: { method, hyperParameters } }) =>
              JSON.stringify([method, Object.entries(hyperParameters).filter(([other]) => other !== name)]),
            );
            return (
              new Set(rest).size === 1 && points.every(({ value, row: one }) => one.hyperParameters[name] === value)
            );
          }),
        ),
      ),
    );
  });
});
