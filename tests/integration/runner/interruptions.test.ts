import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TrialDetail } from '../../../src-main/workbench/contract/contract.ts';
import { ended, openBench, request, temporaryFolder, trialWith, when } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

/**
 * Interrupted and resumed = uninterrupted, whatever the interruption. The fake method shows every bit of its state in
 * its result.
 */

let folder = { path: '', remove: (): void => undefined };
let bench: Bench | null = null;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  await bench?.workbench.close({ graceful: false });
  folder.remove();
});

const slow = request(['fake-slow'], { seeds: [7] });

const measured = ({ matrices, scalars, curves, metrics, cost }: TrialDetail): unknown => ({
  matrices,
  scalars,
  // Loss and steps, examples and epochs of every point; the seconds are the clock's.
  curves: curves.map(({ axes: { seconds: _, ...axes }, ...curve }) => ({ ...curve, axes })),
  metrics,
  cost: { ...cost, seconds: 0, peakMemoryBytes: 0, workers: 0 },
});

async function uninterrupted(): Promise<unknown> {
  const other = temporaryFolder();
  const calm = await openBench(other.path);
  try {
    const study = await calm.workbench.call('study.create', slow);
    await ended(calm.workbench, study.id);
    const { trials } = await calm.workbench.call('study.get', { id: study.id });
    return measured(await calm.workbench.call('trial.get', { id: trials[0]?.id ?? '' }));
  } finally {
    await calm.workbench.close();
    other.remove();
  }
}

async function resultOf(open: Bench, study: string): Promise<unknown> {
  const { trials } = await open.workbench.call('study.get', { id: study });
  return measured(await open.workbench.call('trial.get', { id: trials[0]?.id ?? '' }));
}

/** Steps that the workers took, to see that a resumed trial does not start again. */
const steps = (open: Bench): number[] => open.notes().map((line) => Number(line.split(' ')[2]));

const progressed = (open: Bench): Promise<unknown> =>
  when(open.workbench, (event) => (event.kind === 'trial' && (event.trial.progress?.done ?? 0) >= 8 ? event : null));

describe('a trial that is interrupted', () => {
  it('by kill -9 of its worker, goes on from the checkpoint with the same bits', async () => {
    const open = (bench = await openBench(folder.path));
    const reached = progressed(open);
    const study = await open.workbench.call('study.create', slow);
    await reached;
    const { trials } = await open.workbench.call('study.get', { id: study.id });
    const pid = open.workbench.workerPid(trials[0]?.id ?? '');
    expect(pid).not.toBeNull();
    process.kill(pid ?? 0, 'SIGKILL');
    expect((await ended(open.workbench, study.id)).state).toBe('done');
    expect(await resultOf(open, study.id)).toEqual(await uninterrupted());
    expect(steps(open).filter((step) => step === 0)).toHaveLength(1);
    expect(open.events.some((event) => event.kind === 'log' && event.message.includes('tried once more'))).toBe(true);
  });

  it('by the end of the whole Workbench, goes on at the next start', async () => {
    const first = await openBench(folder.path);
    const reached = progressed(first);
    const study = await first.workbench.call('study.create', slow);
    await reached;
    await first.workbench.close({ graceful: false });
    const second = (bench = await openBench(folder.path));
    expect((await ended(second.workbench, study.id)).state).toBe('done');
    expect(await resultOf(second, study.id)).toEqual(await uninterrupted());
    expect(steps(second).filter((step) => step === 0)).toHaveLength(1);
    expect(readdirSync(join(folder.path, 'checkpoints'))).toEqual([]);
  });

  it('by a pause, keeps its place and goes on when resumed', async () => {
    const open = (bench = await openBench(folder.path, { checkpointEvery: 3600 }));
    const reached = progressed(open);
    const study = await open.workbench.call('study.create', slow);
    await reached;
    const stopped = when(open.workbench, trialWith('paused'));
    await open.workbench.call('study.pause', { id: study.id });
    await stopped;
    expect((await open.workbench.call('study.get', { id: study.id })).state).toBe('paused');
    const before = steps(open).length;
    await open.workbench.call('study.resume', { id: study.id });
    expect((await ended(open.workbench, study.id)).state).toBe('done');
    expect(await resultOf(open, study.id)).toEqual(await uninterrupted());
    expect(steps(open).length - before).toBeLessThan(30);
    expect(steps(open).filter((step) => step === 0)).toHaveLength(1);
  });

  it('by a crash of its own, is tried once more and then failed with the reason', async () => {
    const open = (bench = await openBench(folder.path));
    const once = await open.workbench.call('study.create', request(['fake-crash-once'], { seeds: [0] }));
    expect((await ended(open.workbench, once.id)).state).toBe('done');
    const always = await open.workbench.call('study.create', request(['fake-crash-always'], { seeds: [0] }));
    expect((await ended(open.workbench, always.id)).state).toBe('failed');
    const { trials } = await open.workbench.call('study.get', { id: always.id });
    expect(trials[0]?.failure).toMatchObject({ kind: 'crash', attempts: 2 });
    expect(trials[0]?.failure?.message).toContain('SIGSEGV');
  });

  it('by a hang, is killed after the time that a person set', async () => {
    const open = (bench = await openBench(folder.path, { times: { hang: 400 } }));
    const study = await open.workbench.call('study.create', request(['fake-deaf'], { seeds: [0] }));
    expect((await ended(open.workbench, study.id)).state).toBe('failed');
    const { trials } = await open.workbench.call('study.get', { id: study.id });
    expect(trials[0]?.failure?.message).toContain('no sign of life');
  });
});
