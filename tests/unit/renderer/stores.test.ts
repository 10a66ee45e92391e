import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type {
  Operation,
  StudyDetail,
  StudySummary,
  TrialSummary,
  WorkbenchEvent,
} from '../../../src-main/workbench/contract/contract.ts';
import { watch } from 'vue';
import { planningText } from '../../../src-renderer/app/study-progress.ts';
import { useAnnounce } from '../../../src-renderer/stores/announce.ts';
import { useAppearance } from '../../../src-renderer/stores/appearance.ts';
import { useClient } from '../../../src-renderer/stores/client.ts';
import { appendPoint } from '../../../src-main/metrics/live-points.ts';
import type { LivePoint } from '../../../src-main/metrics/live-points.ts';
import { useStudies } from '../../../src-renderer/stores/studies.ts';
import { useViewHistory } from '../../../src-renderer/stores/viewHistory.ts';
import { clientOver } from '../../../src-renderer/transport/client.ts';

const trial = (id: string, state: TrialSummary['state'], method = 'er'): TrialSummary => ({
  id,
  spec: { suite: 'split-optdigits', method, hyperParameters: {}, seed: 0, backend: 'tensorflow-cpu' },
  row: method,
  state,
  phase: null,
  progress: null,
  failure: null,
  role: 'cell',
  createdAt: 1,
  startedAt: null,
  finishedAt: null,
  headline: null,
  seconds: null,
});
const counts = {
  queued: 0,
  waiting: 0,
  running: 0,
  paused: 0,
  done: 0,
  failed: 0,
  cancelled: 0,
  diverged: 0,
  'not-possible': 0,
};
const summary = (id: string, createdAt: number, state: StudySummary['state'] = 'running'): StudySummary => ({
  id,
  name: `Study ${id}`,
  state,
  createdAt,
  finishedAt: null,
  suites: ['split-optdigits'],
  methods: ['er', 'der', 'naive'],
  seeds: [0],
  backend: 'tensorflow-cpu',
  imported: null,
  counts,
  eta: null,
  trouble: null,
});
const detail = (id: string): StudyDetail => ({
  ...summary(id, 1),
  request: {
    name: 'x',
    suites: ['split-optdigits'],
    methods: [
      { method: 'er', hyperParameters: { memory: 200 } },
      { method: 'er', hyperParameters: {} },
      { method: 'der', hyperParameters: {} },
    ],
    seeds: [0],
    backend: 'auto',
    references: true,
  },
  configurations: [],
  leftOut: [],
  trials: [trial('t1', 'queued')],
  examplesPerSecond: null,
  forecasts: [],
});

/** A Workbench of fixed answers; the test pushes its events. */
function fakeWorkbench(answers: Partial<Record<Operation, unknown>>) {
  const asked: string[] = [];
  let push: (event: unknown) => void = () => undefined;
  const replies = new Map(Object.entries(answers));
  const client = clientOver({
    async send(operation) {
      asked.push(operation);
      if (!replies.has(operation)) throw new Error(`not answered: ${operation}`);
      return replies.get(operation);
    },
    subscribe(listener) {
      push = listener;
      return () => undefined;
    },
  });
  return {
    client,
    asked,
    push: (event: WorkbenchEvent) => push(event),
    answer: (operation: Operation, reply: unknown) => {
      replies.set(operation, reply);
    },
  };
}

beforeEach(() => {
  setActivePinia(createPinia());
  // The theme is written to the page; here there is none.
  vi.stubGlobal('document', { documentElement: { dataset: {} } });
  vi.stubGlobal('getComputedStyle', () => ({ getPropertyValue: (name: string) => ` literal of ${name}` }));
});

const catalogueAnswers = {
  'catalogue.suites': [],
  'catalogue.methods': [],
  'catalogue.own': [],
  'catalogue.metrics': [],
  'data.list': [],
  'system.info': {
    version: '0',
    dataFolder: '',
    node: '',
    platform: '',
    cpu: '',
    cores: 1,
    memoryBytes: 1,
    backend: '',
    backends: [],
    workers: 1,
    readOnly: null,
  },
};

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

describe('curves of trials', () => {
  const point = (x: number): WorkbenchEvent => ({
    kind: 'curve-point',
    trial: 'runs',
    name: 'loss',
    x,
    y: x,
    places: { seconds: 2 * x },
  });

  test('a window that was reloaded has what a trial measured before, then what it hears', async () => {
    const before = {
      name: 'loss',
      x: 'step',
      points: [0, 1, 2, 3].map((x) => [x, x]),
      axes: { seconds: [0, 2, 4, 6] },
    };
    const workbench = fakeWorkbench({
      'trial.curves': [
        { trial: 'runs', stored: false, curves: [before] },
        { trial: 'ended', stored: true, curves: [{ name: 'loss', x: 'step', points: [[5, null]], axes: {} }] },
      ],
    });
    useClient().start(workbench.client);
    const studies = useStudies();
    workbench.push(point(3));
    workbench.push(point(4));
    const ended = await studies.readCurves(['runs', 'ended']);
    workbench.push(point(5));
    expect(
      studies.live
        .get('runs')
        ?.get('loss')
        ?.map(({ x }) => x),
    ).toEqual([0, 1, 2, 3, 4, 5]);
    expect(
      studies.live
        .get('runs')
        ?.get('loss')
        ?.map(({ places }) => places?.seconds),
    ).toEqual([0, 2, 4, 6, 8, 10]);
    expect([...ended]).toEqual([
      ['ended', new Map([['loss', { x: 'step', points: [{ x: 5, y: Number.NaN, places: {} }] }]])],
    ]);
    expect(studies.live.has('ended')).toBe(false);
  });
});

describe('live curves', () => {
  test('a long curve is thinned but keeps its ends', () => {
    let points: LivePoint[] = [];
    for (let x = 0; x < 5000; x++) points = appendPoint(points, { x, y: x }, 600);
    expect(points.length).toBeLessThanOrEqual(600);
    expect([points[0]?.x, points.at(-1)?.x]).toEqual([0, 4999]);
    expect(points.every((point, index) => index === 0 || point.x > (points[index - 1]?.x ?? 0))).toBe(true);
  });

  test('a trial that resumed from its checkpoint overwrites what came after it', () => {
    let points: LivePoint[] = [];
    for (const [x, y] of [
      [1, 10],
      [2, 20],
      [3, 30],
      [2, 21],
    ] as const)
      points = appendPoint(points, { x, y }, 600);
    expect(points).toEqual([
      { x: 1, y: 10 },
      { x: 2, y: 21 },
    ]);
  });
});

test('a look becomes colours of the theme: the same for CSS and for charts', () => {
  const look = useAppearance().shown({ colour: '3', marker: 'plus', dash: 'dotted' });
  expect({ ...look }).toEqual({
    css: 'var(--series-3)',
    colour: 'literal of --series-3',
    marker: 'plus',
    dash: 'dotted',
  });
});

test('view changes are undone and done again, a new one forgets the undone', () => {
  const history = useViewHistory();
  const shown: string[] = [];
  const change = (name: string) => ({
    label: name,
    undo: () => {
      shown.push(`-${name}`);
    },
    redo: () => {
      shown.push(`+${name}`);
    },
  });
  history.record(change('a'));
  history.record(change('b'));
  history.undo();
  history.redo();
  history.undo();
  history.record(change('c'));
  history.redo();
  history.undo();
  expect(shown).toEqual(['-b', '+b', '-b', '-c']);
});
