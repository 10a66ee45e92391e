import { fork, spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { workbenchEvent } from '../../../src-main/workbench/contract/contract.ts';
import { NODE, temporaryFolder } from '../../fixtures/fake-workbench.ts';

/** The program as a person and a script start it, on the real engine. */

const CLI = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url));
const SUITE = 'split-optdigits-quick/class-il';
let folder = { path: '', remove: (): void => undefined };
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end; `interrupt` sees what it has said on stderr and answers true once, to send Ctrl-C. */
function touchstone(args: readonly string[], interrupt?: (err: string) => boolean): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(NODE, [CLI, ...args], {
      env: { ...process.env, TOUCHSTONE_DATA: folder.path },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let out = '';
    let err = '';
    let sent = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
      if (!sent && interrupt?.(err) === true) {
        sent = true;
        // As a terminal does: to the command and everything that it started.
        if (process.platform === 'win32' || child.pid === undefined) child.kill('SIGINT');
        else process.kill(-child.pid, 'SIGINT');
      }
    });
    // `close`, not `exit`: the last of the output may come after the end.
    child.once('close', (code) => resolve({ code, out, err }));
  });
}

describe('touchstone run', () => {
  it('ends with a leaderboard; Ctrl-C pauses it, and resuming ends it', async () => {
    const interrupted = await touchstone(
      ['run', SUITE, '-m', 'naive', '-s', '0,1', '--no-references', '-n', 'interrupted'],
      (err) => err.includes('done'),
    );
    expect(interrupted).toMatchObject({ code: 130 });
    expect(interrupted.err).toContain('touchstone study resume');
    expect(readdirSync(join(folder.path, 'checkpoints')).some((name) => name.endsWith('.checkpoint'))).toBe(true);
    const list = z
      .array(z.object({ id: z.string(), state: z.string(), counts: z.record(z.string(), z.number()) }))
      .parse(JSON.parse((await touchstone(['study', 'list', '--json'])).out));
    expect(list[0]).toMatchObject({ state: 'paused', counts: { running: 0 } });
    const resumed = await touchstone(['study', 'resume', 'interrupted']);
    expect(resumed.code, resumed.err).toBe(0);
    expect(resumed.out).toMatch(/Naive fine-tuning \(lower reference\)\s+1\s+2\s+\d+(\.\d+)? ± /);
    // Without a terminal to ask at, only --yes deletes; neither nothing nor a letter names the only study.
    const id = list[0]?.id ?? '';
    expect(id).not.toBe('');
    for (const name of ['', id.slice(0, 1), id.slice(0, 3)])
      expect(await touchstone(['study', 'delete', name])).toMatchObject({ code: 2, out: '' });
    const refused = await touchstone(['study', 'delete', id.slice(0, 4), '--results']);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('and with it 2 trials (2 of them finished, ');
    expect(refused.err).toContain('--yes');
    expect((await touchstone(['study', 'list', '--json'])).out).toContain(id);
    const again = await touchstone(['run', SUITE, '-m', 'naive', '-s', '0,1', '--no-references', '--json']);
    const answer = z
      .object({
        study: z.object({ state: z.string() }),
        leaderboard: z.object({ rows: z.array(z.object({ method: z.string() })) }),
      })
      .parse(JSON.parse(again.out));
    expect(answer).toMatchObject({ study: { state: 'done' }, leaderboard: { rows: [{ method: 'naive' }] } });
    const deleted = await touchstone(['study', 'delete', id.slice(0, 4), '--yes']);
    expect(deleted).toMatchObject({ code: 0, out: 'Deleted "interrupted"; 0 trials went with it.\n' });
    expect((await touchstone(['study', 'list', '--json'])).out).not.toContain(id);
  }, 180_000);

  it.each([
    [['run', SUITE, '-m', 'no-such-method'], 2, 'There is no method "no-such-method".'],
    [['run', 'no-such-suite', '-m', 'er'], 2, 'There is no suite "no-such-suite".'],
    [['run', SUITE, '-m', 'er:memory=0'], 2, 'memory must be a whole number from 1'],
    [['run', SUITE, '-m', 'er', '-s', 'x'], 2, '"x" is not a seed or a range'],
    [['run', SUITE], 2, 'Name at least one suite'],
    [['study', 'show', 'nothing'], 2, 'There is no study "nothing".'],
    [['no-such-command'], 2, "unknown command 'no-such-command'"],
    [['import', 'no-such-file.json'], 1, 'The file no-such-file.json could not be read: ENOENT'],
    [['serve', '--port', '70000'], 2, 'A port is a number from 1 to 65535, not "70000".'],
    [['serve', '--port', '0x50'], 2, 'A port is a number from 1 to 65535, not "0x50".'],
    [['run', SUITE, '-m', 'er:memory=0x10'], 2, 'memory must be a whole number from 1'],
    [['run', SUITE, '-m', 'er:memory=1:memory=2'], 2, 'gives memory twice, 1 and 2'],
    [['run', SUITE, '-m', 'er:__proto__=1'], 2, 'has no hyper-parameter "__proto__"'],
    [['run', SUITE, '-m', 'er', '-s', '0x1'], 2, '"0x1" is not a seed or a range'],
    [['run', SUITE, '-m', 'er', '-n', 'a\u001b[2J'], 2, 'control characters'],
    [['leaderboard', '--metrics', 'acc.tset'], 2, 'There is no metric "acc.tset". Did you mean "acc.test"?'],
    [['leaderboard', '--suites', 'split-optdigit-quick/class-il'], 2, 'There is no suite'],
    [['study', 'delete', ''], 2, '"" names no study: give at least 4 characters'],
    [['run', SUITE, '-m', 'er', '-n', ''], 2, 'The name is blank.'],
    [['data', 'import', 'My Table', 'no-such-file.csv'], 2, 'found no file of that name'],
    [['data', 'import', 'My Table', CLI], 2, 'expected an id of lower-case letters'],
    [['data', 'import', 'kmnist', 'no-such-folder'], 4, 'expected a folder with the files of a dataset'],
  ])('%o ends with code %i', async (args, code, message) => {
    const ended = await touchstone(args);
    expect(ended.err).toContain(message);
    expect(ended.err).not.toMatch(/^\s+at |✖|→ at/m);
    expect(ended.code).toBe(code);
  });

  it('a data set goes only after a question, which says what goes', async () => {
    const table = join(folder.path, 'pets.csv');
    const rows = Array.from({ length: 40 }, (_, i) => `${i * 1.5},${(i * 7) % 11},${i % 2 === 0 ? 'cat' : 'dog'}`);
    writeFileSync(table, ['weight,age,kind', ...rows].join('\n'));
    const asked = await touchstone(['data', 'import', 'pets', table]);
    expect(asked.err).toContain('--target');
    expect(asked.code).toBe(2);
    expect(await touchstone(['data', 'import', 'pets', table, '--target', 'kind'])).toMatchObject({ code: 0 });
    const refused = await touchstone(['data', 'remove', 'pets']);
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toContain('Nothing was deleted. The data set "pets" (pets) goes: ');
    expect(refused.err).toContain('--yes');
    expect((await touchstone(['data', 'list'])).out).toMatch(/^pets +installed/m);
    expect((await touchstone(['data', 'remove', 'pets', '--yes'])).out).toContain('pets is removed');
    expect((await touchstone(['data', 'list'])).out).not.toContain('pets');
    // What cannot go is refused without a question.
    expect((await touchstone(['data', 'remove', 'mnist'])).err).toContain('ships with Touchstone');
    expect((await touchstone(['data', 'remove', 'nothing', '--yes'])).err).toContain(
      'There is no dataset called "nothing"',
    );
  }, 60_000);

  it('says what a person can do, and how scripts read it', async () => {
    const help = await touchstone(['--help']);
    expect(help.code).toBe(0);
    for (const word of [
      'doctor',
      'data',
      'suites',
      'methods',
      'run',
      'study',
      'leaderboard',
      'claims',
      'report',
      'serve',
      '130',
    ])
      expect(help.out).toContain(word);
    const study = await touchstone(['study', '--help']);
    const commands = [...study.out.matchAll(/^ {2}([a-z]+) .*/gm)].flatMap(([, name]) => name ?? []);
    const can = commands.filter((name) => name !== 'help');
    expect(can).toContain('pause');
    for (const name of can) expect(help.out, name).toMatch(new RegExp(`studies:[^:]*\\b${name}\\b`));
    // More than a pipe holds: nothing of it is lost at the end.
    const suites = await touchstone(['suites', '--json']);
    expect(suites.out.length).toBeGreaterThan(70_000);
    expect(
      z
        .array(z.object({ id: z.string() }))
        .parse(JSON.parse(suites.out))
        .map(({ id }) => id),
    ).toContain(SUITE);
    const failed = await touchstone(['study', 'show', 'nothing', '--json']);
    expect(JSON.parse(failed.out)).toMatchObject({ error: { kind: 'not-found' } });
  });
});

