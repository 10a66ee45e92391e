import { diagnose } from '../engine/provision/doctor.ts';
import type { DoctorLine } from './contract/contract.ts';

const LEVELS = { ok: 'ok', problem: 'warning', note: 'note' } as const;

/** What was found on this machine, line by line: the engine's own diagnosis in the contract's words. */
export async function diagnoseMachine(speedTest: boolean): Promise<DoctorLine[]> {
  const lines = await diagnose({ speed: speedTest });
  return lines.map(({ topic, state, name, text, advice }) => ({
    topic,
    level: LEVELS[state],
    message: `${name}: ${text}`,
    remedy: advice ?? null,
  }));
}
