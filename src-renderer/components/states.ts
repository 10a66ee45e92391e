import type { TrialState } from '../../src-main/workbench/contract.ts';

/** What each state of a trial means for the person. */
export const STATE_MEANINGS: Readonly<Record<TrialState, string>> = {
  queued: 'Waits for a free worker.',
  waiting: 'Waits for another trial whose artefact it uses.',
  running: 'Is being computed now.',
  paused: 'Stopped at a checkpoint; resume continues from there.',
  done: 'Finished and stored.',
  failed: 'Stopped with an error after one retry.',
  cancelled: 'Cancelled by you; retry queues it again.',
  diverged: 'Its numbers went to infinity; it has no result.',
  'not-possible': 'The method does not fit this suite with these settings.',
};
