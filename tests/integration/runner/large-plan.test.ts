import { afterEach, beforeEach, expect, it } from 'vitest';
import { longestTurn } from '../../fixtures/loop-delay.ts';
import { openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';

/** A study of many thousands of trials is planned and stored between answers to others, and is a state until then. */

let folder = { path: '', remove: (): void => undefined };
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const CONFIGURATIONS = 2000;
const large = (seeds: number) => ({
  ...request([], { name: 'large', seeds: Array.from({ length: seeds }, (_, seed) => seed) }),
  methods: Array.from({ length: CONFIGURATIONS }, (_, index) => ({
    method: 'fake-walk',
    hyperParameters: { steps: index + 1 },
  })),
});

it('of 2,000 × 10 trials stalls nothing for more than a tenth of a second', async () => {
  // No place to run anything: the queue is what is measured.
  const bench = await openBench(folder.path, { capacity: () => 0 });
  await bench.workbench.call('study.create', request(['fake-walk']));
  const stop = longestTurn();
  let states = new Set<string>();
  const creating = bench.workbench.call('study.create', large(10));
  const looking = setInterval(() => {
    for (const study of bench.store.studies()) if (study.name === 'large') states = states.add(study.intent);
  }, 50);
  const study = await creating;
  clearInterval(looking);
  expect(stop()).toBeLessThan(100);
  expect(study.counts).toMatchObject({ queued: 10 * CONFIGURATIONS });
  expect([...states]).toContain('plan');
  expect(bench.events.some((event) => event.kind === 'planning' && event.trials > 1000)).toBe(true);
  // Every window has it in its list from the start, as being planned.
  const told = bench.events.flatMap((event) => (event.kind === 'study' && event.study.id === study.id ? [event] : []));
  expect([told[0]?.study.state, told.at(-1)?.study.state]).toEqual(['planning', 'running']);
  await bench.workbench.close();
}, 300_000);

it('that was cancelled or cut off while it was planned leaves nothing behind', async () => {
  const bench = await openBench(folder.path, { capacity: () => 0 });
  const creating = bench.workbench.call('study.create', large(20)).catch((error: unknown) => error);
  const planned = (): string | undefined => bench.store.studies().find(({ intent }) => intent === 'plan')?.id;
  while (planned() === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(await bench.workbench.call('study.list', {})).toMatchObject([{ state: 'planning' }]);
  await bench.workbench.call('study.cancel', { id: planned() ?? '' });
  expect(await creating).toMatchObject({ failure: { kind: 'cancelled' } });
  expect(await bench.workbench.call('study.list', {})).toEqual([]);
  // As a process that was killed leaves it.
  bench.store.beginStudy({
    id: 'half-made',
    name: 'half',
    intent: 'plan',
    request: JSON.stringify(large(1)),
    backend: 'wasm',
    createdAt: 1,
    finishedAt: null,
  });
  await bench.workbench.close();
  const again = await openBench(folder.path);
  expect(again.workbench.notices).toContainEqual(expect.stringContaining('"half" was still being planned'));
  await expect.poll(() => again.store.studies()).toEqual([]);
  await again.workbench.close();
}, 120_000);
