import type { StudyRequest } from '../contract/contract.ts';
import { once } from './once.ts';
import type { Planner } from './planner.ts';
import { random } from './random.ts';
import type { RandomParts } from './random.ts';

/** The planner of a study, by what was asked for. */
export function plannerOf(request: StudyRequest, parts: RandomParts): Planner {
  return request.tuning === undefined ? once(request) : random(request, request.tuning.candidates, parts);
}

/** Whether more is to be planned once all that was planned has ended. */
export const isUnfinished = ({ tuning }: Pick<StudyRequest, 'tuning'>): boolean => tuning?.isDone === false;
