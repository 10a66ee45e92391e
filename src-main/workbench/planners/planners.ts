import type { StudyRequest } from '../contract/contract.ts';
import { grid } from './grid.ts';
import { once } from './once.ts';
import type { Planner } from './planner.ts';
import { random } from './random.ts';
import type { TuningParts } from './tuning.ts';

/** The planner of a study, by what was asked for. */
export function plannerOf(request: StudyRequest, parts: TuningParts): Planner {
  const { tuning } = request;
  if (tuning === undefined) return once(request);
  return tuning.kind === 'grid' ? grid(request, tuning.fields, parts) : random(request, tuning.candidates, parts);
}

/** Whether more is to be planned once all that was planned has ended. */
export const isUnfinished = ({ tuning }: Pick<StudyRequest, 'tuning'>): boolean => tuning?.isDone === false;
