import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { ended, openBench, request, temporaryFolder, trialWith, when } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

/**
 * A disk that fills up under a running study. SQLite is given a limit of pages, so that its own code meets its own
 * "database or disk is full".
 */

let folder = { path: '', remove: (): void => undefined };
let bench: Bench | null = null;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await bench?.workbench.close({ graceful: false });
  bench = null;
  folder.remove();
});

/** A Workbench whose database can be told that the disk is full, and that it is not any more. */
async function openSmall(): Promise<{ bench: Bench; full(): void; free(): void }> {
  const connections: DatabaseSync[] = [];
  // many checkpoints a walk, of some hundredths of a second: one has to be there whenever it ends
  const opened = await openBench(
    folder.path,
    { capacity: () => 1, checkpointEvery: 0.005 },
    { onOpen: (database) => void connections.push(database) },
  );
  bench = opened;
  const limit = (pages: number): void => {
    for (const database of connections) database.exec(`PRAGMA max_page_count = ${pages}`);
  };
  // SQLite takes the pages that there are for the least possible limit.
  return { bench: opened, full: () => limit(1), free: () => limit(1_000_000) };
}

/** Walks that measure more than fits on a page, so that storing them needs room. */
const longWalks = (seeds: number[]) =>
  request([], { methods: [{ method: 'fake-walk', hyperParameters: { steps: 4000 } }], seeds });
const waits = (workbench: Workbench): Promise<string> =>
  when(workbench, (event) =>
    event.kind === 'log' && event.level === 'warning' && event.trial === null ? event.message : null,
  );

const rows = (table: string): unknown => {
  const database = new DatabaseSync(join(folder.path, 'results.sqlite'), { readOnly: true });
  try {
    return database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n'];
  } finally {
    database.close();
  }
};

describe('a disk that is full when a trial has finished', () => {
  it('keeps the result, says so, starts nothing more, and stores it once there is room', async () => {
    const {
      bench: { workbench, events, notes },
      full,
      free,
    } = await openSmall();
    const study = await workbench.call('study.create', longWalks([1, 2]));
    full();
    expect(await waits(workbench)).toMatch(
      /^Fake suite fake\/suite, Fake fake-walk, .*seed 1 finished, but its result could not be stored yet: The disk that holds .*results\.sqlite is full\. Free some space;.* kept in memory/,
    );
    // Nothing of it is there by half, and the next trial waits.
    for (const table of ['metrics', 'primitives', 'probabilities', 'costs', 'environments'])
      expect(rows(table), table).toBe(0);
    expect((await workbench.call('study.get', { id: study.id })).counts).toMatchObject({
      running: 1,
      queued: 1,
      failed: 0,
    });
    free();
    expect(await ended(workbench, study.id)).toMatchObject({ state: 'done', counts: { done: 2, failed: 0 } });
    // Computed once each: what waited was stored, not run again.
    expect(notes().toSorted()).toEqual(['walk 1', 'walk 2']);
    expect(events.filter((event) => event.kind === 'log' && event.level === 'warning')).toHaveLength(1);
    expect(
      events.some(
        (event) =>
          event.kind === 'log' &&
          event.message === 'The data folder can be written again; the results that waited are stored.',
      ),
    ).toBe(true);
  });

  it(
    'loses nothing when the program ends before there is room: the trial goes on from its last ' + 'checkpoint',
    async () => {
      const {
        bench: { workbench, events, notes },
        full,
      } = await openSmall();
      const study = await workbench.call('study.create', longWalks([1]));
      const [trial] = (await workbench.call('study.get', { id: study.id })).trials;
      full();
      await waits(workbench);
      expect(existsSync(join(folder.path, 'checkpoints', `${trial?.id ?? ''}.checkpoint`))).toBe(true);
      await workbench.close();
      expect(events.at(-1)).toMatchObject({
        kind: 'log',
        message: expect.stringContaining('goes on from its last checkpoint at the next start'),
      });

      bench = await openBench(folder.path);
      expect(await ended(bench.workbench, study.id)).toMatchObject({ state: 'done', counts: { done: 1, failed: 0 } });
      // The walk began once; the second start took it up in the middle.
      expect(notes()).toEqual(['walk 1']);
      expect(readdirSync(join(folder.path, 'checkpoints'))).toEqual([]);
    },
  );

  it('lets a person cancel what waits, while a pause leaves it to be stored', async () => {
    const {
      bench: { workbench },
      full,
      free,
    } = await openSmall();
    const cancelled = await workbench.call('study.create', longWalks([1]));
    full();
    await waits(workbench);
    expect(await workbench.call('study.cancel', { id: cancelled.id })).toMatchObject({
      state: 'cancelled',
      counts: { cancelled: 1 },
    });
    free();
    const paused = await workbench.call('study.create', longWalks([2, 3]));
    await when(workbench, trialWith('running'));
    full();
    await waits(workbench);
    expect(await workbench.call('study.pause', { id: paused.id })).toMatchObject({ counts: { running: 1, paused: 1 } });
    free();
    expect(await when(workbench, trialWith('done'))).toMatchObject({ spec: { seed: 2 } });
    expect(await workbench.call('study.get', { id: paused.id })).toMatchObject({
      state: 'paused',
      counts: { done: 1, paused: 1 },
    });
    expect(await workbench.call('study.get', { id: cancelled.id })).toMatchObject({
      counts: { cancelled: 1, done: 0 },
    });
  });
});
