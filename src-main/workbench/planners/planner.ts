import type { TrialState } from '../../results/states.ts';
import type { HyperParameters } from '../../methods/contract.ts';
import type { StudyRequest } from '../contract/contract.ts';

/** Suites × methods × seeds, with each suite's references unless they are not wanted. */
export type Grid = Pick<StudyRequest, 'suites' | 'methods' | 'seeds' | 'references'>;

/** What is known of a trial that was asked for. */
export interface KnownTrial {
  readonly suite: string;
  readonly method: string;
  readonly hyperParameters: HyperParameters;
  readonly seed: number;
  readonly state: TrialState;
  /** What it measured of its suite's first metric. */
  readonly headline: number | null;
}

/** Trials that are asked for next, and what a person is told of why. */
export interface Proposal {
  readonly trials: readonly Grid[];
  readonly says: readonly string[];
}

/**
 * Decides what a study runs. It is asked at the start, with nothing known, and again whenever all that it asked for has
 * ended. It keeps nothing: from the same results it proposes the same, so that a study that was interrupted goes on as
 * if it had not been.
 */
export interface Planner {
  next(known: readonly KnownTrial[]): Proposal | 'done';
}
