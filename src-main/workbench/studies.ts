import { Slices } from '../base/slices.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StoredStudy, StoredTrial } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { Broadcast } from './broadcast.ts';
import type { Configurations } from './configurations.ts';
import { studyRequest, WorkbenchError } from './contract/contract.ts';
import type { Output, StudyExtension, StudyRequest, StudySummary } from './contract/contract.ts';
import { extended } from './extended.ts';
import type { Handlers } from './handlers.ts';
import { leftOut } from './left-out.ts';
import { findStudy, findTrial } from './look-up.ts';
import type { News } from './news.ts';
import type { Plan } from './plan.ts';
import { PIECE, plannedStudy, refuseNothing } from './planned-study.ts';
import type { Planning } from './planning.ts';
import { forecastsOf, requestOf, trialSummaryOf } from './summaries.ts';
import type { TrialRunner } from './trial-runner.ts';

export interface StudiesParts {
  readonly store: ResultsStore;
  readonly runner: TrialRunner;
  readonly configurations: Configurations;
  readonly methods: MethodRegistry;
  readonly suites: SuiteRegistry;
  readonly planning: Planning;
  readonly news: News;
  readonly broadcast: Broadcast;
  readonly now: () => number;
  /** Ids of the studies that this Workbench runs; see News. */
  readonly takenUp: Set<string>;
  /** The request of the first-run study. */
  readonly quick: () => StudyRequest;
}

type StudyOperation = Extract<keyof Handlers, `study.${string}`>;

/** Making studies, and everything that can be done with one. */
export class Studies {
  readonly #parts: StudiesParts;
  readonly #store: ResultsStore;
  readonly #runner: TrialRunner;

  constructor(parts: StudiesParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#runner = parts.runner;
  }

  handlers(): Pick<Handlers, StudyOperation> {
    const { planning, news, quick } = this.#parts;
    const find = (id: string): StoredStudy => findStudy(this.#store, id);
    return {
      'study.plan': (request) => planning.preview(request),
      'study.create': (request) => this.#create(request),
      'study.quick': () => this.#create(quick()),
      'study.extend': async ({ id, ...more }) => this.#extend(madeHere(find(id)), more),
      'study.list': async () => this.#store.studies().map((study) => news.summary(study)),
      'study.get': async ({ id }) => this.#detail(find(id)),
      'study.pause': async ({ id }) => this.#pause(find(id)),
      'study.resume': async ({ id }) => this.#resume(madeHere(find(id))),
      'study.continue': async ({ id }) => this.#continue(find(id)),
      'study.cancel': async ({ id }) => this.#cancel(find(id)),
      'study.retry': async ({ id, diverged }) => this.#retry(madeHere(find(id)), diverged),
      'study.delete': async ({ id, results }) => this.#delete(find(id), results),
      'study.deletion': async ({ id, results }) => {
        const study = find(id);
        const { trials, bytes } = this.#store.deletion(study.id, results);
        const finished = trials.filter((trial) => trial.finished).length;
        return { id: study.id, name: study.name, trials: trials.length, finished, bytes };
      },
      'study.rename': async ({ id, name }) => {
        const study = find(id);
        this.#store.setStudy(study.id, { name });
        return news.study(study.id);
      },
    };
  }

  async #create(request: StudyRequest): Promise<StudySummary> {
    this.#refuseReadOnly();
    const study = await plannedStudy(request, this.#parts);
    for (const { suite, method, reason } of study.plan.refused)
      this.#parts.broadcast.studyLog(study.id, 'warning', `${method} on ${suite} is left out. ${reason}`);
    return this.#takeUp(study.id, study.plan);
  }

  async #extend(study: StoredStudy, more: Omit<StudyExtension, 'id'>): Promise<StudySummary> {
    this.#refuseReadOnly();
    if (study.origin != null)
      throw new WorkbenchError({
        kind: 'refused',
        message: `"${study.name}" was imported: what others measured is not added to.`,
        remedy: 'Make a new study from it.',
        details: null,
      });
    const request = extended(requestOf(study), more);
    // On its own backend: results of several do not compare.
    const onItsOwn = studyRequest.parse({ ...request, backend: study.backend });
    const { plan } = await this.#parts.planning.planned(onItsOwn, request.methods.length * request.seeds.length);
    refuseNothing(plan, request);
    this.#store.extendStudy(study.id, JSON.stringify(request), plan.trials, this.#parts.now());
    this.#store.dropForecasts(study.id);
    for (const { suite, method, reason } of plan.refused)
      this.#parts.broadcast.studyLog(study.id, 'warning', `${method} on ${suite} is left out. ${reason}`);
    return this.#takeUp(study.id, plan);
  }

