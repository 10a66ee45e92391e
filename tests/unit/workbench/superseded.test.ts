import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { presentProgramPart } from '../../../src-main/engine/numerics.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import type { TrialIdentity } from '../../../src-main/results/identity.ts';
import { suiteBoards, WHOLE_BOARD } from '../../../src-main/reports/suite-boards.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { protocolHash } from '../../../src-main/suites/published.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { Configurations } from '../../../src-main/workbench/configurations.ts';
import type { Leaderboard, LeaderboardQuery } from '../../../src-main/workbench/contract/contract.ts';
import { Leaderboards } from '../../../src-main/workbench/leaderboards.ts';
import { Superseded } from '../../../src-main/workbench/superseded.ts';
import { fakeMethod, fakeSuite } from '../../fixtures/fake-runner.ts';
import { identity, planned, result, study } from '../../fixtures/results.ts';

/** Trials that differ in each field of what identifies them, and the board that is read from them. */

const suite = fakeSuite('s');
const DATA = 'd'.repeat(64);
const methods = await loadMethods({
  given: [
    fakeMethod({ id: 'm', version: 2, driver: 2 }),
    fakeMethod({ id: 'net', version: 2 }),
    fakeMethod({ id: 'ensemble', needsArtefactOf: 'net' }),
    { ...fakeMethod({ id: 'mine' }), source: '1'.repeat(64) },
  ],
});
const suites = await loadSuites({ given: [suite] });

let folder = '';
let store: ResultsStore;
let boards: Leaderboards;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-superseded-'));
  store = ResultsStore.open(folder);
  const superseded = new Superseded({
    methods,
    suites,
    datasets: {
      list: async () => [
        {
          id: 'fake-data',
          title: '',
          summary: '',
          citation: '',
          licence: '',
          source: '',
          kind: 'table',
          shape: [2],
          classes: [],
          rows: { train: 2, test: 2 },
          origin: 'shipped',
          state: 'shipped',
          bytes: 0,
          sha256: DATA,
        } as never,
      ],
    },
    cell: (cell) => store.cell(cell),
  });
  await superseded.refresh();
  boards = new Leaderboards({
    store,
    methods,
    suites,
    configurations: new Configurations({ methods, settings: () => ({}), references: () => null, originOf: () => null }),
    superseded,
    claims: [],
  });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What this program would compute now. */
const NOW: Partial<TrialIdentity> = {
  suiteVersion: suite.version,
  protocolHash: protocolHash(suite),
  methodVersion: 2,
  driver: 2,
  hyperParameters: { steps: 30, size: 1 },
  numerics: `${presentProgramPart('eager-1') ?? ''}/tfjs-4`,
};

let studies = 0;
/** Stores finished trials of seeds 0 and 1; answers their ids. */
function measured(
  value: number,
  more: Partial<TrialIdentity>,
  needs: (seed: number) => Record<string, string> = () => ({}),
): string[] {
  const trials = [0, 1].map((seed) => planned({ ...NOW, ...more, seed }, needs(seed)));
  studies += 1;
  store.createStudy(study(`study-${studies}`), trials);
  for (const { id } of trials) store.finish(id, result(), [{ id: 'acc.test', value }], value, 1);
  return trials.map(({ id }) => id);
}
const board = (query: LeaderboardQuery = {}): Leaderboard =>
  boards.leaderboard({ suites: ['s'], metrics: ['acc.test'], ...query });
const shown = ({ rows }: Leaderboard): unknown =>
  rows.map(({ name, superseded, cells: [cell] }) => [
    name,
    superseded,
    cell?.estimate?.mean ?? cell?.state,
    cell?.estimate?.n ?? 0,
    cell?.rank,
  ]);

