import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DatabaseSync } from 'node:sqlite';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { adoptCheckpoints } from '../../../src-main/trial/checkpoint.ts';
import type { WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';
import type { WorkbenchParts } from '../../../src-main/workbench/workbench.ts';
import { fakeMethods } from '../../fixtures/fake-methods.ts';
import { ended, openBench, request, temporaryFolder, trialWith, when } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

/** Trials that were asked for from a program of other versions: nothing answers for what it is not. */

let folder: { path: string; remove(): void };
let benches: Bench[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const bench of benches.splice(0)) await bench.workbench.close({ graceful: false });
  folder.remove();
});

/** The program with these versions of methods, 1 unless told; `worker` where its workers have others. */
async function program(
  versions: Record<string, number>,
  more: Partial<WorkbenchParts> = {},
  worker = versions,
): Promise<Bench> {
  writeFileSync(join(folder.path, 'versions.json'), JSON.stringify(worker));
  const given = fakeMethods({ once: () => false, note: () => undefined }).map((method) => ({
    ...method,
    version: versions[method.id] ?? method.version,
  }));
  const bench = await openBench(folder.path, { methods: await loadMethods({ given }), ...more });
  benches.push(bench);
  return bench;
}
async function closed(bench: Bench, graceful = true): Promise<void> {
  benches = benches.filter((one) => one !== bench);
  await bench.workbench.close({ graceful });
}
const logOf = (events: readonly WorkbenchEvent[]): string =>
  events.flatMap((event) => (event.kind === 'log' ? [event.message] : [])).join('\n');
/** What a study's trials are: method, version, state. */
function trialsOf({ store }: Bench, study: string): string[] {
  return store
    .studyTrials(study)
    .map(({ trial, role }) => `${role} ${trial.method} ${trial.methodVersion} ${trial.state}`)
    .sort();
}

it('a queued trial is planned anew when the version of its method was raised, and the study says so', async () => {
  const before = await program({}, { capacity: () => 0 });
  const { id } = await before.workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1] }));
  expect(trialsOf(before, id)).toEqual(['cell fake-walk 1 queued', 'cell fake-walk 1 queued']);
  await closed(before);

  const after = await program({ 'fake-walk': 2 });
  expect((await ended(after.workbench, id)).state).toBe('done');
  expect(trialsOf(after, id)).toEqual(['cell fake-walk 2 done', 'cell fake-walk 2 done']);
  expect(logOf(after.events)).toContain(
    '2 trials were asked for as this program would no longer compute them, and planned anew ' +
      '(fake-walk: method version 1, now 2)',
  );
  // What was never run is nobody's result.
  expect(after.store.trialsInState('queued', 'waiting', 'done')).toHaveLength(2);
});

it('so are those that wait for what it makes, also where that is done already', async () => {
  const before = await program({}, { capacity: () => 1 });
  const members = await before.workbench.call('study.create', request(['fake-ensemble'], { seeds: [0] }));
  await ended(before.workbench, members.id);
  await closed(before);
  const stopped = await program({}, { capacity: () => 0 });
  const { id } = await stopped.workbench.call('study.create', {
    ...request([], { seeds: [0] }),
    methods: [{ method: 'fake-ensemble', hyperParameters: { steps: 20 } }],
  });
  expect(trialsOf(stopped, id)).toEqual(['artefact fake-member 1 done', 'cell fake-ensemble 1 queued']);
  await closed(stopped);

  const after = await program({ 'fake-member': 2 });
  expect((await ended(after.workbench, id)).state).toBe('done');
  expect(trialsOf(after, id)).toContain('artefact fake-member 2 done');
  const ensemble = after.store.studyTrials(id).find(({ trial }) => trial.method === 'fake-ensemble')?.trial;
  const [member] = Object.values(after.store.needs(ensemble?.id ?? '')).map((needed) => after.store.trial(needed));
  expect(member).toMatchObject({ methodVersion: 2, state: 'done' });
  expect(logOf(after.events)).toContain('fake-ensemble: what it needs is made anew');
  // What the member of before and the ensemble over it measured stays.
  expect(trialsOf(after, members.id)).toEqual(['artefact fake-member 1 done', 'cell fake-ensemble 1 done']);
});

it('a trial that had begun starts again: its checkpoint belongs to the other version', async () => {
  const before = await program({}, { capacity: () => 1, checkpointEvery: 0 });
  const begun = when(before.workbench, (event) =>
    event.kind === 'trial' && (event.trial.progress?.done ?? 0) >= 5 ? true : null,
  );
  const { id } = await before.workbench.call('study.create', request(['fake-slow'], { seeds: [7] }));
  await begun;
  await closed(before);
  const checkpoints = (): string[] =>
    readdirSync(join(folder.path, 'checkpoints')).filter((name) => name.endsWith('.checkpoint'));
  expect(checkpoints()).toHaveLength(1);

  const after = await program({ 'fake-slow': 2 }, { checkpointEvery: 60 });
  expect((await ended(after.workbench, id)).state).toBe('done');
  expect(trialsOf(after, id)).toEqual(['cell fake-slow 2 done']);
  expect(logOf(after.events)).toContain('Its checkpoint of before was thrown away.');
  expect(checkpoints()).toEqual([]);
  expect(after.notes().filter((line) => line === 'slow 7 0')).toHaveLength(2);
});

