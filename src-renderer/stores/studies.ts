import { defineStore } from 'pinia';
import { computed, ref, shallowReactive, shallowRef, triggerRef } from 'vue';
import type {
  StudyDetail,
  StudyRequest,
  StudySummary,
  TrialSummary,
  WorkbenchEvent,
  WorkbenchFailure,
} from '../../src-main/workbench/contract.ts';
import { same, unlessSame } from '../app/same.ts';
import { failureOf } from '../transport/failures.ts';
import { useCatalogue } from './catalogue.ts';
import { useClient } from './client.ts';

export interface LogLine {
  readonly trial: string | null;
  /** The studies that it concerns; none where it concerns the whole data folder. */
  readonly studies: readonly string[];
  readonly at: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
}

export interface LivePoint {
  readonly x: number;
  readonly y: number;
}

const MOST_LOG_LINES = 2000;
const MOST_POINTS = 600;
/** Milliseconds between redraws of what streams in. */
const REDRAW = 250;

/** Keeps every other point once a live curve is long: its shape stays, its memory does not grow. */
export function appendPoint(points: LivePoint[], point: LivePoint): LivePoint[] {
  const last = points.at(-1);
  if (last !== undefined && point.x <= last.x) {
    // A trial resumed from its checkpoint measures again what was already drawn.
    return [...points.filter((earlier) => earlier.x < point.x), point];
  }
  points.push(point);
  return points.length > MOST_POINTS
    ? points.filter((_, index) => index % 2 === 0 || index === points.length - 1)
    : points;
}

