import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { paced } from '../../../src-renderer/app/paced.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

test('the first redraw comes at once, those that follow together, and the last is never lost', () => {
  const at: number[] = [];
  const redraw = paced(() => at.push(performance.now()), 250);
  const begin = performance.now();
  for (let i = 0; i < 1000; i++) {
    redraw.soon();
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(1000);
  expect(at.map((each) => each - begin)).toEqual([0, 250, 500, 750, 1000]);
});

test('what a person asked for waits for nothing, and is not drawn twice', () => {
  let drawn = 0;
  const redraw = paced(() => (drawn += 1), 250);
  redraw.soon();
  redraw.soon();
  redraw.now();
  expect(drawn).toBe(2);
  vi.advanceTimersByTime(10_000);
  expect(drawn).toBe(2);
});
