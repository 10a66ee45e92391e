import type { StudyDetail, StudySummary, TrialSummary } from '../../src-main/workbench/contract/contract.ts';
import { same, unlessSame } from '../app/same.ts';

/**
 * The opened studies with their trials, always as the last event left them. A study is replaced by every change; what
 * is still the same object in it need not be drawn again.
 */
export class OpenStudies {
  readonly details = new Map<string, StudyDetail>();
  /** By study and trial, where it stands among the study's trials. */
  readonly #places = new Map<string, Map<string, number>>();
  /**
   * Studies whose list of trials was copied since it was last drawn: it may change in place, so that ten thousand news
   * copy it once.
   */
  readonly #copied = new Set<string>();

  /** Takes in what was fetched. Answers the known study where nothing has changed. */
  fetched(detail: StudyDetail): StudyDetail {
    const known = this.details.get(detail.id);
    const now = known === undefined ? detail : keepingSame(known, detail);
    if (now === known) return now;
    this.details.set(now.id, now);
    this.#places.set(now.id, new Map(now.trials.map(({ id }, place) => [id, place])));
    this.#copied.delete(now.id);
    return now;
  }

  summary(summary: StudySummary): void {
    const detail = this.details.get(summary.id);
    if (detail !== undefined) this.details.set(summary.id, { ...detail, ...summary });
  }

  /** Whether the study is open and so has the trial now. */
  trial(study: string, trial: TrialSummary): boolean {
    const detail = this.details.get(study);
    const places = this.#places.get(study);
    if (detail === undefined || places === undefined) return false;
    const trials = this.#copied.has(study) ? detail.trials : [...detail.trials];
    const place = places.get(trial.id) ?? trials.length;
    trials[place] = trial;
    places.set(trial.id, place);
    this.#copied.add(study);
    this.details.set(study, { ...detail, trials });
    return true;
  }

  forget(study: string): void {
    this.details.delete(study);
    this.#places.delete(study);
    this.#copied.delete(study);
  }

  /** What there is now is about to be drawn. */
  drawn(): void {
    this.#copied.clear();
  }
}

/**
 * The newly fetched study, with the known objects of all that is still the same; the known study itself when nothing
 * changed.
 */
export function keepingSame(known: StudyDetail, fetched: StudyDetail): StudyDetail {
  const before = new Map(known.trials.map((trial) => [trial.id, trial]));
  const trials = fetched.trials.map((trial) => unlessSame(before.get(trial.id), trial));
  const unmoved =
    trials.length === known.trials.length && trials.every((trial, index) => trial === known.trials[index]);
  if (unmoved && same({ ...known, trials: [] }, { ...fetched, trials: [] })) return known;
  const { configurations, leftOut } = fetched;
  return {
    ...fetched,
    trials,
    configurations: unlessSame(known.configurations, configurations),
    leftOut: unlessSame(known.leftOut, leftOut),
  };
}
