import { afterEach, beforeEach, expect, it } from 'vitest';
import type { WorkbenchParts } from '../../../src-main/workbench/workbench.ts';
import { openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';
import { turnsDuring } from '../../fixtures/loop-delay.ts';

/** Nothing that can be done with a study of many thousands of trials keeps others waiting. */

let folder = { path: '', remove: (): void => undefined };
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const CONFIGURATIONS = 200;
const SEEDS = 99;
const TRIALS = CONFIGURATIONS * SEEDS;
const methods = Array.from({ length: CONFIGURATIONS }, (_, index) => ({
  method: 'fake-walk',
  hyperParameters: { steps: index + 1 },
}));

/** A Workbench that finds a study of 19,800 trials; nothing runs unless there is a place for it. */
async function openLarge(more: Partial<WorkbenchParts> = {}): Promise<Bench & { readonly id: string }> {
  const first = await openBench(folder.path, { capacity: () => 0 });
  const asked = request([], { name: 'large', seeds: Array.from({ length: SEEDS }, (_, seed) => seed) });
  const { id } = await first.workbench.call('study.create', { ...asked, methods });
  await first.workbench.close();
  return { ...(await openBench(folder.path, { capacity: () => 0, ...more })), id };
}

it(
  'of 19,800 trials is listed, shown, paused, resumed, cancelled, retried, extended and deleted ' + 'beside others',
  async () => {
    const { workbench, store, id } = await openLarge();
    const counts = async (): Promise<Record<string, number>> => (await workbench.call('study.get', { id })).counts;
    const turns = new Map<string, number>();
    const measured = async (what: string, work: () => Promise<unknown>): Promise<void> => {
      turns.set(what, await turnsDuring(work));
    };
    await measured('start and list', () => workbench.call('study.list', {}));
    await measured('get', () => workbench.call('study.get', { id }));
    await measured('pause', () => workbench.call('study.pause', { id }));
    expect(await counts()).toMatchObject({ paused: TRIALS, queued: 0 });
    await measured('resume', () => workbench.call('study.resume', { id }));
    expect(await counts()).toMatchObject({ paused: 0, queued: TRIALS });
    await measured('cancel', () => workbench.call('study.cancel', { id }));
    expect(await counts()).toMatchObject({ cancelled: TRIALS });
    await measured('retry', () => workbench.call('study.retry', { id }));
    expect(await counts()).toMatchObject({ queued: TRIALS });
    await measured('extend', () => workbench.call('study.extend', { id, seeds: [99], methods: [], suites: [] }));
    expect((await workbench.call('study.get', { id })).trials).toHaveLength(TRIALS + CONFIGURATIONS);
    await measured('deletion', () => workbench.call('study.deletion', { id, results: true }));
    await measured('delete', () => workbench.call('study.delete', { id, results: true }));
    expect(store.studies()).toEqual([]);
    for (const [what, longest] of turns) expect.soft(longest, what).toBeLessThan(100);
    await workbench.close();
  },
  300_000,
);

it('that is paused starts nothing more from then on, and goes on where it is when it is resumed at once', async () => {
  const { workbench, store, id } = await openLarge({ capacity: () => 1 });
  const pausing = workbench.call('study.pause', { id });
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  const resumed = await workbench.call('study.resume', { id });
  await pausing;
  expect(resumed).toMatchObject({ state: 'running' });
  const states = new Set(store.studyTrials(id).map(({ trial }) => trial.state));
  expect(states.has('paused')).toBe(false);
  await workbench.close({ graceful: false });
}, 120_000);

it('whose deletion was cut off is deleted at the next start', async () => {
  const { id, ...first } = await openLarge();
  await first.workbench.call('study.cancel', { id });
  const steps = first.store.deleteStudy(id, true);
  // As a process that was killed leaves it: some trials are gone.
  while (first.store.studyCounts(id).some(({ count }) => count === TRIALS)) steps.next();
  expect(first.store.studiesBeingDeleted()).toEqual([{ id, results: true }]);
  await first.workbench.close();
  const again = await openBench(folder.path);
  await expect.poll(() => again.store.studies(), { timeout: 60_000 }).toEqual([]);
  expect(again.store.studiesBeingDeleted()).toEqual([]);
  expect(again.store.trialsByPrefix('0')).toEqual([]);
  await again.workbench.close();
}, 120_000);