/** Studies, the open ones with their trials, their live curves and the log. Events keep all of it current. */
export const useStudies = defineStore('studies', () => {
  const client = useClient();
  const catalogue = useCatalogue();
  const list = shallowRef<StudySummary[]>([]);
  const listLoaded = ref(false);
  const listFailure = shallowRef<WorkbenchFailure | null>(null);
  /** Values are replaced, never changed in place: hundreds of trials need no watchers of their own, and what is still the same object need not be drawn again. */
  const details = shallowReactive(new Map<string, StudyDetail>());
  const log = shallowRef<LogLine[]>([]);
  /** By trial, then by curve's name. */
  const live = shallowRef(new Map<string, Map<string, LivePoint[]>>());
  let scheduled = false;
  const dirty = { log: false, live: false };
  /** Progress that is not on screen yet, by trial. */
  const waiting = new Map<string, { readonly trial: TrialSummary; readonly studies: readonly string[] }>();

  /** Redraws a few times a second, however much arrives: workers tell of their progress more often than a person can read. */
  function touch(what?: 'log' | 'live'): void {
    if (what !== undefined) dirty[what] = true;
    if (scheduled) return;
    scheduled = true;
    const flush = (): void => {
      scheduled = false;
      if (dirty.log) log.value = log.value.slice(-MOST_LOG_LINES);
      if (dirty.live) triggerRef(live);
      dirty.log = dirty.live = false;
      placeTrials([...waiting.values()]);
      waiting.clear();
    };
    setTimeout(flush, REDRAW);
  }

  /** A change of state is shown at once, mere progress with the next redraw. */
  function hearTrial(trial: TrialSummary, studies: readonly string[]): void {
    const before = studies.flatMap((id) => details.get(id)?.trials.find((known) => known.id === trial.id) ?? []);
    if (before.length > 0 && before.every((known) => known.state === trial.state)) {
      waiting.set(trial.id, { trial, studies });
      touch();
    } else {
      waiting.delete(trial.id);
      placeTrials([{ trial, studies }]);
    }
  }

  let refreshing: Promise<void> | null = null;

  /** Fetches the list again; who asks while it is on its way waits for that one. */
  function refresh(): Promise<void> {
    return (refreshing ??= fetchList().finally(() => {
      refreshing = null;
    }));
  }

  async function fetchList(): Promise<void> {
    try {
      list.value = await client.call('study.list', {});
      listFailure.value = null;
      listLoaded.value = true;
    } catch (thrown) {
      listFailure.value = failureOf(thrown);
    }
  }

  /** Fetches a study with its trials and keeps it current from then on. Rejects with WorkbenchError. */
  async function open(id: string): Promise<StudyDetail> {
    // Asked at once, not after the view that wants it has been set up.
    const [detail] = await Promise.all([client.call('study.get', { id }), catalogue.ensure()]);
    const known = details.get(id);
    const now = known === undefined ? detail : keepingSame(known, detail);
    if (now === known) return now;
    details.set(id, now);
    place(now);
    return now;
  }

  function place(summary: StudySummary): void {
    const known = list.value.some((study) => study.id === summary.id);
    list.value = known
      ? list.value.map((study) => (study.id === summary.id ? summary : study))
      : [summary, ...list.value];
    const detail = details.get(summary.id);
    if (detail !== undefined && detail !== summary) details.set(summary.id, { ...detail, ...pickSummary(summary) });
  }

  function placeTrials(news: readonly { readonly trial: TrialSummary; readonly studies: readonly string[] }[]): void {
    for (const [id, detail] of details) {
      const changed = new Map(
        news.flatMap(({ trial, studies }) => (studies.includes(id) ? [[trial.id, trial] as const] : [])),
      );
      if (changed.size === 0) continue;
      const known = new Set(detail.trials.map((trial) => trial.id));
      const added = [...changed.values()].filter((trial) => !known.has(trial.id));
      details.set(id, {
        ...detail,
        trials: [...detail.trials.map((trial) => changed.get(trial.id) ?? trial), ...added],
      });
    }
  }

  function hear(event: WorkbenchEvent): void {
    switch (event.kind) {
      case 'study':
        return place(event.study);
      case 'trial':
        return hearTrial(event.trial, event.studies);
      case 'study-deleted': {
        details.delete(event.id);
        list.value = list.value.filter((study) => study.id !== event.id);
        return;
      }
      case 'log': {
        const { trial, studies: about, at, level, message } = event;
        log.value.push({ trial, studies: about, at, level, message });
        return touch('log');
      }
      case 'curve-point': {
        let curves = live.value.get(event.trial);
        if (curves === undefined) live.value.set(event.trial, (curves = new Map()));
        curves.set(event.name, appendPoint(curves.get(event.name) ?? [], { x: event.x, y: event.y }));
        return touch('live');
      }
      case 'workbench': {
        if (event.state !== 'up') return;
        void refresh();
        for (const id of details.keys()) void open(id).catch(() => undefined);
        return;
      }
      case 'catalogue':
        void catalogue.reload();
        return;
      case 'data':
        return;
    }
  }
  client.subscribe(hear);

  async function act(
    id: string,
    operation: 'study.pause' | 'study.resume' | 'study.cancel' | 'study.retry',
  ): Promise<void> {
    place(await client.call(operation, { id }));
    if (details.has(id)) await open(id);
  }

  async function create(request: StudyRequest): Promise<StudySummary> {
    const study = await client.call('study.create', request);
    place(study);
    return study;
  }

  /** Adds what a request asks for and the study does not have. */
  async function extend(id: string, { suites, methods, seeds }: StudyRequest): Promise<StudySummary> {
    const study = await client.call('study.extend', { id, suites, methods, seeds });
    place(study);
    return study;
  }

  async function quick(): Promise<StudySummary> {
    const study = await client.call('study.quick', {});
    place(study);
    return study;
  }

  async function rename(id: string, name: string): Promise<void> {
    place(await client.call('study.rename', { id, name }));
  }

  async function remove(id: string, results: boolean): Promise<number> {
    const { deletedTrials } = await client.call('study.delete', { id, results });
    details.delete(id);
    list.value = list.value.filter((study) => study.id !== id);
    return deletedTrials;
  }

  const newestFirst = computed(() => [...list.value].sort((a, b) => b.createdAt - a.createdAt));
  const active = computed(() =>
    newestFirst.value.filter((study) => study.state === 'running' || study.state === 'paused'),
  );

  return {
    list: newestFirst,
    active,
    listLoaded,
    listFailure,
    details,
    log,
    live,
    refresh,
    open,
    act,
    create,
    extend,
    quick,
    rename,
    remove,
  };
});

/** The newly fetched study, with the known objects of all trials that are still the same; the known study itself when nothing changed. */
export function keepingSame(known: StudyDetail, fetched: StudyDetail): StudyDetail {
  const before = new Map(known.trials.map((trial) => [trial.id, trial]));
  const trials = fetched.trials.map((trial) => {
    const old = before.get(trial.id);
    return unlessSame(old, trial);
  });
  const unmoved =
    trials.length === known.trials.length && trials.every((trial, index) => trial === known.trials[index]);
  return unmoved && same({ ...known, trials: [] }, { ...fetched, trials: [] }) ? known : { ...fetched, trials };
}

function pickSummary(study: StudySummary): StudySummary {
  const { id, name, state, createdAt, finishedAt, suites, methods, seeds, backend, imported, counts, eta } = study;
  const { trouble } = study;
  return { id, name, state, createdAt, finishedAt, suites, methods, seeds, backend, imported, counts, eta, trouble };
}
