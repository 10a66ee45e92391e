import { describe, expect, it } from 'vitest';
import { buildLeaderboard } from '../../../../src-main/metrics/leaderboard.ts';
import { rowMarks } from '../../../../src-main/metrics/board/marks-of-row.ts';
import { markOf } from '../../../../src-main/metrics/format.ts';
import { methodLook } from '../../../../src-main/metrics/looks.ts';
import type { ImportedRow, RowInfo } from '../../../../src-main/metrics/records.ts';
import { tableLatex, tableMarkdown, tableTsv } from '../../../../src-main/reports/board-text.ts';
import { suiteBoards, WHOLE_BOARD } from '../../../../src-main/reports/suite-boards.ts';
import { leaderboardText } from '../../../../src-main/cli/text.ts';
import { cellColumns } from '../../../fixtures/metrics/cell-columns.ts';

/**
 * Rows whose mean is not over all that was asked for, or was not measured here: what a board says of them, and never
 * says.
 */

const [SUITE, METRIC] = ['s', 'acc.test'];
const row = (key: string, imported: ImportedRow | null = null): RowInfo => ({
  key,
  method: key,
  title: key,
  name: key,
  look: methodLook(key, null),
  reference: null,
  hyperParameters: {},
  family: 'continual',
  asks: [],
  imported,
  superseded: null,
  isReplaced: false,
});
/** The mixed row has the best mean of what is left, so that a rank or a mark would go to it. */
const VALUES: Readonly<Record<string, readonly number[]>> = {
  mixed: [0.95, 0.96, 0.97, 0.96, 0.95, 0.96],
  steady: [0.9, 0.91, 0.89, 0.9, 0.91, 0.9],
  other: [0.9, 0.9, 0.9, 0.91, 0.9, 0.89],
  strange: [0.99, 0.99, 0.98, 0.99, 0.99, 0.99],
};
const board = buildLeaderboard({
  query: {},
  columns: [{ suite: SUITE, metric: METRIC, direction: 'higher' }],
  rows: [
    row('mixed'),
    row('lost'),
    row('steady'),
    row('other', { name: 'a colleague', checked: true, hereAs: null }),
    row('strange', { name: 'a stranger', checked: false, hereAs: null }),
  ],
  baseline: 'steady',
  cells: cellColumns(
    Object.entries(VALUES).flatMap(([methodKey, list]) =>
      list.map((value, seed) => ({
        suite: SUITE,
        methodKey,
        seed,
        trial: `${methodKey}${seed}`,
        metrics: { [METRIC]: value },
        cost: null,
      })),
    ),
    [
      ...['mixed', 'mixed'].map((methodKey) => ({ suite: SUITE, methodKey, state: 'diverged' as const })),
      ...Array.from({ length: 5 }, () => ({ suite: SUITE, methodKey: 'lost', state: 'diverged' as const })),
    ],
  ),
});
const shown = { ...board, available: board.columns };
const cellOf = (key: string) => {
  const cell = board.rows.find((one) => one.key === key)?.cells[0];
  if (cell === undefined) throw new Error(`no row ${key}`);
  return cell;
};
const texts = () => {
  const values = suiteBoards(shown, WHOLE_BOARD, (suite) => suite).map((suite) => suite.values);
  return {
    tsv: values.map(tableTsv).join('\n'),
    markdown: values.map((table) => tableMarkdown(table)).join('\n'),
    latex: values.map(tableLatex).join('\n'),
    terminal: leaderboardText(shown),
  };
};
const lineOf = (text: string, name: string): string => text.split('\n').find((line) => line.includes(name)) ?? '';

describe('a row of which two of eight seeds diverged', () => {
  it('has the mean of the finite ones, no rank, and is neither best nor "not worse"', () => {
    expect(cellOf('mixed')).toMatchObject({
      state: 'partial',
      diverged: 2,
      expected: 8,
      finished: 6,
      rank: null,
      best: false,
      tiedWithBest: null,
      p: null,
      why: '2 of 8 diverged. The mean is over the 6 finite ones, and has no rank.',
    });
    expect(cellOf('mixed').estimate?.mean).toBeCloseTo(5.75 / 6, 12);
    expect(markOf(cellOf('mixed'))).toBeNull();
    // Those that are ranked are so among themselves.
    expect(cellOf('steady')).toMatchObject({ rank: 1, best: true });
    expect(markOf(cellOf('other'))).toBe('tied');
    // Nor does its difference to a baseline say better.
    expect(cellOf('mixed').delta).toMatchObject({ p: null, judgement: 'unknown' });
    expect(board.warnings.join('\n')).toContain('s: 7 trials diverged in 2 rows. They enter no mean;');
  });

  it('says so wherever the board is written', () => {
    for (const [where, text] of Object.entries(texts())) {
      expect(lineOf(text, 'mixed'), where).toContain('2 of 8 diverged');
      expect(text, where).toContain('the mean is over the finite ones');
    }
  });
});

it('a row whose seeds all diverged shows how many there were', () => {
  const { tsv, markdown, terminal } = texts();
  expect(lineOf(tsv, 'lost').split('\t').slice(0, 4)).toEqual(['lost', '–', '0/5', 'diverged']);
  expect(lineOf(markdown, 'lost')).toContain('| lost | – | 0/5 | diverged |');
  expect(lineOf(terminal, 'lost')).toMatch(/lost\s+–\s+0\/5\s+diverged/);
});

describe('an imported row', () => {
  it('that was not checked has no rank, though it measured best, and says why', () => {
    expect(cellOf('strange')).toMatchObject({ rank: null, best: false, tiedWithBest: null, delta: { p: null } });
    expect(cellOf('strange').why).toMatch(/^Imported, and what the file holds .*: shown, not ranked\.$/);
  });

  it('carries where it comes from wherever the board is written', () => {
    for (const [where, text] of Object.entries(texts())) {
      expect(lineOf(text, 'other').replaceAll('\\', ''), where).toContain('(imported)');
      expect(lineOf(text, 'strange').replaceAll('\\', ''), where).toContain('(imported, not checked)');
      expect(lineOf(text, 'steady'), where).not.toContain('imported');
    }
    const [copy] = rowMarks({
      imported: { name: 'a colleague', checked: true, hereAs: 'EWC' },
      superseded: null,
    });
    expect(copy).toMatchObject({ short: 'here already', unranked: true });
    expect(copy?.sentence).toContain('these results are here already, as EWC');
    expect(rowMarks({ imported: { name: 'a colleague', checked: true, hereAs: null }, superseded: null })).toEqual([
      expect.objectContaining({
        word: 'imported',
        sentence: 'Imported from “a colleague”: measured elsewhere; ids and metrics were computed again here.',
      }),
    ]);
  });
});
