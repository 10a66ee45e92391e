import type { DatasetSplit } from '../../../datasets/types.ts';
import type { TargetScale } from '../../../methods/training/contract.ts';

/**
 * Mean and standard deviation of the numbers to be told, over the training rows alone. A target that does not vary is
 * only centred.
 */
export function targetScale(names: readonly string[], { table }: DatasetSplit): TargetScale {
  const numbers = table?.numbers ?? new Float64Array();
  let sum = 0;
  for (const value of numbers) sum += value;
  const mean = sum / numbers.length;
  let squares = 0;
  for (const value of numbers) squares += (value - mean) ** 2;
  const variance = squares / numbers.length;
  return { names, mean, deviation: variance > 0 ? Math.sqrt(variance) : 1 };
}
