import { remembered } from '../base/remembered.ts';
import { inSlices, Slices } from '../base/slices.ts';
import { artefactIn, trialIn } from '../results/identity.ts';
import { STATE_FACTS } from '../results/states.ts';
import type { ResultsStore } from '../results/store.ts';
import type { StudyPiece, StudyTrial } from '../results/studies.ts';
import type { StoredStudy, StoredTrial, StudyIntent } from '../results/types.ts';
import type { Broadcast } from './broadcast.ts';
import { studyRequest, WorkbenchError } from './contract/contract.ts';
import type { Output, StudyExtension, StudySummary } from './contract/contract.ts';
import { extended, merged } from './extended.ts';
import { FurtherPlans } from './further-plans.ts';
import type { News } from './news.ts';
import type { Plan } from './plan.ts';
import { PIECE, refuseNothing } from './planned-study.ts';
import type { Planning } from './planning.ts';
import { isStillPlanned, requestOf } from './summaries.ts';
import type { TrialRunner } from './trial-runner.ts';

export interface StudyChangesParts {
  readonly store: ResultsStore;
  readonly runner: TrialRunner;
  readonly planning: Planning;
  readonly news: News;
  readonly broadcast: Broadcast;
  readonly now: () => number;
  /** Ids of the studies that this Workbench runs; see News. */
  readonly takenUp: Set<string>;
}

/**
 * What can be done with a study that is there. A study may have hundreds of thousands of trials: what it is to be is
 * stored first, and its trials follow in pieces between which others are answered, as long as nobody wants something
 * else of it.
 */
export class StudyChanges {
  readonly #parts: StudyChangesParts;
  readonly #store: ResultsStore;
  readonly #runner: TrialRunner;
  readonly #deleting = new Set<string>();
  readonly #further: FurtherPlans;

  constructor(parts: StudyChangesParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#runner = parts.runner;
    this.#further = new FurtherPlans(parts, (study, plan) => this.takeUp(study, plan));
  }