describe('a cell', () => {
  const older: readonly (readonly [what: string, more: Partial<TrialIdentity>, words: string])[] = [
    ['suite version', { suiteVersion: 9 }, 'suite version 9'],
    ['protocol', { protocolHash: 'x'.repeat(64) }, 'another protocol xxxxxx'],
    ['data', { data: ['e'.repeat(64)] }, 'other data eeeeee'],
    ['method version', { methodVersion: 1 }, 'method version 1'],
    ['own file', { sourceHash: '2'.repeat(64) }, 'file 222222'],
    ['driver version', { driver: 1 }, 'driver version 1'],
    ['numerics', { numerics: 'eager-1/tfjs-4' }, 'numerics eager-1'],
  ];
  it.each(older)('of another %s is superseded: never averaged, not counted, shown on request', (_what, more, words) => {
    measured(0.2, more);
    measured(0.8, {});
    expect(shown(board())).toEqual([['Fake m', null, 0.8, 2, 1]]);
    expect(board().rows[0]?.cells[0]?.older).toBe(2);
    expect(board().warnings.join(' ')).toContain(
      `2 older results not shown, measured with other versions than this program has now: ${words}.`,
    );
    expect(shown(board({ older: true }))).toEqual([
      ['Fake m, default', null, 0.8, 2, 1],
      [`Fake m, ${words}`, words, 0.2, 2, null],
    ]);
    expect(board({ older: true }).warnings.join(' ')).not.toContain('not shown');
  });

  it('with nothing of the present version is not missing: it says what is there', () => {
    measured(0.2, { methodVersion: 1 });
    expect(shown(board())).toEqual([['Fake m', null, 'superseded', 0, null]]);
    // Nor is it left out of what is written down.
    expect(suiteBoards(board(), WHOLE_BOARD, (id) => id).map(({ rows }) => rows.length)).toEqual([1]);
    expect(board().rows[0]?.cells[0]).toMatchObject({
      older: 2,
      finished: 0,
      why: expect.stringContaining('method version 1'),
    });
    expect(shown(board({ older: true }))).toEqual([['Fake m, method version 1', 'method version 1', 0.2, 2, null]]);
  });

  it('of all these at once is one number of two trials', () => {
    for (const [, more] of older) measured(0.2, more);
    measured(0.8, {});
    expect(shown(board())).toEqual([['Fake m', null, 0.8, 2, 1]]);
    expect(shown(board({ older: true }))).toHaveLength(8);
  });

  it('of another backend is another row, not older', () => {
    measured(0.8, { backend: 'wasm' });
    measured(0.6, { backend: 'tensorflow-cpu' });
    expect(new Set(board().rows.map(({ name, cells: [cell] }) => [name, cell?.estimate?.mean].join(' ')))).toEqual(
      new Set(['Fake m, default 0.6', 'Fake m, backend wasm 0.8']),
    );
  });

  it('of another machine is not older, and not averaged with this one: the newer counts', () => {
    measured(0.2, { numerics: `${NOW.numerics ?? ''}/other` });
    measured(0.8, {});
    expect(shown(board())).toEqual([['Fake m', null, 0.8, 2, 1]]);
    expect(board().warnings.join(' ')).toContain('2 older results');
  });
});

describe('a study', () => {
  it('shows what it measured, with ranks, and says that it is of an earlier version', () => {
    measured(0.2, { methodVersion: 1 });
    measured(0.8, {});
    expect(shown(board({ study: `study-${studies - 1}` }))).toEqual([['Fake m', 'method version 1', 0.2, 2, 1]]);
    expect(shown(board({ study: `study-${studies}` }))).toEqual([['Fake m', null, 0.8, 2, 1]]);
  });
});

describe('what was made of an artefact', () => {
  it('is of the version of its maker', () => {
    const ofNet = (value: number, version: number): void => {
      const nets = measured(0.5, { method: 'net', methodVersion: version, driver: 1 });
      measured(value, { method: 'ensemble', methodVersion: 1, driver: 1 }, (seed) => ({
        'member/0': nets[seed] ?? '',
      }));
    };
    ofNet(0.3, 1);
    ofNet(0.9, 2);
    const ofEnsemble = (query: LeaderboardQuery = {}): unknown =>
      (shown(board(query)) as unknown[][]).filter(([name]) => String(name).startsWith('Fake ensemble'));
    expect(ofEnsemble()).toEqual([['Fake ensemble', null, 0.9, 2, 1]]);
    expect(ofEnsemble({ older: true })).toEqual([
      ['Fake ensemble, default', null, 0.9, 2, 1],
      ['Fake ensemble, artefacts of net (method version 1)', 'artefacts of net (method version 1)', 0.3, 2, null],
    ]);
  });

  it('has one cell for all seeds, and an id of its own for each artefact', () => {
    const nets = measured(0.5, { method: 'net', driver: 1 });
    const ensembles = measured(0.9, { method: 'ensemble', methodVersion: 1, driver: 1 }, (seed) => ({
      'member/0': nets[seed] ?? '',
    }));
    const others = measured(0.9, { method: 'ensemble', methodVersion: 1, driver: 1 }, () => ({
      'member/0': nets[0] ?? '',
    }));
    expect(others[0]).toBe(ensembles[0]);
    expect(others[1]).not.toBe(ensembles[1]);
    expect(identity({ artefacts: store.needs(ensembles[0] ?? '') }).artefacts).toEqual({ 'member/0': nets[0] });
  });
});
