import { z } from 'zod';
import type { TrialContext } from '../../contract.ts';

const steps = z.number().nullish();

/**
 * Steps that a merge had done when it was interrupted; 0 for a new one, and for one that was interrupted before its
 * first step, whose place is null.
 */
export const stepsDone = ({ restored }: Pick<TrialContext['state'], 'restored'>): number => steps.parse(restored) ?? 0;

/** Whether the trial begins: what it does once, before its first step, is to be counted. */
export const isBeginning = ({ restored }: Pick<TrialContext['state'], 'restored'>): boolean =>
  (restored ?? null) === null;
