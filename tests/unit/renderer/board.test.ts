import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { methodLook } from '../../../src-main/metrics/looks.ts';
import type {
  Leaderboard,
  LeaderboardCell,
  LeaderboardRow,
  MetricInfo,
} from '../../../src-main/workbench/contract/contract.ts';
import { allColumns, askedColumns, usualColumns, type MetricColumn } from '../../../src-main/metrics/board/columns.ts';
import { arrange } from '../../../src-main/metrics/board/rows.ts';
import { layOut, viewCell } from '../../../src-main/metrics/board/cells.ts';
import { explainCell, explainTime } from '../../../src-renderer/views/leaderboard/board-model.ts';
import { bodiesOf, portionsOf } from '../../../src-renderer/views/leaderboard/board-lines.ts';
import { scopeOf } from '../../../src-renderer/views/leaderboard/board-scope.ts';
import { unlessSame } from '../../../src-renderer/app/same.ts';
import { INITIAL, readState, rowOrder, writeState } from '../../../src-renderer/views/leaderboard/board-state.ts';

const METRIC: MetricInfo = {
  id: 'acc',
  title: 'Accuracy',
  formula: 'mean',
  source: '',
  direction: 'higher',
  unit: 'share',
};
const LOSS: MetricInfo = { id: 'nll', title: 'NLL', formula: 'mean', source: '', direction: 'lower', unit: 'nats' };
const metrics = new Map([METRIC, LOSS].map((metric) => [metric.id, metric]));

function cell(over: Partial<LeaderboardCell> = {}, mean = 0.9): LeaderboardCell {
  return {
    suite: 's',
    metric: 'acc',
    state: 'done',
    rank: 1,
    best: false,
    tiedWithBest: null,
    p: null,
    diverged: 0,
    notPossible: 0,
    ended: [],
    older: 0,
    why: null,
    delta: null,
    claim: null,
    expected: 5,
    finished: 5,
    failed: 0,
    estimate: { mean, low: mean - 0.0012, high: mean + 0.0012, deviation: 0.001, n: 5, folds: 1, seeds: 5, values: [] },
    ...over,
  };
}
function row(key: string, over: Partial<LeaderboardRow> = {}, cells: LeaderboardCell[] = [cell()]): LeaderboardRow {
  return {
    key,
    method: key,
    title: key,
    name: key,
    look: methodLook(key, null),
    reference: null,
    hyperParameters: {},
    family: 'continual',
    asks: [],
    imported: null,
    superseded: null,
    cells,
    cost: {
      seconds: 10,
      flops: 1e9,
      examples: 1,
      bytesStored: 0,
      peakMemoryBytes: null,
      parameters: 5,
      inferenceFlops: null,
    },
    timeSpread: { low: 9, high: 40 },
    costs: [],
    meanRank: 1,
    ...over,
  };
}
function board(rows: LeaderboardRow[]): Leaderboard {
  const columns = [
    { suite: 's', metric: 'acc' },
    { suite: 's', metric: 'nll' },
  ];
  return { query: {}, columns, available: columns, rows, warnings: [], beaten: [] };
}
const column = allColumns(board([]), metrics)[0] as MetricColumn;

describe('a view’s state in its link', () => {
  it('comes back as it was, whatever the keys contain', () => {
    const keys = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { maxLength: 4 });
    fc.assert(
      fc.property(keys, keys, keys, fc.boolean(), (pinned, hidden, columns, claims) => {
        const state = { ...INITIAL, pinned, hidden, claims, columns, sort: { column: 's~acc', descending: claims } };
        expect(readState(writeState(state))).toEqual({ ...state, columns: columns.length === 0 ? null : columns });
      }),
    );
  });
  it('is empty for the usual view and survives nonsense', () => {
    expect(writeState(INITIAL)).toEqual({});
    expect(readState(writeState({ ...INITIAL, older: true })).older).toBe(true);
    expect(readState({ sort: ['x'], view: 'nonsense', pick: 'a,b,c,d,e,f,g' })).toEqual({
      ...INITIAL,
      selected: ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
    });
  });
});