it('without a change nothing is planned anew, and what had begun goes on', async () => {
  const before = await program({}, { capacity: () => 1, checkpointEvery: 0 });
  const begun = when(before.workbench, (event) =>
    event.kind === 'trial' && (event.trial.progress?.done ?? 0) >= 5 ? true : null,
  );
  const { id } = await before.workbench.call('study.create', request(['fake-slow'], { seeds: [7] }));
  await begun;
  const ids = before.store.studyTrials(id).map(({ trial }) => trial.id);
  await closed(before);
  const after = await program({});
  expect((await ended(after.workbench, id)).state).toBe('done');
  expect(after.store.studyTrials(id).map(({ trial }) => trial.id)).toEqual(ids);
  expect(logOf(after.events)).not.toContain('planned anew');
  expect(after.notes().filter((line) => line === 'slow 7 0')).toHaveLength(1);
});

it('a worker of another version refuses, names the field, and nothing is run', async () => {
  const bench = await program({}, {}, { 'fake-walk': 3 });
  const failed = when(bench.workbench, trialWith('failed'));
  const { id } = await bench.workbench.call('study.create', request(['fake-walk'], { seeds: [0] }));
  expect((await failed).failure?.message).toContain(
    'Changed since: method version (asked for 1, now 3). Nothing was run.',
  );
  expect(trialsOf(bench, id)).toEqual(['cell fake-walk 1 failed']);
  expect(bench.notes()).toEqual([]);
  expect(existsSync(join(folder.path, 'worker-notes.txt'))).toBe(false);
});

it('what a person resumes or retries is looked at as well', async () => {
  const before = await program({}, { capacity: () => 0 });
  const { id } = await before.workbench.call('study.create', request(['fake-walk'], { seeds: [0] }));
  await before.workbench.call('study.pause', { id });
  await closed(before);
  const after = await program({ 'fake-walk': 2 });
  expect(trialsOf(after, id)).toEqual(['cell fake-walk 1 paused']);
  await after.workbench.call('study.resume', { id });
  expect((await ended(after.workbench, id)).state).toBe('done');
  expect(trialsOf(after, id)).toEqual(['cell fake-walk 2 done']);
});

it('a checkpoint of before ids were computed anew follows its trial', async () => {
  const before = await program({}, { capacity: () => 1, checkpointEvery: 0 });
  const begun = when(before.workbench, (event) =>
    event.kind === 'trial' && (event.trial.progress?.done ?? 0) >= 5 ? true : null,
  );
  const { id } = await before.workbench.call('study.create', request(['fake-slow'], { seeds: [7] }));
  await begun;
  const trial = before.store.studyTrials(id)[0]?.trial.id ?? '';
  await closed(before);
  // As a program of schema 5 would have left it: under another id.
  const former = 'f'.repeat(64);
  const file = (of: string): { path: string; trial: string } => ({
    path: join(folder.path, 'checkpoints', `${of}.checkpoint`),
    trial: of,
  });
  adoptCheckpoints(file(trial), file(former));
  const database = new DatabaseSync(join(folder.path, 'results.sqlite'));
  database.prepare('UPDATE trials SET former_id = ?').run(former);
  database.close();

  const after = await program({});
  expect((await ended(after.workbench, id)).state).toBe('done');
  expect(after.notes().filter((line) => line === 'slow 7 0')).toHaveLength(1);
  expect(readdirSync(join(folder.path, 'checkpoints'))).toEqual([]);
  // Notes and links still hold the old id.
  expect((await after.workbench.call('trial.get', { id: former.slice(0, 12) })).id).toBe(trial);
});

it('a study that is extended with another version keeps the two apart, in its grid and on its board', async () => {
  const before = await program({});
  const { id } = await before.workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1] }));
  await ended(before.workbench, id);
  await closed(before);
  const after = await program({ 'fake-walk': 2 });
  await after.workbench.call('study.extend', { id, suites: [], methods: [], seeds: [2] });
  await ended(after.workbench, id);
  const detail = await after.workbench.call('study.get', { id });
  expect(detail.configurations.map(({ name }) => name)).toEqual([
    'Fake fake-walk, earlier version',
    'Fake fake-walk, default',
  ]);
  const seedsOf = (name: string): number[] => {
    const key = detail.configurations.find((configuration) => configuration.name.endsWith(name))?.key;
    return detail.trials.flatMap(({ row, spec }) => (row === key ? [spec.seed] : [])).sort();
  };
  expect([seedsOf('default'), seedsOf('version')]).toEqual([
    [0, 1, 2],
    [0, 1],
  ]);
  const board = await after.workbench.call('leaderboard.get', { study: id, metrics: ['acc.test'] });
  expect(board.rows.map(({ superseded, cells: [cell] }) => [superseded, cell?.estimate?.n])).toEqual([
    [null, 3],
    ['method version 1', 2],
  ]);
});
