import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { metricVersions } from '../../../src-main/metrics/registry.ts';
import { ended, request, trialWith, when } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';
import { planned, study } from '../../fixtures/results.ts';
import { benchOfEach } from './bench-of-each.ts';

const { open, folder } = benchOfEach();

const workbenchMetrics = async (open: Bench, id: string): Promise<Record<string, number>> =>
  Object.fromEntries(
    (await open.workbench.call('trial.get', { id })).metrics.map((metric) => [metric.id, metric.value]),
  );

describe('a study that ends early, or stays', () => {
  it('is cancelled at once, also when its method does not yield', async () => {
    const { workbench } = await open({ times: { cancel: 200 } });
    const running = when(workbench, trialWith('running', 'fake-deaf'));
    const study = await workbench.call('study.create', request(['fake-deaf'], { seeds: [0] }));
    await running;
    expect(await workbench.call('study.cancel', { id: study.id })).toMatchObject({
      state: 'cancelled',
      counts: { cancelled: 1, running: 0 },
    });
    // The worker is free again: another study runs on it or on a new one.
    const next = await workbench.call('study.create', request(['fake-walk'], { seeds: [5] }));
    expect((await ended(workbench, next.id)).state).toBe('done');
  });

  it('of a thousand trials is cancelled and forgotten at once', async () => {
    const { workbench, store, events } = await open({ capacity: () => 0 });
    const body = request(['fake-walk'], { seeds: [0] });
    store.createStudy(
      study('large', { request: JSON.stringify(body) }),
      Array.from({ length: 1000 }, (_, seed) => planned({ seed, method: 'fake-walk', suite: 'fake/suite' })),
    );
    const before = process.threadCpuUsage();
    expect((await workbench.call('study.cancel', { id: 'large' })).counts).toMatchObject({
      cancelled: 1000,
      queued: 0,
    });
    await new Promise((resolve) => setImmediate(resolve));
    // One change of the study, not a thousand, each of which would count its trials.
    expect(events.filter(({ kind }) => kind === 'study').length).toBeLessThan(5);
    expect(await workbench.call('study.delete', { id: 'large', results: true })).toEqual({ deletedTrials: 1000 });
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(6);
    expect(store.studies()).toEqual([]);
    expect(store.trialsInState('cancelled')).toEqual([]);
  });

  it('stays as it is where all of its trials have ended, whatever is asked of it', async () => {
    const { workbench, store } = await open();
    const done = await workbench.call('study.create', request(['fake-walk'], { seeds: [0] }));
    const failed = await workbench.call('study.create', request(['fake-broken'], { seeds: [0] }));
    for (const [{ id }, state] of [
      [done, 'done'],
      [failed, 'failed'],
    ] as const) {
      expect((await ended(workbench, id)).state).toBe(state);
      const before = store.study(id);
      for (const operation of ['study.cancel', 'study.pause', 'study.resume'] as const)
        expect((await workbench.call(operation, { id })).state).toBe(state);
      expect(store.study(id)).toEqual(before);
    }
  });

  it('is forgotten with its own results only', async () => {
    const { workbench, store } = await open();
    const first = await workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1] }));
    const second = await workbench.call('study.create', request(['fake-walk'], { seeds: [1, 2] }));
    await Promise.all([ended(workbench, first.id), ended(workbench, second.id)]);
    expect(await workbench.call('study.delete', { id: first.id, results: true })).toEqual({ deletedTrials: 1 });
    expect((await workbench.call('study.get', { id: second.id })).counts.done).toBe(2);
    expect(await workbench.call('study.delete', { id: second.id, results: false })).toEqual({ deletedTrials: 0 });
    expect(await workbench.call('study.list', {})).toEqual([]);
    expect(store.trialsInState('done')).toHaveLength(2);
  });

  it.each([0, 1])(
    'keeps per-sample probabilities of as many trials as the person set, %i, and every metric',
    async (keepProbabilities) => {
      const { workbench, store } = await open({ keepProbabilities, capacity: () => 1 });
      const study = await workbench.call('study.create', request(['fake-walk'], { seeds: [0, 1, 2] }));
      await ended(workbench, study.id);
      const { trials } = await workbench.call('study.get', { id: study.id });
      // The fake measures the same probabilities for every seed, so the one file of the newest trial stays, and only
      // that trial names it.
      expect(trials.filter(({ id }) => store.primitives(id)?.probabilities['test'] !== undefined)).toHaveLength(
        keepProbabilities,
      );
      expect(trials.every(({ id }) => store.metrics(id).length > 0)).toBe(true);
    },
  );

  it('has its metrics computed again when a definition has changed, and loses what cannot be', async () => {
    const { workbench } = await open();
    const study = await workbench.call('study.create', request(['fake-walk'], { seeds: [0] }));
    await ended(workbench, study.id);
    const id = (await workbench.call('study.get', { id: study.id })).trials[0]?.id ?? '';
    const before = (await workbench.call('trial.get', { id })).metrics;
    await workbench.close();
    // An older program stored another accuracy, and a barrier that this trial's primitives do not give.
    const database = new DatabaseSync(join(folder(), 'results.sqlite'));
    const versions = JSON.stringify({ ...metricVersions(), 'acc.test': 0, 'barrier.loss.frankle20': 0 });
    database.prepare('INSERT INTO definitions (number, versions) VALUES (99, ?)').run(versions);
    database.exec(
      'UPDATE trials SET definitions = 99, checksum = NULL; UPDATE metrics SET value = 0.125 WHERE ' +
        "metric IN ('acc.test', 'nll.test'); INSERT INTO metrics VALUES (1, 'barrier.loss.frankle20', " +
        "'test', -1, 7)",
    );
    database.close();
    const reopened = await open();
    await when(reopened.workbench, (event) =>
      event.kind === 'log' && event.message.includes('computed again') ? true : null,
    );
    const after = await workbenchMetrics(reopened, id);
    expect(after['acc.test']).toBe(before.find((metric) => metric.id === 'acc.test')?.value);
    // Of the same definition: left as it is.
    expect(after['nll.test']).toBe(0.125);
    expect(after['barrier.loss.frankle20']).toBeUndefined();
    expect(reopened.store.outdatedTrials(1)).toEqual([]);
  });

  it('may be renamed, and is found by its name and by the start of its id', async () => {
    const { workbench } = await open();
    const study = await workbench.call('study.create', request(['fake-walk'], { seeds: [0] }));
    await ended(workbench, study.id);
    await workbench.call('study.rename', { id: study.id.slice(0, 8), name: 'another name' });
    expect((await workbench.call('study.get', { id: 'another name' })).id).toBe(study.id);
    await expect(workbench.call('study.get', { id: 'nothing' })).rejects.toMatchObject({
      failure: { kind: 'not-found' },
    });
  });
});
