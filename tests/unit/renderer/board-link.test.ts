import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settle, type BoardOffer } from '../../../src-renderer/views/leaderboard/board-link.ts';
import { INITIAL, readState, writeState } from '../../../src-renderer/views/leaderboard/board-state.ts';
import { boardNotes } from '../../../src-renderer/views/leaderboard/board-notes.ts';

const row = (key: string) => ({ key, name: `Row ${key}`, family: 'continual', asks: [], reference: null });
const ROWS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const offer: BoardOffer = {
  rows: ROWS.map(row),
  columns: [{ id: 's~acc.test' }, { id: 's~nll.test' }, { id: 'cost.seconds' }],
  suites: ['s', 't'],
  columnName: (id) => `<${id}>`,
};

describe('a link or a saved view that asks for what a board does not have', () => {
  it('is shown as it is, without a word, where the board has everything', () => {
    const state = {
      ...INITIAL,
      columns: ['s~nll.test', 'cost.seconds'],
      suites: ['t'],
      baseline: 'a',
      selected: ['b', 'c'],
      pinned: ['d'],
      sort: { column: 's~acc.test', descending: true },
      families: ['continual'],
    };
    expect(settle(state, offer)).toEqual({ state, notes: [] });
  });

  it('names columns, suites, order and families that are not there, and shows the rest', () => {
    const { state, notes } = settle(
      {
        ...INITIAL,
        columns: ['s~acc.test', 's~gone'],
        suites: ['t', 'other/suite'],
        sort: { column: 'x~y', descending: false },
        families: ['merging'],
      },
      offer,
    );
    expect(state).toMatchObject({ columns: ['s~acc.test'], suites: ['t'], sort: null, families: [] });
    const all = notes.join('\n');
    for (const gone of ['<s~gone>', 'other/suite', '<x~y>', 'merging']) expect(all).toContain(`“${gone}”`);
  });

  it('shows the usual columns where it has none of those asked for, never an empty table', () => {
    const { state, notes } = settle({ ...INITIAL, columns: ['old~metric'] }, offer);
    expect(state.columns).toBeNull();
    expect(notes.join(' ')).toContain('the usual ones are shown');
  });

  it('shows values where the baseline is gone; the board says so itself', () => {
    expect(settle({ ...INITIAL, baseline: 'gone' }, offer).state.baseline).toBeNull();
  });

  it('names the seventh chosen row and those that are not there', () => {
    const link = readState({ pick: [...ROWS.slice(0, 7), 'gone'].join(',') });
    const { state, notes } = settle(link, offer);
    expect(state.selected).toEqual(ROWS.slice(0, 6));
    expect(notes.join('\n')).toContain('“Row g” left out');
    expect(notes.join('\n')).toContain('“gone”');
  });

  it('keeps rows that are pinned or hidden elsewhere, and says that they are not here', () => {
    const { state, notes } = settle({ ...INITIAL, pinned: ['elsewhere'], hidden: ['too'] }, offer);
    expect(state).toMatchObject({ pinned: ['elsewhere'], hidden: ['too'] });
    expect(notes).toHaveLength(2);
  });

  it('says something whenever what is shown is not what was asked for', () => {
    const some = fc.subarray([...ROWS, 'x', 'y']);
    fc.assert(
      fc.property(some, some, fc.option(fc.constantFrom('a', 'x')), (selected, columns, sorted) => {
        const asked = {
          ...INITIAL,
          selected,
          columns: columns.length === 0 ? null : columns.map((name) => (name === 'a' ? 's~acc.test' : name)),
          sort: sorted === null ? null : { column: sorted === 'a' ? 's~acc.test' : sorted, descending: true },
        };
        const { state, notes } = settle(readState(writeState(asked)), offer);
        if (notes.length === 0) expect(state).toEqual(asked);
        else expect(state).not.toEqual(asked);
      }),
    );
  });
});

it('notes begin with what of the view is not there, and call suites by their titles', () => {
  const board = { rows: [], warnings: ['s: one seed'], available: [{ suite: 's', metric: 'acc.test' }] };
  expect(boardNotes(board, ['Gone.'], (id) => `Suite ${id}`)).toEqual(['Gone.', 'Suite s: one seed']);
});
