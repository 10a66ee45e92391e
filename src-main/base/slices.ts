import { setImmediate as nextTurn } from 'node:timers/promises';

/** What is short enough that nobody waits for it, and long enough that giving way costs nothing. */
const SLICE_MS = 20;

/**
 * Long work in a process that must go on answering: between its pieces `pause` lets others have their turn when a slice
 * is over.
 */
export class Slices {
  readonly #sliceMs: number;
  #since = performance.now();

  constructor(sliceMs = SLICE_MS) {
    this.#sliceMs = sliceMs;
  }

  /** Whether `pause` would give way now; to be asked where waiting for a promise at every piece costs too much. */
  get isOver(): boolean {
    return performance.now() - this.#since >= this.#sliceMs;
  }

  async pause(): Promise<void> {
    if (!this.isOver) return;
    await nextTurn();
    this.#since = performance.now();
  }
}

/**
 * Does work that is written in steps, and lets others have their turn between them; `onTurn` is told how far it is by
 * then, and ends the work where it throws.
 */
export async function inSlices<P, T>(steps: Generator<P, T, void>, onTurn?: (at: P) => void): Promise<T> {
  const slices = new Slices();
  try {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      if (!slices.isOver) continue;
      await slices.pause();
      onTurn?.(step.value);
    }
  } finally {
    // One that has ended takes no notice; one that has not closes what it opened.
    steps[Symbol.dispose]();
  }
}
