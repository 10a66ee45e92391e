/**
 * Steps per second over the last ten seconds or so, and the seconds left at that pace; `now` (milliseconds) stands
 * still while calls are prepared, which the steps to come are spared.
 */
export class Pace {
  readonly #now: () => number;
  readonly #points: { at: number; done: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  at(done: number, total: number): { rate: number | null; eta: number | null } {
    const at = this.#now();
    this.#points.push({ at, done });
    while (this.#points.length > 2 && at - (this.#points[0]?.at ?? at) > 10_000) this.#points.shift();
    const first = this.#points[0];
    if (first === undefined || at <= first.at || done <= first.done) return { rate: null, eta: null };
    const rate = (done - first.done) / ((at - first.at) / 1000);
    return { rate, eta: Math.max(0, total - done) / rate };
  }
}
