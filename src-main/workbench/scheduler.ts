import { kindKey } from './estimates.ts';
import type { Estimates, WorkKind } from './estimates.ts';
import { remembered } from './remembered.ts';

/** A trial that may run as soon as what it needs is done. */
export interface QueuedTrial extends WorkKind {
  readonly id: string;
  /** Ids of the trials whose artefacts it opens. */
  readonly needs: readonly string[];
  /** Others wait for its artefact. */
  readonly needed: boolean;
  /** Studies asked for first are served first; milliseconds. */
  readonly askedAt: number;
  /** Place within its study's plan. */
  readonly position: number;
}

/** Where trials of a kind find their graphs optimised: in a worker that is free, only in busy ones, or nowhere yet. */
export type Warmth = 'here' | 'elsewhere' | 'nowhere';

/** Below so many seconds a trial's own graphs are a large part of its time. */
const SHORT_SECONDS = 3;

/** What a choice depends on besides the queue. */
export interface Circumstances {
  /** Has a trial finished, so that its artefact is there? */
  done(trial: string): boolean;
  /** Places on a backend. */
  free(backend: string): number;
  readonly estimates: Estimates;
  warmth?(kind: string): Warmth;
  /** Trials of a kind that run now; none unless told. */
  running?(kind: string): number;
}

/**
 * The trial to start next, or null: of those whose needs are done and whose backend has a free place, the oldest study first, then what
 * others wait for, then the longest (so that no long one is left alone at the end); a trial of unknown length counts as long.
 *
 * Of long ones at least half as long as the longest, one of the kind that runs in fewest workers: methods that wait for memory and methods
 * that compute hinder each other less side by side; and of a kind whose length is a guess before others, so that the longest are known while
 * much is left. Short ones, whose order matters little to the end, come where their graphs are: what a free worker has run before, then what
 * none has, then what a busy one has.
 */
export function chooseNext(queue: Iterable<QueuedTrial>, circumstances: Circumstances): QueuedTrial | null {
  const candidates = startable(queue, circumstances);
  const best = first(candidates, before);
  if (best === null || !isLong(best.facts.seconds)) return best?.trial ?? null;
  const alike = candidates.filter(({ trial, facts: { seconds } }) => trial.askedAt === best.trial.askedAt && trial.needed === best.trial.needed && isLong(seconds) && 2 * seconds >= best.facts.seconds);
  return first(alike, besideOthers)?.trial ?? null;
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

/** Every trial that could start now. A study has thousands of trials but few kinds of them, few backends and few artefacts: each is asked about once. */
function startable(queue: Iterable<QueuedTrial>, { done, free, estimates, warmth = () => 'nowhere', running = () => 0 }: Circumstances): Candidate[] {
  const hasPlace = new Map<string, boolean>();
  const isThere = new Map<string, boolean>();
  const factsOf = new Map<string, KindFacts>();
  const candidates: Candidate[] = [];
  for (const trial of queue) {
    if (!remembered(hasPlace, trial.backend, () => free(trial.backend) > 0) || !trial.needs.every((needed) => remembered(isThere, needed, () => done(needed)))) continue;
    const kind = kindKey(trial);
    const facts = remembered(factsOf, kind, () => ({
      seconds: estimates.seconds(trial) ?? Number.POSITIVE_INFINITY, distance: DISTANCES[warmth(kind)], running: running(kind), isGuess: !estimates.knows(trial),
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
  const { facts: one } = a, { facts: other } = b;
  if (isUnknown(one.seconds) !== isUnknown(other.seconds)) return isUnknown(one.seconds);
  if (isLong(one.seconds) !== isLong(other.seconds)) return isLong(one.seconds);
  if (!isLong(one.seconds) && one.distance !== other.distance) return one.distance < other.distance;
  if (one.seconds !== other.seconds) return one.seconds > other.seconds;
  return a.trial.position < b.trial.position;
}

function besideOthers(a: Candidate, b: Candidate): boolean {
  if (a.facts.running !== b.facts.running) return a.facts.running < b.facts.running;
  if (a.facts.isGuess !== b.facts.isGuess) return a.facts.isGuess;
  if (a.facts.distance !== b.facts.distance) return a.facts.distance < b.facts.distance;
  return before(a, b);
}
