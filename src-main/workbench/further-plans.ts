import type { ResultsStore } from '../results/store.ts';
import type { StudyPiece } from '../results/studies.ts';
import type { StoredStudy } from '../results/types.ts';
import type { Broadcast } from './broadcast.ts';
import { studyRequest } from './contract/contract.ts';
import type { StudySummary } from './contract/contract.ts';
import type { News } from './news.ts';
import type { Plan } from './plan.ts';
import { PIECE } from './planned-study.ts';
import type { Planning } from './planning.ts';
import type { KnownTrial } from './planners/planner.ts';
import { isStillPlanned, requestOf } from './summaries.ts';
import { asWorkbenchError } from './wire.ts';

export interface FurtherPlansParts {
  readonly store: ResultsStore;
  readonly planning: Planning;
  readonly news: News;
  readonly broadcast: Broadcast;
  readonly now: () => number;
  /** Ids of the studies that this Workbench runs. */
  readonly takenUp: ReadonlySet<string>;
}

/**
 * Asks the planner of a study what comes next, once all that it asked for has ended. What comes is stored in one piece
 * with the note that it was planned: a study that is killed at any moment is asked again, or goes on with it.
 */
export class FurtherPlans {
  readonly #parts: FurtherPlansParts;
  readonly #takeUp: (study: string, plan: Plan) => Promise<StudySummary>;
  readonly #planning = new Set<string>();

  constructor(parts: FurtherPlansParts, takeUp: (study: string, plan: Plan) => Promise<StudySummary>) {
    this.#parts = parts;
    this.#takeUp = takeUp;
  }

  /**
   * Whether more of this study is to be planned, of which nothing is open. Begins with it where the study is run here.
   */
  goesOn(study: StoredStudy): boolean {
    const { id, intent } = study;
    if (!isStillPlanned(study)) return false;
    if (intent === 'run' && this.#parts.takenUp.has(id) && !this.#planning.has(id)) {
      this.#planning.add(id);
      void this.#next(study)
        .catch((error: unknown) => this.#stop(id, error))
        .finally(() => this.#planning.delete(id));
    }
    return true;
  }

  async #next(study: StoredStudy): Promise<void> {
    const { store, planning, broadcast, news, now } = this.#parts;
    const request = studyRequest.parse({ ...requestOf(study), backend: study.backend });
    const proposal = planning.planner(request).next(this.#known(study.id));
    const grids = proposal === 'done' ? [] : proposal.trials;
    const { plan } = await planning.planned(request, grids.length * request.seeds.length, {}, grids);
    const done = { ...request, tuning: request.tuning && { ...request.tuning, isDone: true } };
    store.together(() => {
      store.addToStudy(study.id, plan.trials, now(), store.nextPosition(study.id));
      store.setStudy(study.id, { request: JSON.stringify(done) });
    });
    store.dropForecasts(study.id);
    for (const line of proposal === 'done' ? [] : proposal.says) broadcast.studyLog(study.id, 'info', line);
    for (const { suite, method, reason } of plan.refused)
      broadcast.studyLog(study.id, 'warning', `${method} on ${suite} is left out. ${reason}`);
    await this.#takeUp(study.id, plan);
    news.study(study.id);
  }

  /** What has become of the trials of its grid. */
  #known(study: string): KnownTrial[] {
    const known: KnownTrial[] = [];
    for (let after: number | null = 0; after !== null;) {
      const piece: StudyPiece = this.#parts.store.studyPiece(study, after, PIECE);
      for (const { trial, role } of piece.trials) if (role === 'cell') known.push(trial);
      after = piece.next;
    }
    return known;
  }

  /** It cannot be planned now: the study waits to be resumed. */
  #stop(study: string, error: unknown): void {
    const { store, broadcast, news } = this.#parts;
    if (store.study(study) === null) return;
    store.setStudy(study, { intent: 'pause' });
    broadcast.studyLog(study, 'error', `What comes next could not be planned: ${asWorkbenchError(error).message}`);
    news.study(study);
  }
}
