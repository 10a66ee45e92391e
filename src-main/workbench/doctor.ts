import type { DoctorLine } from './contract.ts';

/** What was found on this machine, line by line; the engine's own diagnosis. */
export async function diagnoseMachine(_speedTest: boolean): Promise<DoctorLine[]> {
  return [];
}
