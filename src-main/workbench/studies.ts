import { inSlices, Slices } from '../base/slices.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StudyPiece, StudyTrial } from '../results/studies.ts';
import type { StoredStudy } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { Broadcast } from './broadcast.ts';
import type { Configurations } from './configurations.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { Output, StudyExtension, StudyRequest, StudySummary, TrialSummary } from './contract/contract.ts';
import type { Handlers } from './handlers.ts';
import { leftOut } from './left-out.ts';
import { findStudy } from './look-up.ts';
import type { News } from './news.ts';
import { PIECE, plannedStudy } from './planned-study.ts';
import type { Planning } from './planning.ts';
import { refuseReadOnly } from './read-only.ts';
import { StudyChanges } from './study-changes.ts';
import { earlierRows } from './study-versions.ts';
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
  readonly #changes: StudyChanges;

  constructor(parts: StudiesParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#runner = parts.runner;
    this.#changes = new StudyChanges(parts);
  }

  /** Goes on with what a Workbench before this one had begun. */
  start(): Promise<void> {
    return this.#changes.start();
  }

  /** Whether more of a study is to be planned; see `FurtherPlans`. */
  goesOn(study: StoredStudy): boolean {
    return this.#changes.goesOn(study);
  }

  handlers(): Pick<Handlers, StudyOperation> {
    const { planning, news, quick } = this.#parts;
    const find = async (id: string): Promise<StoredStudy> => {
      await news.counted();
      return this.#find(id);
    };
    const changes = this.#changes;
    return {
      'study.plan': (request) => planning.preview(request),
      'study.create': (request) => this.#create(request),
      'study.quick': () => this.#create(quick()),
      'study.extend': async ({ id, ...more }) => this.#extend(await find(id), more),
      'study.list': () => this.#list(),
      'study.get': async ({ id }) => this.#detail(await find(id)),
      'study.pause': async ({ id }) => changes.pause(await find(id)),
      'study.resume': async ({ id }) => changes.resume(madeHere(await find(id))),
      'study.continue': async ({ id }) => changes.continue(await find(id)),
      'study.cancel': async ({ id }) => changes.cancel(await find(id)),
      'study.retry': async ({ id, diverged }) => changes.retry(madeHere(await find(id)), diverged),
      'study.delete': async ({ id, results }) => changes.delete(await find(id), results),
      'study.deletion': async ({ id, results }) => {
        const study = await find(id);
        const { trials, bytes } = await inSlices(this.#store.deletion(study.id, results));
        const finished = trials.filter((trial) => trial.finished).length;
        return { id: study.id, name: study.name, trials: trials.length, finished, bytes };
      },
      'study.rename': async ({ id, name }) => {
        const study = await find(id);
        this.#store.setStudy(study.id, { name });
        return news.study(study.id);
      },
    };
  }

  async #create(request: StudyRequest): Promise<StudySummary> {
    refuseReadOnly(this.#store);
    const study = await plannedStudy(request, this.#parts);
    for (const { suite, method, reason } of study.plan.refused)
      this.#parts.broadcast.studyLog(study.id, 'warning', `${method} on ${suite} is left out. ${reason}`);
    return this.#changes.takeUp(study.id, study.plan);
  }

  async #extend(study: StoredStudy, more: Omit<StudyExtension, 'id'>): Promise<StudySummary> {
    refuseReadOnly(this.#store);
    return this.#changes.extend(madeHere(study), more);
  }

  async #list(): Promise<StudySummary[]> {
    await this.#parts.news.counted();
    const slices = new Slices();
    const summaries: StudySummary[] = [];
    for (const { id } of this.#store.studies()) {
      if (slices.isOver) await slices.pause();
      const study = this.#changes.isBeingDeleted(id) ? null : this.#store.study(id);
      if (study !== null) summaries.push(this.#parts.news.summary(study));
    }
    return summaries;
  }

  #find(text: string): StoredStudy {
    const study = findStudy(this.#store, text);
    if (!this.#changes.isBeingDeleted(study.id)) return study;
    throw new WorkbenchError({
      kind: 'conflict',
      message: `The study "${study.name}" is being deleted.`,
      remedy: null,
      details: null,
    });
  }

  async #detail(study: StoredStudy): Promise<Output<'study.get'>> {
    const { configurations, news } = this.#parts;
    const rowOf = configurations.placer();
    const request = requestOf(study);
    const found: { readonly position: number; readonly cell: number | null; readonly summary: TrialSummary }[] = [];
    // A study has few configurations beside its trials: one of each suite says how they are called.
    const kinds = new Map<string, StudyTrial>();
    const slices = new Slices();
    for (let after: number | null = 0; after !== null;) {
      const piece: StudyPiece = this.#store.studyPiece(study.id, after, PIECE);
      for (const one of piece.trials) {
        const { trial, role, label, position } = one;
        const kind = `${trial.cell ?? ''}\n${trial.suite}\n${trial.configuration}\n${role}\n${label}`;
        const first = kinds.get(kind);
        if (first === undefined || position < first.position) kinds.set(kind, one);
        const summary = trialSummaryOf(trial, rowOf(trial).key, role, this.#runner.liveOf(trial.id));
        found.push({ position, cell: trial.cell, summary });
      }
      after = piece.next;
      await slices.pause();
    }
    const some = [...kinds.values()].sort(byPosition);
    const earlier = earlierRows(some, rowOf);
    const inItsRow = ({ cell, summary }: (typeof found)[number]): TrialSummary => {
      const row = cell === null ? undefined : earlier.get(cell);
      return row === undefined ? summary : { ...summary, row };
    };
    return {
      ...news.summary(this.#find(study.id)),
      request,
      configurations: configurations.ofStudy(some, earlier),
      leftOut: leftOut(request, some, this.#parts),
      examplesPerSecond: this.#store.examplesPerSecond(study.id),
      forecasts: forecastsOf(this.#store.forecasts(study.id)),
      trials: found.sort(byPosition).map(inItsRow),
    };
  }
}

const byPosition = (one: { readonly position: number }, other: { readonly position: number }): number =>
  one.position - other.position;

/** Throws for an imported study: what it did not finish elsewhere is another trial when it is computed here. */
function madeHere(study: StoredStudy): StoredStudy {
  if (study.origin == null) return study;
  throw new WorkbenchError({
    kind: 'refused',
    message:
      `"${study.name}" was imported: its trials are those of another machine, and nothing is added to ` + 'them here.',
    remedy: 'Make a new study with the same methods and suites; its results stand beside the imported ones.',
    details: null,
  });
}