  /** Goes on with deletions that a Workbench before this one had begun. */
  async start(): Promise<void> {
    for (const { id } of this.#store.studies()) if (this.#parts.takenUp.has(id)) this.#parts.news.settleStudy(id);
    for (const { id, results } of this.#store.studiesBeingDeleted()) await this.#delete(id, results);
  }

  isBeingDeleted(study: string): boolean {
    return this.#deleting.has(study);
  }

  async pause(study: StoredStudy): Promise<StudySummary> {
    const { id } = study;
    if (this.#hasEnded(study)) return this.#parts.news.summary(study);
    this.#store.setStudy(id, { intent: 'pause' });
    return this.#stop(id, 'pause');
  }

  async cancel(study: StoredStudy): Promise<StudySummary> {
    const { id } = study;
    if (this.#hasEnded(study)) return this.#parts.news.summary(study);
    this.#store.setStudy(id, { intent: 'cancel', finishedAt: this.#parts.now() });
    return this.#stop(id, 'cancel');
  }

  async continue({ id, intent }: StoredStudy): Promise<StudySummary> {
    const { takenUp, news } = this.#parts;
    if (intent === 'run' && !takenUp.has(id)) await this.#run(id, ({ state }) => isWaiting(state));
    return news.study(id);
  }

  async resume(study: StoredStudy): Promise<StudySummary> {
    const { id, intent } = study;
    const hasCancelled = this.#store.studyCounts(id).some(({ state, count }) => state === 'cancelled' && count > 0);
    if (intent === 'run' && !hasCancelled && this.#hasEnded(study)) return this.#parts.news.summary(study);
    this.#store.setStudy(id, { intent: 'run', finishedAt: null });
    // Queued ones too: a command that only looked something up has left them waiting.
    return this.#run(id, ({ state }) => isWaiting(state) || state === 'paused' || state === 'cancelled');
  }

  /**
   * With `diverged` also what diverged: the same trial comes to the same end, unless something outside of it has
   * changed.
   */
  retry({ id }: StoredStudy, diverged: boolean): Promise<StudySummary> {
    this.#store.setStudy(id, { intent: 'run', finishedAt: null });
    return this.#run(id, ({ state }) => {
      const { again } = STATE_FACTS[state];
      return again === 'yes' || (diverged && again === 'asked');
    });
  }

  async extend(study: StoredStudy, more: Omit<StudyExtension, 'id'>): Promise<StudySummary> {
    const { planning, broadcast, now } = this.#parts;
    if (requestOf(study).tuning !== undefined)
      throw new WorkbenchError({
        kind: 'refused',
        message: `"${study.name}" tunes its methods: what it runs follows from its results.`,
        remedy: 'Make a new study.',
        details: null,
      });
    const request = extended(requestOf(study), more);
    // On its own backend: results of several do not compare.
    const onItsOwn = studyRequest.parse({ ...request, backend: study.backend });
    const { plan } = await planning.planned(onItsOwn, request.methods.length * request.seeds.length);
    refuseNothing(plan, request);
    const at = now();
    const first = this.#store.nextPosition(study.id);
    const slices = new Slices();
    for (let from = 0; from < plan.trials.length; from += PIECE) {
      await slices.pause();
      this.#present(study);
      this.#store.addToStudy(study.id, plan.trials.slice(from, from + PIECE), at, first + from);
    }
    // Somebody else may have extended it meanwhile.
    const whole = merged(requestOf(this.#present(study)), request);
    this.#store.setStudy(study.id, { request: JSON.stringify(whole), finishedAt: null });
    this.#store.dropForecasts(study.id);
    for (const { suite, method, reason } of plan.refused)
      broadcast.studyLog(study.id, 'warning', `${method} on ${suite} is left out. ${reason}`);
    return this.takeUp(study.id, plan);
  }

  /** What a study with a planner goes on with; see `FurtherPlans`. */
  goesOn(study: StoredStudy): boolean {
    return this.#further.goesOn(study);
  }

  /** Puts what is open of a plan into the queue. */
  async takeUp(study: string, plan: Plan): Promise<StudySummary> {
    const { takenUp, news } = this.#parts;
    const slices = new Slices();
    const needed = new Map<string, Set<string>>();
    for (const { identity } of plan.trials)
      for (const reference of Object.values(identity.artefacts))
        remembered(needed, trialIn(reference), () => new Set<string>()).add(artefactIn(reference));
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
            ? [...(needed.get(id) ?? [])].some((artefact) => !this.#store.hasArtefact(id, artefact))
            : STATE_FACTS[trial.state].again === 'yes';
        return isWanted ? [trial] : [];
      });
      this.#store.together(() => this.#runner.enqueue(this.#again(open), from));
    }
    news.settleStudy(study);
    return news.study(study);
  }

  async delete(study: StoredStudy, results: boolean): Promise<Output<'study.delete'>> {
    return { deletedTrials: await this.#delete(study.id, results) };
  }

  async #delete(id: string, results: boolean): Promise<number> {
    this.#deleting.add(id);
    try {
      this.#store.setStudy(id, { intent: 'cancel' });
      await this.#stopTrials(id, 'cancel');
      const gone = await inSlices(this.#store.deleteStudy(id, results));
      const slices = new Slices();
      for (const trial of gone) {
        this.#runner.clearCheckpoint(trial);
        if (slices.isOver) await slices.pause();
      }
      this.#parts.broadcast.tell({ kind: 'study-deleted', id });
      return gone.length;
    } finally {
      this.#deleting.delete(id);
    }
  }

  async #stop(study: string, how: 'pause' | 'cancel'): Promise<StudySummary> {
    this.#store.dropForecasts(study);
    await this.#stopTrials(study, how);
    return this.#parts.news.study(study);
  }

  /** Stops the trials of a study that no running study wants: what runs first; nothing else of it starts meanwhile. */
  async #stopTrials(study: string, how: 'pause' | 'cancel'): Promise<void> {
    const release = this.#runner.hold(this.#store.askedTimes(study));
    const stop = (trials: readonly StoredTrial[]): void =>
      this.#store.together(() =>
        this.#runner.stop(
          trials.filter(({ id, state }) => STATE_FACTS[state].open && !this.#isWanted(id)),
          how,
        ),
      );
    try {
      const running = this.#store.trialsInState('running');
      stop(running.filter(({ id }) => this.#store.studiesOf(id).some((holder) => holder.id === study)));
      await this.#inPieces(study, how, (trials) => stop(trials.map(({ trial }) => trial)));
    } finally {
      release();
    }
  }

  async #run(study: string, isMeant: (trial: StoredTrial) => boolean): Promise<StudySummary> {
    const { takenUp, news } = this.#parts;
    takenUp.add(study);
    let from = 0;
    await this.#inPieces(study, 'run', async (trials) => {
      const meant = trials.map(({ trial }) => trial).filter(isMeant);
      const at = from;
      from += trials.length;
      await this.#runner.takeUp(
        this.#store.together(() => this.#again(meant)),
        at,
      );
    });
    news.settleStudy(study);
    return news.study(study);
  }

  /** Does something with all trials of a study, some at a time, as long as this is what is wanted of it. */
  async #inPieces(
    study: string,
    intent: StudyIntent,
    work: (trials: readonly StudyTrial[]) => void | Promise<void>,
  ): Promise<void> {
    const slices = new Slices();
    await this.#parts.news.ofMany(async () => {
      for (let after: number | null = 0; after !== null;) {
        if (this.#store.study(study)?.intent !== intent) return;
        const piece: StudyPiece = this.#store.studyPiece(study, after, PIECE);
        await work(piece.trials);
        after = piece.next;
        await slices.pause();
      }
    });
  }

  /** Trials as they may start: what failed, was paused or was cancelled is asked for again. */
  #again(trials: readonly StoredTrial[]): StoredTrial[] {
    return trials.flatMap((trial) => {
      if (isWaiting(trial.state)) return [trial];
      this.#store.setState(trial.id, 'queued', { attempts: 0, failure: null, finishedAt: null });
      return this.#store.trial(trial.id) ?? [];
    });
  }

  #isWanted(trial: string): boolean {
    return this.#store.studiesOf(trial).some(({ intent }) => intent === 'run');
  }

  /** Have all of its trials ended? Then there is nothing to stop, and how it ended stays. */
  #hasEnded(study: StoredStudy): boolean {
    return study.intent !== 'plan' && !this.#store.isStudyOpen(study.id) && !isStillPlanned(study);
  }

  /** Throws where it was deleted meanwhile. */
  #present({ id, name }: StoredStudy): StoredStudy {
    const study = this.#store.study(id);
    if (study === null || this.#deleting.has(id))
      throw new WorkbenchError({
        kind: 'cancelled',
        message: `The study "${name}" was deleted meanwhile.`,
        remedy: null,
        details: null,
      });
    return study;
  }
}

const isWaiting = (state: StoredTrial['state']): boolean => state === 'queued' || state === 'waiting';
