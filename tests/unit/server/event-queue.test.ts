import { expect, it } from 'vitest';
import { EventQueue } from '../../../src-main/server/event-queue.ts';
import type { WorkbenchEvent } from '../../../src-main/workbench/contract/contract.ts';

const data = (dataset: string, done: number): WorkbenchEvent => ({
  kind: 'data',
  dataset,
  state: 'downloading',
  done,
  total: null,
  rate: null,
  message: '',
});
const point = (x: number): WorkbenchEvent => ({ kind: 'curve-point', trial: 't', name: 'loss', x, y: 0, places: {} });
const drain = (queue: EventQueue) => Array.from({ length: queue.size }, () => queue.shift());

it('keeps only the latest state of a thing', () => {
  const queue = new EventQueue();
  for (let done = 0; done < 1000; done += 1) {
    queue.push(data('mnist', done));
    queue.push(data('kmnist', done));
  }
  expect(drain(queue)).toEqual([data('mnist', 999), data('kmnist', 999)]);
  expect(queue.shift()).toBeUndefined();
});

it('keeps the newest points of a stream, in order, and a bounded number of them', () => {
  const queue = new EventQueue();
  for (let x = 0; x < 100_000; x += 1) queue.push(point(x));
  expect(queue.size).toBeLessThanOrEqual(2000);
  const xs = drain(queue).map((event) => (event?.kind === 'curve-point' ? event.x : NaN));
  expect(xs.at(-1)).toBe(99_999);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
});

it('sends states before streams', () => {
  const queue = new EventQueue();
  queue.push(point(1));
  queue.push(data('mnist', 1));
  expect(queue.shift()).toEqual(data('mnist', 1));
});
