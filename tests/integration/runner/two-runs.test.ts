import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkbench } from '../../../src-main/workbench/open.ts';
import {
  fakeParts,
  NODE,
  openBench,
  request,
  temporaryFolder,
  trialWith,
  when,
} from '../../fixtures/fake-workbench.ts';

/**
 * Two `touchstone run` on one data folder: whatever becomes of the one that holds it, the other's study ends or is said
 * to be interrupted.
 */

const RUN = fileURLToPath(new URL('../../fixtures/fake-run.ts', import.meta.url));
let folder = { path: '', remove: (): void => undefined };
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGCONT');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  folder.remove();
});

interface Run {
  readonly child: ChildProcess;
  readonly code: Promise<number | null>;
  /** Everything said on stderr so far, and on stdout. */
  readonly said: () => string;
  /** Resolves when stderr says so. */
  says(what: RegExp): Promise<RegExpExecArray>;
}

function run(name: string, steps: number, silence = 10_000): Run {
  const child = spawn(NODE, [RUN, folder.path, name, String(steps), String(silence)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      for (const look of [...waiting]) look();
    });
  return {
    child,
    code: new Promise((resolve) => child.once('close', (code) => resolve(code))),
    said: () => text,
    says: (what) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = what.exec(text);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** A study that runs `first` in its own process, and one that it runs for `second`. */
async function two(
  steps: { first: number; second: number },
  silence?: number,
): Promise<{ first: Run; second: Run; ids: string[] }> {
  const first = run('first', steps.first);
  const [, one = ''] = await first.says(/in-process: (\S+)/);
  const second = run('second', steps.second, silence);
  const [, two = ''] = await second.says(/socket: (\S+)/);
  return { first, second, ids: [one, two] };
}

/** Ends the study of one run while the other's goes on. */
async function cancel(id: string): Promise<void> {
  const opened = await openWorkbench({ dataFolder: folder.path, parts: fakeParts });
  expect(opened.how).toBe('socket');
  await opened.client.call('study.cancel', { id });
  await opened.close();
}

async function states(): Promise<Record<string, string>> {
  const opened = await openWorkbench({ dataFolder: folder.path, runQueue: false, parts: fakeParts });
  const studies = await opened.client.call('study.list', {});
  await opened.close();
  return Object.fromEntries(studies.map(({ name, state }) => [name, state]));
}

describe('the first of two runs', () => {
  it('stays until the study of the second has ended, and says so', async () => {
    const { first, second, ids } = await two({ first: 100_000, second: 200 });
    await cancel(ids[0] ?? '');
    expect(await second.code, second.said()).toBe(0);
    expect(await first.code, first.said()).toBe(130);
    expect(first.said()).toMatch(
      /also runs the study "second" for others and stays until that has ended; Ctrl-C hands it over/,
    );
    // Its own results are not kept back by that.
    expect(first.said().indexOf('fake/suite')).toBeLessThan(first.said().indexOf('stays until'));
    expect(second.said()).toContain('fake/suite');
    expect(await states()).toEqual({ first: 'cancelled', second: 'done' });
  }, 180_000);

  it('hands over on Ctrl-C: the second takes the folder and goes on from the checkpoints', async () => {
    const { first, second, ids } = await two({ first: 100_000, second: 400 });
    await cancel(ids[0] ?? '');
    await first.says(/stays until that has ended/);
    first.child.kill('SIGINT');
    expect(await first.code, first.said()).toBe(130);
    expect(await second.code, second.said()).toBe(0);
    expect(second.said()).toContain('has ended; this command goes on with it');
    expect(await states()).toEqual({ first: 'cancelled', second: 'done' });
  }, 180_000);

  it('killed: the second goes on by itself, and the first’s study is interrupted and can be resumed', async () => {
    const { first, second, ids } = await two({ first: 100_000, second: 200 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    first.child.kill('SIGKILL');
    expect(await second.code, second.said()).toBe(0);
    expect(second.said()).toContain('has ended; this command goes on with it');
    expect(await states()).toEqual({ first: 'interrupted', second: 'done' });
    const opened = await openWorkbench({ dataFolder: folder.path, runQueue: false, parts: fakeParts });
    const resumed = await opened.client.call('study.resume', { id: ids[0] ?? '' });
    expect(resumed.state).toBe('running');
    await opened.client.call('study.cancel', { id: ids[0] ?? '' });
    await opened.close();
  }, 180_000);

  it('both killed: nothing says that it runs', async () => {
    const { first, second } = await two({ first: 100_000, second: 2000 });
    second.child.kill('SIGKILL');
    first.child.kill('SIGKILL');
    await Promise.all([first.code, second.code]);
    expect(await states()).toEqual({ first: 'interrupted', second: 'interrupted' });
  }, 180_000);
});

describe('a Touchstone that is stopped', () => {
  it('makes no command hang: it is said within the time limit, with what to do', async () => {
    const holder = run('first', 100_000);
    await holder.says(/in-process/);
    holder.child.kill('SIGSTOP');
    const began = performance.now();
    const second = run('second', 30, 1_000);
    expect(await second.code, second.said()).not.toBe(0);
    expect(second.said()).toContain(`(process ${holder.child.pid} on`);
    expect(second.said()).toContain('has not answered for 1 s: it is stopped, or hangs');
    expect(second.said()).toContain(`kill -CONT ${holder.child.pid}`);
    expect(performance.now() - began).toBeLessThan(30_000);
    // Nothing is lost when it goes on.
    holder.child.kill('SIGCONT');
    const third = run('third', 30, 5_000);
    await third.says(/socket: /);
    expect(await third.code, third.said()).toBe(0);
  }, 180_000);

  it('is told from a busy one: who follows a study hears of it, and goes on when it answers again', async () => {
    const { first, second } = await two({ first: 100_000, second: 300 }, 2_000);
    // It follows by now, and waits for events alone.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    first.child.kill('SIGSTOP');
    await second.says(/it is stopped, or hangs/);
    first.child.kill('SIGCONT');
    await second.says(/answers again/);
    expect(await second.code, second.said()).toBe(0);
    first.child.kill('SIGINT');
    expect(await first.code, first.said()).toBe(130);
  }, 180_000);
});

it(
  'a command that only looks something up says that a study was interrupted, and continuing takes ' + 'it up once',
  async () => {
    const bench = await openBench(folder.path);
    const study = await bench.workbench.call('study.create', request(['fake-slow'], { seeds: [1, 2, 3] }));
    await when(bench.workbench, trialWith('running'));
    expect((await bench.workbench.call('study.get', { id: study.id })).state).toBe('running');
    await bench.workbench.close({ graceful: false });
    const opened = await openWorkbench({ dataFolder: folder.path, runQueue: false, parts: fakeParts });
    expect((await opened.client.call('study.get', { id: study.id })).state).toBe('interrupted');
    expect(opened.running()).toEqual([]);
    const taken = await opened.client.call('study.continue', { id: study.id });
    expect(taken.state).toBe('running');
    expect(opened.running()).toMatchObject([{ id: study.id }]);
    await opened.client.call('study.pause', { id: study.id });
    // What a person has paused meanwhile stays so.
    expect((await opened.client.call('study.continue', { id: study.id })).state).toBe('paused');
    await opened.close();
  },
);
