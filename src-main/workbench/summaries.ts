import { OPEN_STATES } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import type { Forecast, OpenWork, StoredProgress, StoredStudy, StoredTrial, TrialRole } from '../results/types.ts';
import { studyRequest, WorkbenchError } from './contract/contract.ts';
import type { StudyDetail, StudyRequest, StudySummary, TrialState, TrialSummary } from './contract/contract.ts';
import { importedFromOf } from './imported-from.ts';
import { kindKey } from './estimates.ts';
import { isUnfinished } from './planners/planners.ts';
import type { Estimates, Work } from './estimates.ts';
import { timeLeft } from './time-left.ts';
import type { Workload } from './time-left.ts';

/** What is known of a running trial beyond what is stored. */
export interface LiveTrial {
  readonly progress: StoredProgress | null;
  /** What it does before its first step. */
  readonly phase: string | null;
}

/** `row` is the key of its configuration. */
export function trialSummaryOf(trial: StoredTrial, row: string, role: TrialRole, live: LiveTrial): TrialSummary {
  const progress = trial.state === 'done' ? null : (live.progress ?? trial.progress);
  return {
    id: trial.id,
    row,
    state: trial.state,
    role,
    failure: trial.failure,
    spec: {
      suite: trial.suite,
      method: trial.method,
      hyperParameters: { ...trial.hyperParameters },
      seed: trial.seed,
      fold: trial.fold,
      backend: trial.backend,
    },
    phase: trial.state === 'running' ? live.phase : null,
    progress: progress && { ...progress, metrics: finite(progress.metrics) },
    createdAt: trial.createdAt,
    startedAt: trial.startedAt,
    finishedAt: trial.finishedAt,
    headline: trial.headline !== null && Number.isFinite(trial.headline) ? trial.headline : null,
    seconds: trial.seconds,
  };
}

/** JSON has no NaN; what is not a number is not shown. */
export function finite(values: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => Number.isFinite(value)));
}

/** What was asked for. Throws WorkbenchError of kind `storage` where that cannot be read. */
export function requestOf(study: StoredStudy): StudyRequest {
  const request = readRequest(study);
  if (request === null)
    throw new WorkbenchError({
      kind: 'storage',
      message: `The study "${study.name}" cannot be shown: what was asked for cannot be read.`,
      remedy: UNREADABLE_REMEDY,
      details: null,
    });
  return request;
}

const UNREADABLE_REMEDY =
  'Its finished trials stay on the overall leaderboard; deleting the study takes it off the list.';

function readRequest(study: StoredStudy): StudyRequest | null {
  try {
    return studyRequest.safeParse(JSON.parse(study.request)).data ?? null;
  } catch {
    return null;
  }
}

/** Whether more of a study is to be planned once all that was planned has ended. */
export function isStillPlanned(study: StoredStudy): boolean {
  const request = readRequest(study);
  return request !== null && isUnfinished(request);
}

/**
 * How a study stands; `isTakenUp`: this Workbench runs what of it is queued. Never throws for a study that cannot be
 * read: it says so.
 */
export function studySummaryOf(
  study: StoredStudy,
  store: ResultsStore,
  estimates: Estimates,
  live: (trial: string) => StoredProgress | null,
  workers: number,
  isTakenUp: boolean,
): StudySummary {
  const request = readRequest(study);
  const counts: Record<TrialState, number> = {
    queued: 0,
    waiting: 0,
    running: 0,
    paused: 0,
    done: 0,
    diverged: 0,
    'not-possible': 0,
    failed: 0,
    cancelled: 0,
  };
  for (const { state, count } of store.studyCounts(study.id)) counts[state] += count;
  const open = openTrials(counts);
  return {
    id: study.id,
    name: study.name,
    state:
      request === null ? 'unreadable' : stateOf(study, open > 0 || isUnfinished(request), counts.failed > 0, isTakenUp),
    createdAt: study.createdAt,
    finishedAt: study.finishedAt,
    suites: request?.suites ?? [],
    methods: [...new Set(request?.methods.map(({ method }) => method))],
    seeds: request?.seeds ?? [],
    backend: study.backend,
    imported: shownOrigin(study.origin),
    counts,
    eta: open === 0 ? null : timeLeft(workload(store.openWork(study), estimates, live), workers),
    trouble: request === null ? `What was asked for cannot be read. ${UNREADABLE_REMEDY}` : null,
  };
}

function stateOf(
  { intent }: StoredStudy,
  isOpen: boolean,
  hasFailed: boolean,
  isTakenUp: boolean,
): StudySummary['state'] {
  if (intent === 'plan') return 'planning';
  if (intent === 'cancel') return 'cancelled';
  if (!isOpen) return hasFailed ? 'failed' : 'done';
  if (intent === 'pause') return 'paused';
  return isTakenUp ? 'running' : 'interrupted';
}

/** Where a study or a trial was imported from, as it is shown. */
export function shownOrigin(origin: string | null | undefined): StudySummary['imported'] {
  const from = importedFromOf(origin);
  if (from === null) return null;
  const { name, program, exportedAt, importedAt } = from;
  return { name, program, exportedAt, importedAt };
}

export function openTrials(counts: Readonly<Partial<Record<TrialState, number>>>): number {
  return OPEN_STATES.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
}

function workload(
  { own, ahead }: { own: readonly OpenWork[]; ahead: readonly OpenWork[] },
  estimates: Estimates,
  live: (trial: string) => StoredProgress | null,
): Workload {
  // What a running trial prepares, those of its kind that wait will find ready.
  const prepared = new Set([...own, ...ahead].flatMap((work) => (work.running === null ? [] : [kindKey(work)])));
  const running = (list: readonly OpenWork[], mine: boolean): Workload['running'] =>
    list.flatMap((work) =>
      work.running === null ? [] : [{ seconds: estimates.left(work, live(work.running)?.eta), own: mine }],
    );
  const waiting = (list: readonly OpenWork[]): Work[] =>
    list
      .filter((work) => work.running === null)
      .map((work) => {
        const needed = estimates.work(work, work.count);
        return prepared.has(kindKey(work)) ? { ...needed, preparation: 0 } : needed;
      });
  return { running: [...running(ahead, false), ...running(own, true)], ahead: waiting(ahead), own: waiting(own) };
}

/**
 * What was said of a study's time left, beside what it took: `error` is the share by which the prediction was too long
 * (positive) or too short.
 */
export function forecastsOf(forecasts: readonly Forecast[]): StudyDetail['forecasts'] {
  return forecasts.map(({ mark, madeAt, open, predicted, actual }) => ({
    mark,
    madeAt,
    open,
    predicted,
    actual,
    error: actual === null || actual <= 0 ? null : predicted / actual - 1,
  }));
}
