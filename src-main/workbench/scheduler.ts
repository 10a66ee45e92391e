import { kindKey } from './estimates.ts';
import type { Estimates, WorkKind } from './estimates.ts';
import { remembered } from '../base/remembered.ts';
import { timeLeft } from './time-left.ts';

/** A trial that may run as soon as what it needs is done. */
export interface QueuedTrial extends WorkKind {
  readonly id: string;
  /** Ids of the trials whose artefacts it opens. */
  readonly needs: readonly string[];
  /** Others wait for its artefact. */
  readonly needed: boolean;
  /** Studies asked for first are served first; milliseconds. */
  readonly askedAt: number;
  /**
   * Seed by seed: of a study, trials of a lower round come first, so that a board has every method from the first
   * minutes on.
   */
  readonly round: number;
  /** Place within its study's plan. */
  readonly position: number;
}

/** Where trials of a kind find their graphs optimised: in a worker that is free, only in busy ones, or nowhere yet. */
export type Warmth = 'here' | 'elsewhere' | 'nowhere';

/** Below so many seconds a trial's own graphs are a large part of its time. */
const SHORT_SECONDS = 3;
/**
 * With more trials than this for each worker there is enough left to even out whatever is chosen: then no more of them
 * need to be looked at.
 */
export const ENDING_TRIALS = 12;
/**
 * With no more trials than this for each worker a study ends, and its last rounds run as one: then it counts when all
 * is done.
 */
const LAST_TRIALS = 2;
/** Ends are predicted; a difference of less than this share is none. */
const SAME_END = 0.02;

/** What a choice depends on besides the queue. */
export interface Circumstances {
  /** Places on a backend. */
  free(backend: string): number;
  readonly estimates: Estimates;
  warmth?(kind: string): Warmth;
  /** Trials of a kind that run now; none unless told. */
  running?(kind: string): number;
  /** The workers of a backend, and how many seconds their trials have left; none runs unless told. */
  workers?(backend: string): { readonly count: number; readonly left: readonly (number | null)[] };
}

/**
 * The trial to start next, or null: of those whose artefacts are there and whose backend has a free place, the oldest
 * study first, seed by seed, then what others wait for, then the longest (so that no long one is left alone at the
 * end); a trial of unknown length counts as long.
 *
 * Of long ones at least half as long as the longest and with which all are done as soon (`endingSoonest`), one of the
 * kind that runs in fewest workers: methods that wait for memory and methods that compute hinder each other less side
 * by side; and of a kind whose length is a guess before others, so that the longest are known while much is left. Short
 * ones, whose order matters little to the end, come where their graphs are: what a free worker has run before, then
 * what none has, then what a busy one has.
 */
export function chooseNext(ready: Iterable<QueuedTrial>, circumstances: Circumstances): QueuedTrial | null {
  const open = startable(ready, circumstances);
  const candidates = inTurn(open, circumstances);
  const best = first(candidates, before);
  if (best === null || !isLong(best.facts.seconds)) return best?.trial ?? null;
  const alike = candidates.filter(
    ({ trial, facts: { seconds } }) =>
      trial.askedAt === best.trial.askedAt &&
      trial.needed === best.trial.needed &&
      isLong(seconds) &&
      2 * seconds >= best.facts.seconds,
  );
  return first(endingSoonest(alike, open, circumstances), besideOthers)?.trial ?? null;
}

/**
 * Of the oldest study on each backend only the lowest round, until little more is left of it than the workers have at
 * once.
 */
function inTurn(
  candidates: readonly Candidate[],
  { workers = () => ({ count: 1, left: [] }) }: Circumstances,
): readonly Candidate[] {
  const studies = new Map<string, { lowest: number; open: number }>();
  const nameOf = ({ trial }: Candidate): string => `${trial.backend}\n${trial.askedAt}`;
  for (const candidate of candidates) {
    const study = remembered(studies, nameOf(candidate), () => ({ lowest: Number.POSITIVE_INFINITY, open: 0 }));
    study.lowest = Math.min(study.lowest, candidate.trial.round);
    study.open += 1;
  }
  return candidates.filter((candidate) => {
    const { lowest, open } = studies.get(nameOf(candidate)) ?? { lowest: 0, open: 0 };
    return candidate.trial.round === lowest || open <= LAST_TRIALS * workers(candidate.trial.backend).count;
  });
}