describe('the order of the rows', () => {
  const order = rowOrder(readState({ pin: 'a,b', sort: '-s~acc' }));
  it('is the same value when a row is opened or chosen, and another when one moves', () => {
    expect(
      unlessSame(order, rowOrder(readState({ pin: 'a,b', sort: '-s~acc', open: 'c', pick: 'a', claims: '0' }))),
    ).toBe(order);
    for (const query of [
      { pin: 'b,a', sort: '-s~acc' },
      { pin: 'a,b', sort: 's~acc' },
      { pin: 'a,b', sort: '-s~acc', hide: 'c' },
      { pin: 'a,b', sort: '-s~acc', base: 'a' },
      { pin: 'a,b', sort: '-s~acc', family: 'x' },
      { pin: 'a,b', sort: '-s~acc', without: 'x' },
    ]) {
      expect(unlessSame(order, rowOrder(readState(query)))).toEqual(rowOrder(readState(query)));
      expect(unlessSame(order, rowOrder(readState(query)))).not.toBe(order);
    }
    expect([
      unlessSame<readonly string[] | null>(undefined, null),
      unlessSame<readonly string[] | null>(null, ['a']),
      unlessSame<readonly string[] | null>(['a'], null),
    ]).toEqual([null, ['a'], null]);
  });
});

describe('rows in their places', () => {
  const rows = [
    row('low', { reference: 'lower' }, [cell({}, 0.2)]),
    row('b', { asks: ['replay-memory'] }, [cell({}, 0.7)]),
    row('a', {}, [cell({}, 0.8)]),
    row('none', {}, [cell({ estimate: null, state: 'missing' })]),
    row('up', { reference: 'upper' }, [cell({}, 0.99)]),
  ];
  const columns = allColumns(board(rows), metrics);
  const keys = (state: Partial<typeof INITIAL>) => {
    const found = arrange(board(rows), { ...INITIAL, ...state }, columns);
    return {
      upper: found.upper.map((each) => each.key),
      pinned: found.pinned.map((each) => each.key),
      rows: found.rows.map((each) => each.key),
      lower: found.lower.map((each) => each.key),
      hidden: found.hidden.map((each) => each.key),
      filtered: found.filtered,
    };
  };
  it('sorts better first, missing last, references apart', () => {
    expect(keys({})).toEqual({
      upper: ['up'],
      pinned: [],
      rows: ['a', 'b', 'none'],
      lower: ['low'],
      hidden: [],
      filtered: 0,
    });
  });
  it('keeps missing values last when turned round', () =>
    expect(keys({ sort: { column: 's~acc', descending: false } }).rows).toEqual(['b', 'a', 'none']));
  it('pins, hides and filters, but never the references', () => {
    expect(keys({ pinned: ['b'], hidden: ['none', 'up'] })).toMatchObject({
      upper: ['up'],
      pinned: ['b'],
      rows: ['a'],
      hidden: ['none'],
    });
    expect(keys({ without: ['replay-memory'] })).toMatchObject({ rows: ['a', 'none'], lower: ['low'], filtered: 1 });
  });
});

