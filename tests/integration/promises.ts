import { expect } from 'vitest';
import type { HyperParameters } from '../../src-main/methods/contract.ts';
import { measuredWithoutClock } from '../fixtures/curves.ts';
import { pausing, type TrialRun, type TrialRunner } from './run-trials.ts';

/** A stage that has learnt a task answers for it ever after as it did then, to the bit. */
export function expectNothingForgotten(accuracy: readonly (readonly number[])[]): void {
  for (const [stage, row] of accuracy.entries())
    for (let task = 0; task <= stage; task++) expect(row[task]).toBe(accuracy[task][task]);
}

/**
 * A trial that pauses at these yields and goes on each time measures what one without a pause does, to the bit; answers
 * both.
 */
export async function expectSameAfterPauses(
  trials: Pick<TrialRunner, 'run'>,
  [suite, method, values]: readonly [suite: string, method: string, values: HyperParameters],
  yields: readonly number[],
): Promise<{ readonly whole: TrialRun; readonly again: TrialRun }> {
  const whole = await trials.run(suite, method, values);
  const interrupted = pausing((at) => yields.includes(at));
  const again = await trials.run(suite, method, values, 1, interrupted);
  expect(interrupted.pauses()).toBe(yields.length);
  expect(measuredWithoutClock(again.primitives)).toEqual(measuredWithoutClock(whole.primitives));
  return { whole, again };
}
