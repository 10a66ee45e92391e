import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contract } from '../../../src-main/workbench/contract/contract.ts';
import { ended, openBench, request, temporaryFolder, trialWith, when } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

let folder = { path: '', remove: (): void => undefined };
let bench: Bench;
beforeEach(async () => {
  folder = temporaryFolder();
  bench = await openBench(folder.path);
});
afterEach(async () => {
  await bench.workbench.close({ graceful: false });
  folder.remove();
});

describe('a diverged trial', () => {
  it('leaves what it measured, ranks nowhere, and lets its study go on', async () => {
    const { workbench } = bench;
    const study = await workbench.call('study.create', request(['fake-stray', 'fake-walk'], { seeds: [0, 1] }));
    expect(await ended(workbench, study.id)).toMatchObject({
      state: 'done',
      counts: { done: 2, diverged: 2, failed: 0 },
    });
    const { trials } = await workbench.call('study.get', { id: study.id });
    const stray = trials.find(({ spec }) => spec.method === 'fake-stray');
    expect(stray?.failure).toMatchObject({ kind: 'diverged', message: 'The loss is NaN at step 13 of 30.' });

    const page = contract['trial.get'].output.parse(await workbench.call('trial.get', { id: stray?.id ?? '' }));
    expect(page).toMatchObject({ state: 'diverged', metrics: [], confusion: null, gaps: null });
    expect(page.matrices['accuracy']).toHaveLength(1);
    expect(page.curves.find(({ name }) => name === 'loss')?.points.at(-1)?.[0]).toBe(12);
    expect(page.cost).toMatchObject({ steps: 13 });
    expect(page.calibration.why).toContain('diverged');
    expect(page.log.map(({ message }) => message)).toContain('It diverged: The loss is NaN at step 13 of 30.');

    const metrics = ['acc.test', 'nll.test'];
    const board = await workbench.call('leaderboard.get', { study: study.id, metrics });
    const cells = board.rows.find(({ method }) => method === 'fake-stray')?.cells;
    for (const cell of cells ?? [])
      expect(cell).toMatchObject({
        state: 'diverged',
        diverged: 2,
        finished: 0,
        estimate: null,
        rank: null,
        best: false,
      });
    expect(cells).toHaveLength(2);
    // Its seeds are there to be opened, each with its trial.
    const strays = trials.filter(({ spec }) => spec.method === 'fake-stray');
    const one = ({ id, spec: { seed, fold } }: (typeof trials)[number]): unknown => ({
      seed,
      fold,
      trial: id,
      state: 'diverged',
    });
    expect(cells?.[0]?.ended).toEqual(strays.map(one));
    const closed = await workbench.call('leaderboard.get', { study: study.id, metrics, seedsOf: [] });
    expect(closed.rows.flatMap((row) => row.cells.flatMap(({ ended: trialsEnded }) => trialsEnded))).toEqual([]);
    expect(board.warnings.join(' ')).toContain('2 trials diverged in one row');
    // The same on the board over all studies.
    const overall = await workbench.call('leaderboard.get', { metrics });
    expect(overall.rows.find(({ method }) => method === 'fake-stray')?.cells[0]).toMatchObject({
      state: 'diverged',
      diverged: 2,
      expected: 2,
      ended: strays.map(one),
    });
  });

  it('is not run again by a new study or a retry, unless asked', async () => {
    const { workbench } = bench;
    const first = await workbench.call('study.create', request(['fake-stray', 'fake-broken'], { seeds: [0] }));
    await ended(workbench, first.id);
    const plan = await workbench.call('study.plan', request(['fake-stray'], { seeds: [0] }));
    expect(plan).toMatchObject({ trials: 1, alreadyDone: 1 });
    const second = await workbench.call('study.create', request(['fake-stray'], { seeds: [0] }));
    expect(second).toMatchObject({ state: 'done', counts: { diverged: 1 } });

    const running: string[] = [];
    workbench.subscribe((event) => {
      const started = trialWith('running')(event);
      if (started !== null) running.push(started.spec.method);
    });
    await workbench.call('study.retry', { id: first.id });
    expect(await ended(workbench, first.id)).toMatchObject({ counts: { diverged: 1, failed: 1 } });
    expect([...new Set(running)]).toEqual(['fake-broken']);
    const again = when(workbench, trialWith('diverged'));
    await workbench.call('study.retry', { id: first.id, diverged: true });
    expect((await again).spec.method).toBe('fake-stray');
    await ended(workbench, first.id);
  });

  it('makes what needs it not possible, by name, now and in later studies', async () => {
    const { workbench } = bench;
    const first = await workbench.call('study.create', request(['fake-child'], { seeds: [3] }));
    expect(await ended(workbench, first.id)).toMatchObject({
      state: 'done',
      counts: { diverged: 1, 'not-possible': 1, waiting: 0 },
    });
    const { trials } = await workbench.call('study.get', { id: first.id });
    const child = trials.find(({ spec }) => spec.method === 'fake-child');
    expect(child).toMatchObject({ state: 'not-possible', failure: { kind: 'not-possible' } });
    expect(child?.failure?.message).toBe(
      'It needs "member/0" of fake-stray on fake/suite, seed 3, and that trial diverged: The loss is ' +
        'NaN at step 13 of 30.',
    );
    const later = await workbench.call(
      'study.create',
      request([], { seeds: [3], methods: [{ method: 'fake-child', hyperParameters: { size: 2 } }] }),
    );
    expect(await ended(workbench, later.id)).toMatchObject({ counts: { diverged: 1, 'not-possible': 1 } });
    const board = await workbench.call('leaderboard.get', { study: later.id, metrics: ['acc.test'] });
    expect(board.rows[0]?.cells[0]).toMatchObject({ state: 'not-possible', notPossible: 1, why: expect.any(String) });
  });

  it('keeps its place and its numbers in a report', async () => {
    const { workbench } = bench;
    const study = await workbench.call('study.create', request(['fake-child', 'fake-walk'], { seeds: [0] }));
    await ended(workbench, study.id);
    const { files } = await workbench.call('report.make', { study: study.id, formats: ['json', 'markdown', 'html'] });
    const other = temporaryFolder();
    const elsewhere = await openBench(other.path);
    try {
      const { study: id } = await elsewhere.workbench.call('report.import', { text: files[0]?.text ?? '' });
      const { counts, trials } = await elsewhere.workbench.call('study.get', { id });
      expect(counts).toMatchObject({ done: 1, diverged: 1, 'not-possible': 1 });
      const stray = trials.find(({ state }) => state === 'diverged');
      const page = await elsewhere.workbench.call('trial.get', { id: stray?.id ?? '' });
      const own = (await workbench.call('study.get', { id: study.id })).trials.find(
        ({ state }) => state === 'diverged',
      );
      const before = await workbench.call('trial.get', { id: own?.id ?? '' });
      const { matrices, curves, cost, notes, failure } = before;
      expect(page).toMatchObject({ state: 'diverged', matrices, curves, cost, notes, failure });
    } finally {
      await elsewhere.workbench.close({ graceful: false });
      other.remove();
    }
  });
});
