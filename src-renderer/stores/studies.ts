import { defineStore } from 'pinia';
import { computed, ref, shallowRef, triggerRef } from 'vue';
import { remembered } from '../../src-main/base/remembered.ts';
import { appendPoint } from '../../src-main/metrics/live-points.ts';
import type { LivePoint } from '../../src-main/metrics/live-points.ts';
import { studySummary } from '../../src-main/workbench/contract/contract.ts';
import type {
  StudyDetail,
  StudyRequest,
  StudySummary,
  TrialSummary,
  WorkbenchEvent,
  WorkbenchFailure,
} from '../../src-main/workbench/contract/contract.ts';
import { paced } from '../app/paced.ts';
import { storedCurves, type Curves } from '../app/trial-curves.ts';
import { failureOf } from '../transport/failures.ts';
import { useAnnounce } from './announce.ts';
import { useCatalogue } from './catalogue.ts';
import { useClient } from './client.ts';
import { OpenStudies } from './open-studies.ts';

export interface LogLine {
  readonly trial: string | null;
  /** The studies that it concerns; none where it concerns the whole data folder. */
  readonly studies: readonly string[];
  readonly at: number;
  readonly level: 'info' | 'warning' | 'error';
  readonly message: string;
}

const MOST_LOG_LINES = 2000;
const MOST_POINTS = 600;
/** Milliseconds between redraws of what streams in, and of curves, which take longer to draw. */
const REDRAW = 250;
const REDRAW_CURVES = 500;

/** What can be done with a study at once. */
export type StudyAct = 'study.pause' | 'study.resume' | 'study.cancel' | 'study.retry';

/** How far a study has been planned; `what` is null until something is known. */
export interface PlanningProgress {
  readonly what: 'planned' | 'stored' | null;
  readonly trials: number;
  readonly total: number | null;
}

