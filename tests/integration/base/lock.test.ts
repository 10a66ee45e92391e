import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { takeLock } from '../../../src-main/base/lock.ts';
import { NODE } from '../../fixtures/fake-workbench.ts';

const CONTENDER = fileURLToPath(new URL('../../fixtures/lock-contender.ts', import.meta.url));
const contended = z.object({ taken: z.number(), twice: z.number() });

let folder = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-lock-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const path = (): string => join(folder, 'work.lock');
function contender(often: string): ChildProcess {
  const child = spawn(NODE, [CONTENDER, path(), join(folder, 'inside'), often], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  return child;
}

it('five processes that want it a hundred times each are never two inside', async () => {
  const answers = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const { stdout } = contender('100');
      return contended.parse(JSON.parse(stdout === null ? '' : await text(stdout)));
    }),
  );
  expect(answers.reduce((sum, { twice }) => sum + twice, 0)).toBe(0);
  expect(answers.reduce((sum, { taken }) => sum + taken, 0)).toBe(500);
});

it('a stopped process keeps it, a killed one does not', async () => {
  const holder = contender('hold');
  const [said] = (await once(holder.stdout ?? process.stdin, 'data')) as unknown[];
  expect(String(said)).toBe('{"held":true}');
  holder.kill('SIGSTOP');
  expect(takeLock(path())).toMatchObject({ heldBy: { pid: holder.pid } });
  const gone = once(holder, 'exit');
  holder.kill('SIGKILL');
  await gone;
  const answer = takeLock(path());
  expect('lock' in answer).toBe(true);
  if ('lock' in answer) answer.lock[Symbol.dispose]();
});
