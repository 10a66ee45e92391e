import type { TrialState } from '../../src-main/workbench/contract/contract.ts';

/** What each state of a trial means for the person. */
export const STATE_MEANINGS: Readonly<Record<TrialState, string>> = {
  queued: 'Waits for a free worker.',
  waiting: 'Waits for another trial whose artefact it uses.',
  running: 'Is being computed now.',
  paused: 'Stopped at a checkpoint; resume continues from there.',
  done: 'Finished and stored.',
  diverged: 'Its loss, parameters or answers stopped being finite numbers: it has no result and enters no mean.',
  'not-possible': 'It needs what another trial was to make, and that one diverged.',
  failed: 'Stopped with an error after one retry.',
  cancelled: 'Cancelled by you; retry queues it again.',
};
