import type { TrialContext } from '../../contract.ts';
import type { ResidentSplit } from '../../training/contract.ts';
import type { PassedRows } from './layer-statistics.ts';

/** So many inputs of a task, drawn by the trial's seed and the task alone: whoever asks is given the same. */
export function drawnInputs(
  { stream }: Pick<TrialContext, 'stream'>,
  { x, rows }: Pick<ResidentSplit, 'x' | 'rows'>,
  task: number,
  examples: number,
): PassedRows {
  return { inputs: x, ids: stream(`statistics/task${task}`).sample(rows, Math.min(examples, rows)) };
}

/** How many of so many examples are of a task, where every task has as many and the first ones what is left over. */
export const shareOfTask = (examples: number, tasks: number, task: number): number =>
  Math.floor(examples / tasks) + (task < examples % tasks ? 1 : 0);
