import { methodLook } from '../../../src-main/metrics/looks.ts';
import { describe, expect, it } from 'vitest';
import { parseMethods, parseSeeds } from '../../../src-main/cli/arguments.ts';
import { EXIT, exitCodeOf } from '../../../src-main/cli/exit-codes.ts';
import { leaderboardText, table } from '../../../src-main/cli/text.ts';
import type { Leaderboard } from '../../../src-main/workbench/contract.ts';

describe('arguments', () => {
  it.each([
    ['0-4', [0, 1, 2, 3, 4]],
    ['3', [3]],
    ['0,2,2,1', [0, 2, 1]],
    ['0-1,7', [0, 1, 7]],
  ])('seeds %s', (text, seeds) => {
    expect(parseSeeds(text)).toEqual(seeds);
  });

  it.each(['', 'a', '4-0', '0-1000', '-1', '1.5', '0,'])('"%s" is no list of seeds', (text) => {
    expect(() => parseSeeds(text)).toThrow();
  });

  it('methods carry their values', () => {
    expect(parseMethods(['er,ewc:lambda=100:labels=given', 'der:alpha=0.3'])).toEqual([
      { method: 'er', values: {} },
      { method: 'ewc', values: { lambda: '100', labels: 'given' } },
      { method: 'der', values: { alpha: '0.3' } },
    ]);
    expect(() => parseMethods(['er:memory'])).toThrow('not of the form name=value');
  });
});

it('exit codes say what kind of failure it was', () => {
  const of = (kind: 'invalid-input' | 'data' | 'engine' | 'cancelled' | 'refused') =>
    exitCodeOf({ kind, message: '', remedy: null, details: null });
  expect([of('invalid-input'), of('refused'), of('data'), of('engine'), of('cancelled')]).toEqual([
    EXIT.usage,
    EXIT.usage,
    EXIT.dataMissing,
    EXIT.failure,
    EXIT.interrupted,
  ]);
});

describe('tables', () => {
  it('line up', () => {
    expect(
      table(
        ['a', 'number'],
        [
          ['longer', '1'],
          ['x', '10'],
        ],
        new Set([1]),
      ),
    ).toBe('a       number\n──────  ──────\nlonger       1\nx           10');
  });

  it('of a leaderboard say what failed and what does not apply', () => {
    const cell = {
      suite: 's',
      metric: 'acc.test',
      rank: null,
      best: false,
      tiedWithBest: null,
      why: null,
      delta: null,
      claim: null,
      estimate: null,
      expected: 2,
      finished: 0,
      failed: 0,
    };
    const row = {
      look: methodLook('a', null),
      reference: null,
      hyperParameters: {},
      family: 'f',
      needs: {},
      meanRank: null,
      cost: { seconds: null, flops: null, examples: null, bytesStored: null, peakMemoryBytes: null, parameters: null },
    };
    const board: Leaderboard = {
      query: {},
      columns: [{ suite: 's', metric: 'acc.test' }],
      available: [],
      warnings: ['be careful'],
      rows: [
        { ...row, key: 'a', method: 'a', title: 'A', name: 'A', cells: [{ ...cell, state: 'failed', failed: 2 }] },
        { ...row, key: 'b', method: 'b', title: 'B', name: 'B', cells: [{ ...cell, state: 'not-applicable' }] },
        {
          ...row,
          key: 'c',
          method: 'c',
          title: 'C',
          name: 'C',
          cells: [
            {
              ...cell,
              state: 'done',
              rank: 1,
              best: true,
              finished: 2,
              estimate: { mean: 0.5, low: 0.4, high: 0.6, deviation: 0.01, n: 2, values: [] },
            },
          ],
        },
      ],
    };
    const text = leaderboardText(board);
    expect(text).toMatch(/1\s+C\s+50 ± 10 \*\s+2/);
    expect(text).toMatch(/–\s+A\s+failed/);
    expect(text).toMatch(/–\s+B\s+n\/a/);
    expect(text).toContain('Note: be careful');
  });
});
