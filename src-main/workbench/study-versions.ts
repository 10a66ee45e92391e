import { remembered } from '../base/remembered.ts';
import type { StoredTrial } from '../results/types.ts';

/**
 * The rows of a study's trials that were measured with an earlier version of something, by their cells: a study that
 * was extended, or whose method's file was edited meanwhile, holds several versions of one row on a suite. The newest
 * has the row; no grid takes them together.
 */
export function earlierRows(
  trials: readonly { readonly trial: StoredTrial }[],
  rowOf: (trial: StoredTrial) => { readonly key: string },
): ReadonlyMap<number, string> {
  const cells = new Map<string, { readonly key: string; readonly cells: Set<number> }>();
  for (const { trial } of trials) {
    if (trial.cell === null) continue;
    const { key } = rowOf(trial);
    remembered(cells, `${trial.suite}\n${key}`, () => ({ key, cells: new Set<number>() })).cells.add(trial.cell);
  }
  const earlier = new Map<number, string>();
  for (const { key, cells: versions } of cells.values()) {
    const newest = Math.max(...versions);
    for (const cell of versions) if (cell !== newest) earlier.set(cell, `${key}~${cell}`);
  }
  return earlier;
}