describe('the Workbench as a process of a shell', () => {
  it('says when it is up, answers envelopes, and ends when its shell does', async () => {
    const child = fork(fileURLToPath(new URL('../../../src-main/workbench/main.ts', import.meta.url)), {
      execPath: NODE,
      execArgv: [],
      env: { ...process.env, TOUCHSTONE_DATA: folder.path },
      serialization: 'advanced',
    });
    const messages: unknown[] = [];
    const heard = (accept: (message: unknown) => boolean): Promise<unknown> =>
      new Promise((resolve) => {
        const look = (message: unknown): void => {
          messages.push(message);
          if (!accept(message)) return;
          child.off('message', look);
          resolve(message);
        };
        child.on('message', look);
      });
    const event = z.object({ kind: z.literal('event'), event: workbenchEvent });
    await heard((message) => event.safeParse(message).data?.event.kind === 'workbench');
    const replied = heard((message) => z.object({ id: z.literal(7) }).safeParse(message).success);
    child.send({ id: 7, operation: 'study.list', input: {} });
    expect(await replied).toEqual({ kind: 'reply', id: 7, output: [] });
    const refused = heard((message) => z.object({ id: z.literal(8) }).safeParse(message).success);
    child.send({ id: 8, operation: 'study.get', input: { nonsense: true } });
    expect(await refused).toMatchObject({ kind: 'error', id: 8, failure: { kind: 'invalid-input' } });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    expect(await ended).toBe(0);
  });
});