/** Studies, the open ones with their trials, their live curves and the log. Events keep all of it current. */
export const useStudies = defineStore('studies', () => {
  const client = useClient();
  const catalogue = useCatalogue();
  const announce = useAnnounce();
  const list = shallowRef<StudySummary[]>([]);
  const listLoaded = ref(false);
  const listFailure = shallowRef<WorkbenchFailure | null>(null);
  const opened = new OpenStudies();
  /** Who draws them is told of changes a few times a second. */
  const details = shallowRef<ReadonlyMap<string, StudyDetail>>(opened.details);
  const log = shallowRef<LogLine[]>([]);
  /** By trial, then by curve's name. */
  const live = shallowRef(new Map<string, Map<string, LivePoint[]>>());
  /** Of studies that are being planned. */
  const planning = shallowRef<ReadonlyMap<string, PlanningProgress>>(new Map());
  /** What this window has asked for and what is still being made: its study, once it is known. */
  const starting = shallowRef<{ readonly name: string | null; readonly study: string | null } | null>(null);
  /** Trials that were told of since a study was asked for, one map for each that is on its way. */
  const toldSince = new Set<Map<string, TrialSummary>>();
  /** Summaries of the list that are newer than what is drawn. */
  const newer = new Map<string, StudySummary>();
  const dirty = { details: false, log: false };

  const redraw = paced(() => {
    if (newer.size > 0) list.value = list.value.map((study) => newer.get(study.id) ?? study);
    newer.clear();
    if (dirty.log) log.value = log.value.slice(-MOST_LOG_LINES);
    if (dirty.details) triggerRef(details);
    opened.drawn();
    dirty.details = dirty.log = false;
  }, REDRAW);
  const redrawCurves = paced(() => triggerRef(live), REDRAW_CURVES);

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
      newer.clear();
      for (const study of list.value) followPlanning(study);
      listFailure.value = null;
      listLoaded.value = true;
    } catch (thrown) {
      listFailure.value = failureOf(thrown);
    }
  }

  /** Fetches a study with its trials and keeps it current from then on. Rejects with WorkbenchError. */
  async function open(id: string): Promise<StudyDetail> {
    // A large study is read in pieces: what is told of a trial meanwhile is newer than what is answered.
    const since = new Map<string, TrialSummary>();
    toldSince.add(since);
    try {
      // Asked at once, not after the view that wants it has been set up.
      const [detail] = await Promise.all([client.call('study.get', { id }), catalogue.ensure()]);
      const known = details.value.get(id);
      const trials = detail.trials.map((trial) => since.get(trial.id) ?? trial);
      const now = opened.fetched({ ...detail, trials });
      if (now === known) return now;
      dirty.details = true;
      // The list holds no trials.
      place(studySummary.parse(now));
      redraw.now();
      return now;
    } finally {
      toldSince.delete(since);
    }
  }

  /** What only counts on is drawn with the next redraw; a study that is new, or in another state, at once. */
  function place(summary: StudySummary): void {
    const { id } = summary;
    const before = newer.get(id) ?? list.value.find((study) => study.id === id);
    if (before === undefined) list.value = [summary, ...list.value];
    else newer.set(id, summary);
    opened.summary(summary);
    dirty.details ||= details.value.has(id);
    followPlanning(summary);
    if (before === undefined || before.state !== summary.state || before.name !== summary.name) redraw.now();
    else redraw.soon();
  }

  /** Notes what is being planned, and which of it this window asked for. */
  function followPlanning({ id, name, state }: StudySummary): void {
    const isPlanned = state === 'planning';
    if (isPlanned !== planning.value.has(id)) {
      const next = new Map(planning.value);
      if (isPlanned) next.set(id, { what: null, trials: 0, total: null });
      else next.delete(id);
      planning.value = next;
      const asked = starting.value;
      if (isPlanned && asked?.study === null && (asked.name ?? name) === name)
        starting.value = { name: asked.name, study: id };
    }
  }

  function placeTrial(trial: TrialSummary, studies: readonly string[]): void {
    for (const since of toldSince) since.set(trial.id, trial);
    for (const id of studies) {
      if (!opened.trial(id, trial)) continue;
      dirty.details = true;
      redraw.soon();
    }
  }

  function forget(id: string): void {
    opened.forget(id);
    dirty.details = true;
    planning.value = new Map([...planning.value].filter(([study]) => study !== id));
    list.value = list.value.filter((study) => study.id !== id);
    redraw.now();
  }

  function hear(event: WorkbenchEvent): void {
    switch (event.kind) {
      case 'study':
        return place(event.study);
      case 'trial':
        return placeTrial(event.trial, event.studies);
      case 'study-deleted':
        return forget(event.id);
      case 'trials-gone': {
        const gone = new Set(event.ids);
        for (const { id, trials } of details.value.values())
          if (trials.some((trial) => gone.has(trial.id))) void open(id).catch(() => undefined);
        return;
      }
      case 'log': {
        const { trial, studies: about, at, level, message } = event;
        log.value.push({ trial, studies: about, at, level, message });
        dirty.log = true;
        return redraw.soon();
      }
      case 'curve-point': {
        const { trial, name, x, y, places } = event;
        const curves = remembered(live.value, trial, () => new Map<string, LivePoint[]>());
        curves.set(name, appendPoint(curves.get(name) ?? [], { x, y, places }, MOST_POINTS));
        return redrawCurves.soon();
      }
      case 'workbench': {
        if (event.state !== 'up') return;
        void refresh();
        for (const id of details.value.keys()) void open(id).catch(() => undefined);
        return;
      }
      case 'catalogue':
        // An own file has changed: whoever edits it wants to know that it was seen.
        announce.show(event.message);
        void catalogue.reload();
        return;
      case 'planning': {
        const { study, what, trials, total } = event;
        planning.value = new Map([...planning.value, [study, { what, trials, total }]]);
        return;
      }
      case 'data':
        return;
    }
  }
  client.subscribe(hear);

  /**
   * The stored curves of those of the trials that have ended, by trial. What the others measured before this window
   * heard of them goes before their live points. Rejects with WorkbenchError.
   */
  async function readCurves(trials: readonly string[]): Promise<ReadonlyMap<string, Curves>> {
    const ended = new Map<string, Curves>();
    for (const read of await client.call('trial.curves', { trials: [...trials] })) {
      const curves = storedCurves(read);
      if (read.stored) ended.set(read.trial, curves);
      else if (curves.size > 0) {
        const heard = remembered(live.value, read.trial, () => new Map<string, LivePoint[]>());
        for (const [name, { points }] of curves) {
          const since = heard.get(name) ?? [];
          heard.set(name, [...points.filter(({ x }) => x < (since[0]?.x ?? Number.POSITIVE_INFINITY)), ...since]);
        }
        redrawCurves.soon();
      }
    }
    return ended;
  }

  async function act(id: string, operation: StudyAct): Promise<void> {
    const isPlanned = planning.value.has(id);
    place(await client.call(operation, { id }));
    // One that is cancelled while it is planned goes.
    if (!details.value.has(id) || isPlanned) return;
    // What a person did is done when it is answered; its trials follow.
    void open(id).catch(() => undefined);
  }

  /** Makes a study; `starting` says meanwhile which it is. */
  async function begun(name: string | null, make: () => Promise<StudySummary>): Promise<StudySummary> {
    starting.value = { name, study: null };
    try {
      const study = await make();
      place(study);
      return study;
    } finally {
      starting.value = null;
    }
  }
  const create = (request: StudyRequest): Promise<StudySummary> =>
    begun(request.name, () => client.call('study.create', request));
  const quick = (): Promise<StudySummary> => begun(null, () => client.call('study.quick', {}));

  /** Adds what a request asks for and the study does not have. */
  async function extend(id: string, { suites, methods, seeds }: StudyRequest): Promise<StudySummary> {
    const study = await client.call('study.extend', { id, suites, methods, seeds });
    place(study);
    return study;
  }

  async function rename(id: string, name: string): Promise<void> {
    place(await client.call('study.rename', { id, name }));
  }

  async function remove(id: string, results: boolean): Promise<number> {
    const { deletedTrials } = await client.call('study.delete', { id, results });
    forget(id);
    return deletedTrials;
  }

  const newestFirst = computed(() => [...list.value].sort((a, b) => b.createdAt - a.createdAt));
  const active = computed(() =>
    newestFirst.value.filter(({ state }) => state === 'planning' || state === 'running' || state === 'paused'),
  );

  return {
    list: newestFirst,
    active,
    listLoaded,
    listFailure,
    details,
    log,
    live,
    planning,
    starting,
    refresh,
    open,
    readCurves,
    act,
    create,
    extend,
    quick,
    rename,
    remove,
  };
});
