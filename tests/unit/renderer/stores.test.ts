import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { StudyDetail, StudySummary, WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';
import { watch } from 'vue';
import { planningText } from '../../../src-renderer/app/study-progress.ts';
import { useAnnounce } from '../../../src-renderer/stores/announce.ts';
import { useClient } from '../../../src-renderer/stores/client.ts';
import { useStudies } from '../../../src-renderer/stores/studies.ts';
import { trial, counts, summary, detail, fakeWorkbench, catalogueAnswers } from './store-answers.ts';

beforeEach(() => {
  setActivePinia(createPinia());
  // The theme is written to the page; here there is none.
  vi.stubGlobal('document', { documentElement: { dataset: {} } });
  vi.stubGlobal('getComputedStyle', () => ({ getPropertyValue: (name: string) => ` literal of ${name}` }));
});

describe('studies', () => {
  const catalogue = catalogueAnswers;

  test('the list is asked for once by all who want it at a time, and again later, also after a failure', async () => {
    const workbench = fakeWorkbench({});
    useClient().start(workbench.client);
    const studies = useStudies();
    await Promise.all([studies.refresh(), studies.refresh()]);
    expect([workbench.asked, studies.listFailure === null, studies.listLoaded]).toEqual([['study.list'], false, false]);
    workbench.answer('study.list', [summary('a', 1)]);
    await Promise.all([studies.refresh(), studies.refresh()]);
    expect([workbench.asked, studies.listFailure, studies.list.length]).toEqual([
      ['study.list', 'study.list'],
      null,
      1,
    ]);
  });

  test('events keep the list and an open study current; a deleted one goes', async () => {
    const workbench = fakeWorkbench({
      ...catalogue,
      'study.list': [summary('old', 1, 'done'), summary('new', 2)],
      'study.get': detail('new'),
    });
    useClient().start(workbench.client);
    const studies = useStudies();
    await studies.refresh();
    expect(studies.list.map((study) => study.id)).toEqual(['new', 'old']);
    expect(studies.active.map((study) => study.id)).toEqual(['new']);
    await studies.open('new');
    workbench.push({ kind: 'trial', trial: trial('t1', 'done'), studies: ['new'] });
    workbench.push({ kind: 'trial', trial: trial('t2', 'running'), studies: ['new', 'elsewhere'] });
    expect(studies.details.get('new')?.trials.map((each) => [each.id, each.state])).toEqual([
      ['t1', 'done'],
      ['t2', 'running'],
    ]);
    workbench.push({ kind: 'study', study: { ...summary('new', 2, 'paused'), name: 'renamed' } });
    expect(studies.details.get('new')).toMatchObject({ name: 'renamed', state: 'paused' });
    expect(studies.details.get('new')?.trials).toHaveLength(2);
    workbench.push({ kind: 'study-deleted', id: 'new' });
    expect(studies.list.map((study) => study.id)).toEqual(['old']);
    expect(studies.details.has('new')).toBe(false);
  });

  test('trials that end one after another are drawn four times a second, and are known at once', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const many = Array.from({ length: 400 }, (_, i) => trial(`t${i}`, 'queued'));
    const workbench = fakeWorkbench({ ...catalogue, 'study.get': { ...detail('new'), trials: many } });
    useClient().start(workbench.client);
    const studies = useStudies();
    const first = await studies.open('new');
    try {
      vi.advanceTimersByTime(1000);
      const drawn: number[] = [];
      const stop = watch(
        () => studies.details.get('new'),
        (now) => drawn.push(now?.trials.filter(({ state }) => state === 'done').length ?? 0),
        { flush: 'sync' },
      );
      for (let i = 0; i < 400; i++) {
        workbench.push({ kind: 'trial', trial: trial(`t${i}`, 'done'), studies: ['new'] });
        workbench.push({
          kind: 'study',
          study: { ...summary('new', 2), counts: { ...counts, queued: 399 - i, done: i + 1 } },
        });
        expect(studies.details.get('new')?.trials[i]?.state).toBe('done');
        vi.advanceTimersByTime(5);
      }
      vi.advanceTimersByTime(1000);
      stop();
      expect([drawn[0], drawn.at(-1)]).toEqual([1, 400]);
      expect(drawn.length).toBeLessThanOrEqual(10);
      // What was drawn is never changed in place.
      expect(first.trials.every(({ state }) => state === 'queued')).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  test('what is told of a trial while its study is on its way is newer than what is answered', async () => {
    let answer: (study: StudyDetail) => void = () => undefined;
    const slow = new Promise<StudyDetail>((resolve) => {
      answer = resolve;
    });
    const workbench = fakeWorkbench({ ...catalogue, 'study.get': slow });
    useClient().start(workbench.client);
    const studies = useStudies();
    const opening = studies.open('new');
    workbench.push({ kind: 'trial', trial: trial('t1', 'done'), studies: ['new'] });
    answer({ ...detail('new'), trials: [trial('t1', 'running'), trial('t2', 'queued')] });
    expect((await opening).trials.map(({ state }) => state)).toEqual(['done', 'queued']);
    workbench.answer('study.get', { ...detail('new'), trials: [trial('t1', 'failed'), trial('t2', 'queued')] });
    expect((await studies.open('new')).trials[0]?.state).toBe('failed');
  });

  test('after the Workbench returns, the list and open studies are fetched again', async () => {
    const workbench = fakeWorkbench({ ...catalogue, 'study.list': [], 'study.get': detail('a') });
    const client = useClient();
    client.start(workbench.client);
    const studies = useStudies();
    await studies.open('a');
    workbench.asked.length = 0;
    workbench.push({ kind: 'workbench', state: 'restarting', message: 'It died.' });
    expect([client.connection, client.usable]).toEqual(['restarting', false]);
    const before = client.epoch;
    workbench.push({ kind: 'workbench', state: 'up', message: '' });
    await vi.waitFor(() => expect([...workbench.asked].sort()).toEqual(['study.get', 'study.list']));
    expect(client.epoch).toBe(before + 1);
  });
});

test('an own file that has changed is said to have been seen, and the catalogue is read again', async () => {
  const workbench = fakeWorkbench({ ...catalogueAnswers, 'study.list': [] });
  useClient().start(workbench.client);
  useStudies();
  workbench.asked.length = 0;
  workbench.push({ kind: 'catalogue', message: 'Your method file mine.ts was read.' });
  expect(useAnnounce().notices.map(({ text }) => text)).toEqual(['Your method file mine.ts was read.']);
  await vi.waitFor(() => expect(workbench.asked).toContain('catalogue.own'));
});

describe('a study that is being planned', () => {
  const planned = (trials: number): WorkbenchEvent => ({
    kind: 'planning',
    study: 'new',
    name: 'Study new',
    what: 'planned',
    trials,
    total: null,
  });

  test('is listed, tells how far it is, and is known to the window that asked for it until it runs', async () => {
    let answer: (study: StudySummary) => void = () => undefined;
    const made = new Promise<StudySummary>((resolve) => {
      answer = resolve;
    });
    const workbench = fakeWorkbench({ 'study.create': made });
    useClient().start(workbench.client);
    const studies = useStudies();
    const creating = studies.create({ ...detail('new').request, name: 'Study new' });
    expect(studies.starting).toEqual({ name: 'Study new', study: null });
    // Another window's comes first; it is not ours.
    workbench.push({ kind: 'study', study: { ...summary('other', 1, 'planning'), name: 'Other' } });
    expect(studies.starting?.study).toBe(null);
    workbench.push({ kind: 'study', study: summary('new', 2, 'planning') });
    workbench.push(planned(1200));
    expect(studies.starting?.study).toBe('new');
    expect(studies.active.map(({ id }) => id)).toEqual(['new', 'other']);
    const progress = studies.planning.get('new');
    expect(progress && planningText(progress)).toBe('1,200 trials planned so far');
    answer(summary('new', 2));
    await creating;
    expect([studies.starting, studies.planning.has('new'), studies.list[0]?.state]).toEqual([null, false, 'running']);
  });

  test('goes when it is cancelled, and nothing is asked about it any more', async () => {
    const workbench = fakeWorkbench({
      ...catalogueAnswers,
      'study.get': { ...detail('new'), state: 'planning' },
      'study.cancel': summary('new', 1, 'cancelled'),
    });
    useClient().start(workbench.client);
    const studies = useStudies();
    await studies.open('new');
    workbench.push(planned(10));
    workbench.asked.length = 0;
    await studies.act('new', 'study.cancel');
    workbench.push({ kind: 'study-deleted', id: 'new' });
    expect(workbench.asked).toEqual(['study.cancel']);
    expect([studies.list, studies.planning.size, studies.details.size]).toEqual([[], 0, 0]);
  });
});
