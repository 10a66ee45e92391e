import { STATE_WORDS } from '../../src-main/results/states.ts';
import type { StudySummary, TrialState } from '../../src-main/workbench/contract/contract.ts';

/** Studies and trials share their marks. */
export type MarkedState = TrialState | StudySummary['state'];

/** Outlines of the states of trials and studies, in a box of 12 × 12. */
const SHAPES: Readonly<Record<MarkedState, string>> = {
  queued: 'M6 2a4 4 0 1 0 .01 0z',
  waiting: 'M6 2a4 4 0 1 0 .01 0z M6 4v2.2l1.5 1',
  running: 'M3.5 2 10 6l-6.5 4z',
  paused: 'M3 2h2.2v8H3zM6.8 2H9v8H6.800z',
  done: 'M2 6.3 4.8 9 10 3',
  // A line that leaves the picture; a circle with a bar.
  diverged: 'M1.5 8.500 3.500 6.500 5.500 9 8 3.500M6.200 2.200 9.500 1.500 10.200 4.800',
  'not-possible': 'M6 2a4 4 0 1 0 .01 0zM3.200 3.200l5.600 5.600',
  failed: 'M3 3l6 6M9 3l-6 6',
  cancelled: 'M2.500 6h7',
  planning: 'M2.500 3h7M2.500 6h7M2.500 9h4',
  interrupted: 'M3 2h2.2v8H3zM8.500 3v3.500M8.500 9v.01',
  unreadable: 'M6 2v4.500M6 9.500v.01',
};

/** How a state is written. */
export const MARK_WORDS: Readonly<Record<MarkedState, string>> = {
  ...STATE_WORDS,
  planning: 'planning',
  interrupted: 'interrupted',
  unreadable: 'unreadable',
};

/** The path that draws a state. */
export const stateShape = (state: MarkedState): string => SHAPES[state];

/** The shapes as masks by CSS variable, `--mark-done` and so on: hundreds of marks need no drawing of their own. */
export const STATE_MASKS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(SHAPES).map(([state, path]) => [
    `--mark-${state}`,
    `url("data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 12 12"><path d="${path}" ` + `fill="${stateFilled(state) ? '#000' : 'none'}" stroke="#000" stroke-width="1.8" ` + 'stroke-linecap="round" stroke-linejoin="round"/></svg>')}")`,
  ]),
);

/** Whether the shape is filled; the others are strokes. */
export function stateFilled(state: string): boolean {
  return state === 'running' || state === 'paused';
}