describe('rows by family', () => {
  const rows = [
    row('a', { family: 'first' }, [cell({}, 0.5)]),
    row('b', { family: 'second' }, [cell({}, 0.9)]),
    row('c', { family: 'first' }, [cell({}, 0.8)]),
    row('d', { family: 'second' }, [cell({}, 0.1)]),
    row('low', { family: 'first', reference: 'lower' }, [cell({}, 0.2)]),
  ];
  const columns = allColumns(board(rows), metrics);
  const arranged = arrange(board(rows), { ...INITIAL, byFamily: true }, columns);

  it('stand together, the family of the best first, each in the order of the board', () => {
    expect(arranged.rows.map(({ key }) => key)).toEqual(['b', 'd', 'c', 'a']);
    expect(arranged.lower.map(({ key }) => key)).toEqual(['low']);
    expect(readState(writeState({ ...INITIAL, byFamily: true })).byFamily).toBe(true);
  });

  it('have a heading with how many they are and the best; the rows count on over them', () => {
    const portions = portionsOf(bodiesOf(arranged, [], true));
    expect(portions.map(({ heading, lines }) => [heading, lines.map(({ index }) => index)])).toEqual([
      [{ family: 'second', count: 2, best: 'b' }, [1, 2]],
      [{ family: 'first', count: 2, best: 'c' }, [3, 4]],
      [null, [5]],
    ]);
    expect(new Set(portions.map(({ key }) => key)).size).toBe(3);
    expect(portionsOf(bodiesOf(arranged, [])).map(({ heading }) => heading)).toEqual([null, null]);
  });
});

describe('columns', () => {
  it('are those that were sent, of all that can be chosen', () => {
    const some = { ...board([]), columns: [{ suite: 's', metric: 'acc' }] };
    const columns = allColumns(some, metrics);
    expect(columns.flatMap(({ id }) => (id.includes('~') ? [id] : []))).toEqual(['s~acc', 's~nll']);
    expect(usualColumns(some, columns).filter((id) => id.includes('~'))).toEqual(['s~acc']);
  });
  it('are asked for by suite and metric, or by the room there is', () => {
    expect(askedColumns(null)).toEqual({ room: 6 });
    expect(askedColumns(['split-mnist/class-il~acc.test', 'rank', 'cost.seconds'])).toEqual({
      columns: [{ suite: 'split-mnist/class-il', metric: 'acc.test' }],
    });
  });
  it('gives a column one number of decimals, by its uncertainty', () => {
    const layout = layOut(column, [row('a', {}, [cell({}, 0.97314)]), row('b', {}, [cell({}, 0.9)])], false);
    expect(viewCell(cell({}, 0.97314), layout, { delta: false, isBaseline: false })).toMatchObject({
      main: '97.31',
      spread: '0.12',
      n: '5',
      tone: 'plain',
    });
  });
});

describe('a cell', () => {
  const layout = layOut(column, [row('a')], false);
  const plain = { delta: false, isBaseline: false };
  it('looks different when missing, failed, running, not applicable', () => {
    const states = (['missing', 'failed', 'running', 'not-applicable'] as const).map(
      (state) => viewCell(cell({ state, estimate: null, finished: 2 }), layout, plain).main,
    );
    expect(new Set(states).size).toBe(4);
    for (const state of ['missing', 'failed', 'running', 'not-applicable'] as const)
      expect(explainCell(cell({ state, estimate: null, finished: 2 }), column).sentence.length).toBeGreaterThan(20);
  });
  it('says how many seeds are missing from its mean', () =>
    expect(viewCell(cell({ state: 'partial', finished: 3 }), layout, plain)).toMatchObject({ n: '3/5', short: true }));
  it('colours a difference by what its adjusted p says, never by its sign or its interval', () => {
    const delta = { mean: -0.02, low: -0.03, high: -0.01, p: 0.2, n: 5, judgement: 'open' } as const;
    const shown = { delta: true, isBaseline: false };
    expect(viewCell(cell({ delta }), layout, shown)).toMatchObject({ tone: 'open', spread: '1.00' });
    expect(viewCell(cell({ delta: { ...delta, p: null, judgement: 'unknown' } }), layout, shown).tone).toBe('unknown');
    expect(viewCell(cell({ delta: { ...delta, p: 0.01, judgement: 'better' } }), layout, shown).tone).toBe('better');
  });
  it('marks the best only where it was tested', () => {
    expect(viewCell(cell({ best: true }), layout, plain).mark).toBeNull();
    expect(viewCell(cell({ best: true, tiedWithBest: true }), layout, plain).mark).toBe('best');
    expect(viewCell(cell({ tiedWithBest: true }), layout, plain).mark).toBe('tied');
    expect(viewCell(cell({ tiedWithBest: false }), layout, plain).mark).toBeNull();
  });
  it('of a cost says how far it differs from trial to trial', () => {
    const columns = allColumns(board([]), metrics);
    const layoutOf = (id: string) => layOut(columns.find((each) => each.id === id) ?? column, [row('a')], false);
    expect(explainTime(row('a'), layoutOf('cost.seconds'))).toBe('10 s in the middle, from 9.0 s to 40 s');
    expect(explainTime(row('a'), layoutOf('cost.flops'))).toBe('');
  });
  it('says why nothing is marked', () =>
    expect(explainCell(cell({ why: 'Below five seeds no mark is set.' }), column).sentence).toContain('five seeds'));
});