  /** Puts what is open of a plan into the queue, in pieces: others are answered between them, and may pause or cancel the study. */
  async #takeUp(study: string, plan: Plan): Promise<StudySummary> {
    const { takenUp, news } = this.#parts;
    const needed = new Set(plan.trials.flatMap(({ identity }) => Object.values(identity.artefacts)));
    const slices = new Slices();
    this.#store.setStudy(study, { intent: 'run' });
    takenUp.add(study);
    for (let from = 0; from < plan.trials.length; from += PIECE) {
      if (from > 0) await slices.pause();
      if (this.#store.study(study)?.intent !== 'run') break;
      const open = plan.trials.slice(from, from + PIECE).flatMap(({ id }) => {
        const trial = this.#store.trial(id);
        if (trial === null || trial.state === 'running') return [];
        // A result that came with a report has no artefact: where one is needed, the trial runs here.
        const isWanted =
          trial.state === 'done'
            ? needed.has(id) && !this.#store.hasArtefact(id)
            : STATE_FACTS[trial.state].again === 'yes';
        if (!isWanted) return [];
        if (isWaiting(trial.state)) return [trial];
        // What failed or was cancelled for another study is asked for again here.
        this.#again(id);
        return [findTrial(this.#store, id)];
      });
      this.#runner.enqueue(open, from);
    }
    news.settleStudy(study);
    return news.study(study);
  }

  #refuseReadOnly(): void {
    if (this.#store.readOnly !== null)
      throw new WorkbenchError({
        kind: 'storage',
        message: this.#store.readOnly,
        remedy: 'Give yourself write permission on the data folder, or choose another one with TOUCHSTONE_DATA.',
        details: null,
      });
  }

  #pause(study: StoredStudy): StudySummary {
    this.#store.setStudy(study.id, { intent: 'pause' });
    this.#store.dropForecasts(study.id);
    this.#runner.pause(this.#unwanted(study.id));
    return this.#parts.news.study(study.id);
  }

  #continue(study: StoredStudy): StudySummary {
    const { takenUp, news } = this.#parts;
    if (study.intent === 'run' && !takenUp.has(study.id)) {
      takenUp.add(study.id);
      const open = this.#store.studyTrials(study.id).filter(({ trial: { state } }) => isWaiting(state));
      this.#runner.enqueue(open.map(({ trial }) => trial));
    }
    return news.study(study.id);
  }

  #resume(study: StoredStudy): StudySummary {
    this.#parts.takenUp.add(study.id);
    this.#store.setStudy(study.id, { intent: 'run', finishedAt: null });
    // Queued ones too: a command that only looked something up has left them waiting.
    const stopped = this.#store
      .studyTrials(study.id)
      .filter(({ trial }) => ['paused', 'cancelled', 'queued', 'waiting'].includes(trial.state));
    for (const { trial } of stopped) if (trial.state === 'paused' || trial.state === 'cancelled') this.#again(trial.id);
    this.#runner.enqueue(stopped.map(({ trial }) => findTrial(this.#store, trial.id)));
    this.#parts.news.settleStudy(study.id);
    return this.#parts.news.study(study.id);
  }

  #cancel(study: StoredStudy): StudySummary {
    this.#store.setStudy(study.id, { intent: 'cancel', finishedAt: this.#parts.now() });
    this.#store.dropForecasts(study.id);
    this.#runner.cancel(this.#unwanted(study.id));
    return this.#parts.news.study(study.id);
  }

  /** With `diverged` also what diverged: the same trial comes to the same end, unless something outside of it has changed. */
  #retry(study: StoredStudy, diverged: boolean): StudySummary {
    this.#parts.takenUp.add(study.id);
    this.#store.setStudy(study.id, { intent: 'run', finishedAt: null });
    const again = this.#store.studyTrials(study.id).filter(({ trial }) => {
      const { again: when } = STATE_FACTS[trial.state];
      return when === 'yes' || (diverged && when === 'asked');
    });
    for (const { trial } of again) if (!isWaiting(trial.state)) this.#again(trial.id);
    this.#runner.enqueue(again.map(({ trial }) => findTrial(this.#store, trial.id)));
    this.#parts.news.settleStudy(study.id);
    return this.#parts.news.study(study.id);
  }

  #delete(study: StoredStudy, results: boolean): Output<'study.delete'> {
    this.#store.setStudy(study.id, { intent: 'cancel' });
    this.#runner.cancel(this.#unwanted(study.id));
    const gone = this.#store.deleteStudy(study.id, results);
    for (const id of gone) this.#runner.clearCheckpoint(id);
    this.#parts.broadcast.tell({ kind: 'study-deleted', id: study.id });
    return { deletedTrials: gone.length };
  }

  /** Unfinished trials of a study that no running study wants. */
  #unwanted(study: string): string[] {
    return this.#store
      .studyOpenTrials(study)
      .filter((id) => !this.#store.studiesOf(id).some(({ intent }) => intent === 'run'));
  }

  #again(id: string): void {
    this.#store.setState(id, 'queued', { attempts: 0, failure: null, finishedAt: null });
  }

  #detail(study: StoredStudy): Output<'study.get'> {
    const trials = this.#store.studyTrials(study.id);
    const running = trials.filter(({ trial }) => trial.state === 'running');
    const { configurations } = this.#parts;
    const rowOf = configurations.placer();
    const request = requestOf(study);
    return {
      ...this.#parts.news.summary(study),
      request,
      configurations: configurations.ofStudy(trials),
      leftOut: leftOut(request, trials, this.#parts),
      workers: running.length,
      examplesPerSecond: this.#store.examplesPerSecond(study.id),
      forecasts: forecastsOf(this.#store.forecasts(study.id)),
      trials: trials.map(({ trial, role }) =>
        trialSummaryOf(trial, rowOf(trial).key, role, this.#runner.liveOf(trial.id)),
      ),
    };
  }
}

const isWaiting = (state: StoredTrial['state']): boolean => state === 'queued' || state === 'waiting';

/** Throws for an imported study: what it did not finish elsewhere is another trial when it is computed here. */
function madeHere(study: StoredStudy): StoredStudy {
  if (study.origin == null) return study;
  throw new WorkbenchError({
    kind: 'refused',
    message: `"${study.name}" was imported: its trials are those of another machine, and nothing is added to them here.`,
    remedy: 'Make a new study with the same methods and suites; its results stand beside the imported ones.',
    details: null,
  });
}