/**
 * Those of the choices after which the workers of their backend are done with all candidates soonest, the longest first
 * from then on; all of them where that can't be told or where so much is left that it will even out.
 */
function endingSoonest(
  choices: readonly Candidate[],
  candidates: readonly Candidate[],
  { estimates, workers = () => ({ count: 1, left: [] }) }: Circumstances,
): readonly Candidate[] {
  const ends = new Map<string, number | null>();
  const endOf = ({ trial, facts: { seconds } }: Candidate): number | null =>
    remembered(ends, kindKey(trial), () => {
      const { count, left } = workers(trial.backend);
      if (candidates.length > ENDING_TRIALS * count) return null;
      const others = candidates.flatMap((other) =>
        other.trial !== trial && other.trial.backend === trial.backend ? [other.trial] : [],
      );
      return timeLeft(
        {
          running: [...left, seconds].map((open) => ({ seconds: open, own: true })),
          ahead: [],
          own: estimates.workOf(others),
        },
        count,
      );
    });
  let soonest = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    const end = endOf(choice);
    if (end === null) return choices;
    soonest = Math.min(soonest, end);
  }
  return choices.filter((choice) => (endOf(choice) ?? soonest) <= soonest * (1 + SAME_END));
}

/** What all trials of a kind have in common when one is chosen. */
interface KindFacts {
  /** Infinite: nobody knows. */
  readonly seconds: number;
  /** From its graphs, by DISTANCES. */
  readonly distance: number;
  readonly running: number;
  readonly isGuess: boolean;
}

interface Candidate {
  readonly trial: QueuedTrial;
  readonly facts: KindFacts;
}

/**
 * Every trial that could start now. A study has thousands of trials but few kinds of them and few backends: each is
 * asked about once.
 */
function startable(
  ready: Iterable<QueuedTrial>,
  { free, estimates, warmth = () => 'nowhere', running = () => 0 }: Circumstances,
): Candidate[] {
  const hasPlace = new Map<string, boolean>();
  const factsOf = new Map<string, KindFacts>();
  const candidates: Candidate[] = [];
  for (const trial of ready) {
    if (!remembered(hasPlace, trial.backend, () => free(trial.backend) > 0)) continue;
    const kind = kindKey(trial);
    const facts = remembered(factsOf, kind, () => ({
      seconds: estimates.seconds(trial) ?? Number.POSITIVE_INFINITY,
      distance: DISTANCES[warmth(kind)],
      running: running(kind),
      isGuess: !estimates.knows(trial),
    }));
    candidates.push({ trial, facts });
  }
  return candidates;
}

function first<T>(items: readonly T[], isBefore: (a: T, b: T) => boolean): T | null {
  let best: T | null = null;
  for (const item of items) if (best === null || isBefore(item, best)) best = item;
  return best;
}

const DISTANCES: Readonly<Record<Warmth, number>> = { here: 0, nowhere: 1, elsewhere: 2 };

const isLong = (seconds: number): boolean => seconds >= SHORT_SECONDS && seconds < Number.POSITIVE_INFINITY;
const isUnknown = (seconds: number): boolean => seconds === Number.POSITIVE_INFINITY;

function before(a: Candidate, b: Candidate): boolean {
  if (a.trial.askedAt !== b.trial.askedAt) return a.trial.askedAt < b.trial.askedAt;
  if (a.trial.needed !== b.trial.needed) return a.trial.needed;
  const { facts: one } = a,
    { facts: other } = b;
  if (isUnknown(one.seconds) !== isUnknown(other.seconds)) return isUnknown(one.seconds);
  if (isLong(one.seconds) !== isLong(other.seconds)) return isLong(one.seconds);
  if (!isLong(one.seconds) && one.distance !== other.distance) return one.distance < other.distance;
  if (one.seconds !== other.seconds) return one.seconds > other.seconds;
  if (a.trial.round !== b.trial.round) return a.trial.round < b.trial.round;
  return a.trial.position < b.trial.position;
}

function besideOthers(a: Candidate, b: Candidate): boolean {
  if (a.facts.running !== b.facts.running) return a.facts.running < b.facts.running;
  if (a.facts.isGuess !== b.facts.isGuess) return a.facts.isGuess;
  if (a.facts.distance !== b.facts.distance) return a.facts.distance < b.facts.distance;
  return before(a, b);
}