describe('what ranks and marks are of', () => {
  const some = (count: number, asks: string[] = []) => Array.from({ length: count }, (_, i) => row(`${i}`, { asks }));
  const arranged = (rows: LeaderboardRow[]) => ({ upper: [], pinned: [], rows, lower: [] });
  it('is not said where everything is shown', () => expect(scopeOf(some(8), arranged(some(8)), [])).toBe(''));
  it('stays all that was run where rows are hidden', () =>
    expect(scopeOf(some(8), arranged(some(3)), [])).toBe(
      '3 of 8 configurations shown; ranks, marks and p stay those of all 8.',
    ));
  it('is what is left where a filter asks about other methods', () => {
    const rows = [...some(5), ...some(3, ['replay-memory'])];
    expect(scopeOf(rows, arranged(some(5)), ['replay-memory'])).toBe(
      'Methods without a replay memory: ranks and marks are those of these 5, not of all 8.',
    );
  });
});

describe('a board of hundreds', () => {
  const configurations = ['ewc', 'si'].flatMap((method, m) =>
    [1, 2, 3].map((lambda) =>
      row(`${method}@${lambda}`, { method, hyperParameters: { lambda } }, [cell({}, 0.1 * lambda + 0.01 * m)]),
    ),
  );
  const columns = allColumns(board(configurations), metrics);
  const keys = (state: Partial<typeof INITIAL>) =>
    arrange(board(configurations), { ...INITIAL, ...state }, columns).rows.map(({ key }) => key);

  it('shows the best of each method, and all of one that is unfolded', () => {
    expect(keys({ perMethod: true })).toEqual(['si@3', 'ewc@3']);
    expect(keys({ perMethod: true, unfolded: ['ewc'] })).toEqual(['si@3', 'ewc@3', 'ewc@2', 'ewc@1']);
  });
  it('never shows an earlier version for a method that has a present one', () => {
    const older = configurations.map((one) =>
      one.key === 'ewc@3' || one.method === 'si' ? { ...one, superseded: 'method version 1' } : one,
    );
    const arranged = arrange(board(older), { ...INITIAL, perMethod: true }, columns);
    expect(arranged.rows.map(({ key }) => key)).toEqual(['si@3', 'ewc@2']);
    expect(keys({})).toHaveLength(6);
  });

  it('says of a filter that no row passes, or that cannot be read, what is wrong', () => {
    const note = (filter: string) => arrange(board(configurations), { ...INITIAL, filter }, columns).filterNote;
    expect(note('ewc lambda>1')).toBeNull();
    expect(note('lambda>>')).toMatch(/no comparison/);
    expect(note('gem')).toMatch(/^No row matches/);
  });
  it('is filtered by words and settings, which stand in the link', () => {
    expect(keys({ filter: 'ewc lambda>1' })).toEqual(['ewc@3', 'ewc@2']);
    const state = { ...INITIAL, filter: 'ewc lambda>1', perMethod: true, unfolded: ['ewc'], suites: ['a/b', 'c'] };
    expect(readState(writeState(state))).toEqual(state);
  });
});
