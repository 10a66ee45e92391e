/** Redraws of one kind of thing. */
export interface Paced {
  /** Wants a redraw: at once after a quiet while, else together with the next one. */
  soon(): void;
  /** Redraws at once: for what a person asked for. */
  now(): void;
}

/** At most one redraw in `pause` milliseconds, however much arrives: workers tell more often than a person can read. */
export function paced(redraw: () => void, pause: number): Paced {
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const now = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    last = performance.now();
    redraw();
  };
  return {
    now,
    soon() {
      if (timer !== null) return;
      const wait = last + pause - performance.now();
      if (wait <= 0) now();
      else timer = setTimeout(now, wait);
    },
  };
}
