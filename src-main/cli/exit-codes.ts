import type { WorkbenchFailure } from '../workbench/contract/contract.ts';

/** What the command line's exit status says; part of its interface, shown by `touchstone --help`. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  trialsFailed: 3,
  dataMissing: 4,
  trialsDiverged: 5,
  interrupted: 130,
} as const;

export const EXIT_HELP = `Exit codes:
  0    done
  1    it failed; the message says why
  2    wrong usage: unknown option, suite, method or value
  3    the study ended, but some trials failed
  4    a data set is missing or damaged
  5    the study ended and none failed, but some trials diverged (NaN or infinite numbers)
  130  interrupted; the study is paused and can be resumed`;

export function exitCodeOf(failure: WorkbenchFailure): number {
  switch (failure.kind) {
    case 'invalid-input':
    case 'not-found':
    case 'refused':
      return EXIT.usage;
    case 'data':
      return EXIT.dataMissing;
    case 'cancelled':
      return EXIT.interrupted;
    default:
      return EXIT.failure;
  }
}
