/** Every state of a trial: one list for the database, the contract and the screens. */
export const TRIAL_STATES = [
  'queued',
  'waiting',
  'running',
  'paused',
  'done',
  'diverged',
  'not-possible',
  'failed',
  'cancelled',
] as const;
export type TrialState = (typeof TRIAL_STATES)[number];

interface StateFacts {
  /** It is still to be worked on. */
  readonly open: boolean;
  /** It has left what it measured, which goes only when results are deleted. */
  readonly measured: boolean;
  /**
   * Whether a new study or a retry takes it up again. `asked`: only where a person wants just that, since the same
   * trial comes to the same end. What is not possible is looked at again, and ends so at once while nothing has
   * changed.
   */
  readonly again: 'yes' | 'asked' | 'no';
}

const open: StateFacts = { open: true, measured: false, again: 'yes' };

/** What each state means to the rest of the program. A new one does not compile until it is said here. */
export const STATE_FACTS: Readonly<Record<TrialState, StateFacts>> = {
  queued: open,
  waiting: open,
  running: { ...open, again: 'no' },
  paused: open,
  done: { open: false, measured: true, again: 'no' },
  diverged: { open: false, measured: true, again: 'asked' },
  'not-possible': { open: false, measured: false, again: 'yes' },
  failed: { open: false, measured: false, again: 'yes' },
  cancelled: { open: false, measured: false, again: 'yes' },
};

/** How a state is written. */
export const STATE_WORDS: Readonly<Record<TrialState, string>> = {
  queued: 'queued',
  waiting: 'waiting',
  running: 'running',
  paused: 'paused',
  done: 'done',
  diverged: 'diverged',
  'not-possible': 'not possible',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** The states in which a trial has ended without a result, in the order in which they are told. */
export const WITHOUT_RESULT = TRIAL_STATES.filter((state) => !STATE_FACTS[state].open && state !== 'done');

const STATES = new Set<string>(TRIAL_STATES);
const isState = (value: string): value is TrialState => STATES.has(value);

/** A state from text. @throws TypeError for any other text. */
export function trialStateOf(value: string): TrialState {
  if (!isState(value)) throw new TypeError(`"${value}" is no state of a trial`);
  return value;
}

/** The states that are still to be worked on. */
export const OPEN_STATES: readonly TrialState[] = TRIAL_STATES.filter((state) => STATE_FACTS[state].open);
