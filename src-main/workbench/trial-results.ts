import type { Cost, Primitives } from '../metrics/primitives.ts';
import { computeMetrics, metricVersions } from '../metrics/registry.ts';
import type { ResultsStore } from '../results/store.ts';
import type { MetricValue, StoredTrial } from '../results/types.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import type { ReceivedDivergence, ReceivedResult } from '../trial/messages.ts';
import { wholeCost } from './whole-cost.ts';
import { asWorkbenchError } from './wire.ts';

export interface TrialResultsParts {
  readonly store: ResultsStore;
  readonly suites: SuiteRegistry;
  /** Per-sample probabilities are kept for this many newest trials; all of them unless told. Metrics always stay. */
  readonly keepProbabilities?: number | undefined;
  now(): number;
  log(trial: string | null, level: 'info' | 'warning', message: string): void;
}

/** Trials whose metrics are computed again before anything else gets its turn. */
const RENEWED_AT_ONCE = 10;

/** What trials measured: stored when they finish, and computed again when an update defines metrics otherwise. */
export class TrialResults {
  readonly #parts: TrialResultsParts;
  readonly #store: ResultsStore;
  readonly #suites: SuiteRegistry;

  constructor(parts: TrialResultsParts) {
    this.#parts = parts;
    this.#store = parts.store;
    this.#suites = parts.suites;
  }

  /**
   * Stores what a finished trial measured, with every metric it allows; after an upper reference also what is measured
   * against it.
   */
  finish(trial: StoredTrial, result: ReceivedResult): void {
    const { values, headline } = this.#measure(trial, result.primitives);
    this.#retain('before');
    const { cost, note } = this.#wholeCost(trial.id, result.cost);
    this.#store.finish(
      trial.id,
      { ...result, cost, notes: note === null ? result.notes : [...result.notes, note] },
      asList(values),
      headline,
      this.#parts.now(),
      result.cost.seconds,
    );
    this.#retain('after');
    if (this.#suites.find(trial.suite)?.references.upper !== trial.method) return;
    // The upper reference has arrived: what is measured against it can be said now.
    for (const id of this.#store.siblings(trial)) {
      const primitives = id === trial.id ? null : this.#store.primitives(id);
      if (primitives !== null)
        this.#store.addMetrics(id, asList(computeMetrics(primitives, { joint: result.primitives })));
    }
  }

  /**
   * Stores what a trial had measured when it diverged, for its page. It has no metrics: those of a network that
   * computes NaN would pass for a result.
   */
  diverged(trial: StoredTrial, { message }: ReceivedDivergence, result: ReceivedResult): void {
    const failure = { kind: 'diverged', message, details: '', attempts: trial.attempts };
    const measured = { ...result, primitives: { ...result.primitives, probabilities: {} }, artefacts: {} };
    const { cost, note } = this.#wholeCost(trial.id, result.cost);
    const notes = note === null ? result.notes : [...result.notes, note];
    this.#store.finish(
      trial.id,
      { ...measured, cost, notes },
      [],
      null,
      this.#parts.now(),
      result.cost.seconds,
      failure,
    );
  }

  /**
   * After an update that changed or added definitions of metrics: computes them again from what the trials measured, a
   * few at a time beside everything else, until `isOver`. A value of an older definition whose primitives are gone is
   * taken away: it would pass for the new one.
   */
  async renew(isOver: () => boolean): Promise<void> {
    const versions = metricVersions();
    let renewed = 0;
    try {
      for (
        let ids = this.#store.outdatedTrials(RENEWED_AT_ONCE);
        ids.length > 0;
        ids = this.#store.outdatedTrials(RENEWED_AT_ONCE)
      ) {
        for (const id of ids) {
          const trial = this.#store.trial(id);
          if (trial !== null) this.#renewTrial(trial, versions);
        }
        renewed += ids.length;
        await new Promise((resolve) => setTimeout(resolve, 0));
        if (isOver()) return;
      }
      if (renewed > 0)
        this.#parts.log(
          null,
          'info',
          `The metrics of ${renewed === 1 ? 'one stored trial' : `${renewed} stored trials`} were computed ` +
            'again by the present definitions.',
        );
    } catch (error) {
      this.#parts.log(
        null,
        'warning',
        'The metrics of stored trials could not be computed again by the present definitions: ' +
          `${asWorkbenchError(error).message} It is tried again at the next start.`,
      );
    }
  }

  /**
   * Drops what the retention setting no longer keeps, before a trial is stored, which then counts as one, so that its
   * room is free, or after it.
   */
  #retain(when: 'before' | 'after'): void {
    const keep = this.#parts.keepProbabilities;
    if (keep === undefined || (when === 'after' && keep > 0)) return;
    this.#store.dropOldAnswers(Math.max(0, keep - 1));
  }

  /**
   * Every metric that a trial's primitives allow, measured against the upper reference of its suite and seed where that
   * is there.
   */
  #measure(trial: StoredTrial, primitives: Primitives): { values: Record<string, number>; headline: number | null } {
    const suite = this.#suites.find(trial.suite);
    const upper = suite?.references.upper;
    const joint =
      upper === undefined || upper === trial.method || trial.origin !== null
        ? null
        : this.#store.findDone(upper, trial);
    const reference = joint === null ? null : this.#store.primitives(joint, { answers: false });
    const values = computeMetrics(primitives, reference === null ? {} : { joint: reference });
    return { values, headline: suite?.metrics[0] === undefined ? null : (values[suite.metrics[0]] ?? null) };
  }

  #renewTrial(trial: StoredTrial, versions: Readonly<Record<string, number>>): void {
    const stored = new Set(
      this.#store
        .metrics(trial.id)
        .filter(({ step }) => step === -1)
        .map(({ id }) => id),
    );
    const before = this.#store.definitionsOf(trial.id);
    const outdated = Object.keys(versions).filter(
      (metric) => (before === null ? 1 : (before[metric] ?? 0)) !== versions[metric],
    );
    let primitives: Primitives | null = null;
    try {
      primitives = outdated.length === 0 ? null : this.#store.primitives(trial.id);
    } catch (error) {
      this.#parts.log(
        trial.id,
        'warning',
        `Its metrics could not be computed again: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const { values, headline } =
      primitives === null ? { values: {}, headline: null } : this.#measure(trial, primitives);
    const kept = outdated.flatMap((metric) =>
      values[metric] === undefined ? [] : [{ id: metric, value: values[metric] }],
    );
    const gone = outdated.filter((metric) => values[metric] === undefined && stored.has(metric));
    const first = this.#suites.find(trial.suite)?.metrics[0] ?? '';
    this.#store.renewMetrics(trial.id, kept, gone, outdated.includes(first) ? headline : trial.headline);
  }

  /**
   * What a trial cost with everything it was made of: an ensemble of five costs five trainings, also when another study
   * did them.
   */
  #wholeCost(trial: string, own: Cost): { cost: Cost; note: string | null } {
    const { cost, made } = wholeCost(trial, own, {
      makersOf: (id) => this.#store.makersOf(id),
      costOf: (id) => this.#store.cost(id),
    });
    const took = `this trial alone took ${own.seconds.toFixed(1)} s.`;
    const of = made === 1 ? 'trial' : `${made} trials`;
    return { cost, note: made === 0 ? null : `The cost includes the ${of} whose artefacts were used; ${took}` };
  }
}

const asList = (values: Readonly<Record<string, number>>): MetricValue[] =>
  Object.entries(values).map(([id, value]) => ({ id, value }));
