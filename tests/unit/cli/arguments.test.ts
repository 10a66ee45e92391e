import { perRowCost } from '../../../src-main/metrics/cost-definitions.ts';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMethods, seedsArgument } from '../../../src-main/cli/arguments.ts';
import { configurationsOf } from '../../../src-main/cli/configurations.ts';
import { EXIT, exitCodeOf } from '../../../src-main/cli/exit-codes.ts';
import { deletionText } from '../../../src-main/cli/studies.ts';
import { leaderboardText, table } from '../../../src-main/cli/text.ts';
import type { Leaderboard, MethodInfo } from '../../../src-main/workbench/contract/contract.ts';

describe('arguments', () => {
  it.each([
    ['0-4', [0, 1, 2, 3, 4]],
    ['3', [3]],
    ['0,2,2,1', [0, 1, 2]],
    ['0-1,7', [0, 1, 7]],
  ])('seeds %s', (text, seeds) => {
    expect(seedsArgument(text)).toEqual(seeds);
  });

  it.each(['', 'a', '4-0', '0-1000', '-1', '1.5', '0x10', '1e2', '1_0', '2147483648'])(
    '"%s" is no list of seeds',
    (text) => {
      expect(() => seedsArgument(text)).toThrow();
    },
  );

  it('methods carry their values', () => {
    expect(parseMethods(['er,ewc:lambda=100:labels=given', 'der:alpha=0.3'])).toEqual([
      { method: 'er', values: new Map() },
      {
        method: 'ewc',
        values: new Map([
          ['lambda', '100'],
          ['labels', 'given'],
        ]),
      },
      { method: 'der', values: new Map([['alpha', '0.3']]) },
    ]);
    expect(() => parseMethods(['er:memory'])).toThrow('not of the form name=value');
  });

  it('a value that is given twice is refused, not the last one taken', () => {
    expect(() => parseMethods(['ewc:lambda=1:lambda=10'])).toThrow(
      '"ewc:lambda=1:lambda=10" gives lambda twice, 1 and 10',
    );
    expect(() => parseMethods(['ewc:__proto__=1:__proto__=2'])).toThrow('twice');
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'constructor', '__proto__'), { minLength: 1 }), (names) => {
        const text = ['m', ...names.map((name) => `${name}=1`)].join(':');
        if (new Set(names).size < names.length) expect(() => parseMethods([text])).toThrow('twice');
        else expect([...(parseMethods([text])[0]?.values.keys() ?? [])]).toEqual(names);
      }),
    );
  });
});

describe('a sweep on the command line', () => {
  const ewc: MethodInfo = {
    id: 'ewc',
    version: 1,
    title: 'EWC',
    summary: '',
    family: 'continual',
    paper: null,
    asks: [],
    protocol: 'stream',
    file: '',
    reference: null,
    origin: 'built-in',
    settings: {},
    look: methodLook('ewc', null),
    fields: [
      {
        name: 'lambda',
        kind: 'number',
        description: '',
        default: 1,
        defaultMeans: null,
        minimum: 0,
        maximum: null,
        choices: null,
      },
      {
        name: 'labels',
        kind: 'choice',
        description: '',
        default: 'true',
        defaultMeans: null,
        minimum: null,
        maximum: null,
        choices: ['true', 'predicted'],
      },
    ],
  };
  const values = (text: string) =>
    parseMethods([text]).flatMap((one) => configurationsOf(one, ewc).map(({ hyperParameters }) => hyperParameters));

  it('is every combination of its values, as numbers where the field takes numbers', () => {
    expect(values('ewc:lambda=1|10|100')).toEqual([{ lambda: 1 }, { lambda: 10 }, { lambda: 100 }]);
    expect(values('ewc:lambda=1e-1..1e1 log 3:labels=true|predicted')).toEqual([
      { lambda: 0.1, labels: 'true' },
      { lambda: 0.1, labels: 'predicted' },
      { lambda: 1, labels: 'true' },
      { lambda: 1, labels: 'predicted' },
      { lambda: 10, labels: 'true' },
      { lambda: 10, labels: 'predicted' },
    ]);
    expect(values('ewc')).toEqual([{}]);
  });

  it('refuses what cannot be meant', () => {
    expect(() => values('ewc:lambda=0..1 log 3')).toThrow('above 0');
    expect(() => values('ewc:lamda=1|2')).toThrow('no hyper-parameter "lamda"');
    expect(() => values('ewc:lambda=0..1 linear 500')).toThrow('at most 200');
  });
});

it('says what goes with a study before it goes', () => {
  const going = { id: '1a2b3c4d-0000', name: 'first', trials: 12, finished: 10, bytes: 3_400_000 };
  expect(deletionText(going, true)).toBe(
    'The study "first" (1a2b3c4d) goes, and with it 12 trials (10 of them finished, 3.40 MB).',
  );
  expect(deletionText({ ...going, trials: 1, finished: 0, bytes: 0 }, false)).toBe(
    'The study "first" (1a2b3c4d) goes, and with it 1 trial (none of them finished). Finished results stay.',
  );
  expect(deletionText({ ...going, trials: 0, finished: 0, bytes: 0 }, true)).toContain('no trial goes with it');
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
      p: null,
      why: null,
      delta: null,
      claim: null,
      estimate: null,
      expected: 2,
      finished: 0,
      failed: 0,
      diverged: 0,
      notPossible: 0,
      ended: [],
      older: 0,
    };
    const row = {
      look: methodLook('a', null),
      reference: null,
      hyperParameters: {},
      family: 'f',
      asks: [],
      imported: null,
      superseded: null,
      meanRank: null,
      timeSpread: null,
      costs: [],
      cost: perRowCost(() => null),
    };
    const board: Leaderboard = {
      query: {},
      columns: [{ suite: 's', metric: 'acc.test' }],
      available: [],
      warnings: ['be careful'],
      beaten: [],
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
              estimate: { mean: 0.5, low: 0.4, high: 0.6, deviation: 0.01, n: 2, folds: 1, seeds: 2, values: [] },
            },
          ],
        },
      ],
    };
    const text = leaderboardText(board);
    expect(text).toMatch(/C\s+1\s+2\s+50 ± 10/);
    expect(text).toMatch(/A\s+–\s+0\/2\s+failed/);
    expect(text).toMatch(/B\s+–\s+–\s+n\/a/);
    expect(text).toContain('Note: be careful');
  });
});
