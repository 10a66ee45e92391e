import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DATABASE_FILE } from '../../../src-main/results/database.ts';
import { holdingsOf } from '../../../src-main/results/good-copies.ts';
import { WorkbenchError } from '../../../src-main/workbench/contract/contract.ts';
import type { Output } from '../../../src-main/workbench/contract/contract.ts';
import { ended, openBench, request, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import type { Bench } from '../../fixtures/fake-workbench.ts';

/**
 * Copies of a filled database with flipped bytes, cut, zeroed or exchanged pages: each opens with the right values, or
 * says what is damaged. No other values, no fault of the program, and no good copy that is replaced by a worse one.
 * TOUCHSTONE_FUZZ=300 tries that many.
 */

const TRIES = Number(process.env['TOUCHSTONE_FUZZ'] ?? 12);
const GOOD = 'results.good.sqlite';
const root = temporaryFolder();
const origin = join(root.path, 'origin');
let right: Seen;

interface Seen {
  readonly trials: ReadonlyMap<string, Output<'trial.get'>>;
  /** Every number of the overall board and of the studies', by method, suite, metric and seed. */
  readonly board: ReadonlyMap<string, number>;
  /** Refusals, each a sentence for a person. */
  readonly said: readonly string[];
}

/** A refusal in a person's words; whatever else is thrown is a fault. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof WorkbenchError)) throw error;
  const { kind, message, details } = error.failure;
  if (kind !== 'storage' && kind !== 'not-found') throw new Error(`${kind}: ${message}\n${details ?? ''}`);
  return message;
}

async function look({ workbench }: Bench, ids: readonly string[]): Promise<Seen> {
  const said: string[] = [];
  const trials = new Map<string, Output<'trial.get'>>();
  const board = new Map<string, number>();
  const asked = async <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      said.push(sentenceOf(error));
      return null;
    });
  const studies = (await asked(workbench.call('study.list', {}))) ?? [];
  for (const { id } of studies) await asked(workbench.call('study.get', { id }));
  for (const query of [{}, ...studies.map(({ id }) => ({ study: id }))]) {
    const shown = await asked(
      workbench.call('leaderboard.get', { ...query, metrics: ['acc.test', 'nll.test', 'acc.final-mean-tasks'] }),
    );
    for (const row of shown?.rows ?? [])
      for (const { suite, metric, estimate } of row.cells)
        for (const { seed, value } of estimate?.values ?? [])
          board.set([row.method, suite, metric, seed].join(' '), value);
  }
  for (const id of ids) {
    const trial = await asked(workbench.call('trial.get', { id }));
    if (trial !== null) trials.set(id, trial);
  }
  return { trials, board, said };
}

let ids: string[] = [];
beforeAll(async () => {
  mkdirSync(origin);
  const bench = await openBench(origin);
  const first = await bench.workbench.call(
    'study.create',
    request(['fake-walk', 'fake-oracle'], {
      name: 'first',
      suites: ['fake/suite', 'fake/other'],
      seeds: [0, 1, 2, 3, 4],
    }),
  );
  await ended(bench.workbench, first.id);
  const second = await bench.workbench.call(
    'study.create',
    request(['fake-ensemble', 'fake-stray'], { name: 'second' }),
  );
  await ended(bench.workbench, second.id);
  for (const { id } of [first, second])
    ids.push(...(await bench.workbench.call('study.get', { id })).trials.map((trial) => trial.id));
  ids = [...new Set(ids)];
  await bench.workbench.close();
  const again = await openBench(origin);
  right = await look(again, ids);
  await again.workbench.close();
}, 120_000);
afterAll(() => root.remove());

/** A number below `below`, the same for the same places. */
function drawn(below: number, ...places: readonly number[]): number {
  let state = 0x9e3779b9;
  for (const place of places) {
    state = Math.imul(state ^ (place + 1), 0x85ebca6b);
    state ^= state >>> 13;
    state = Math.imul(state, 0xc2b2ae35);
    state ^= state >>> 16;
  }
  return (state >>> 0) % below;
}

const PAGE = 4096;
function mutate(path: string, seed: number): string {
  const bytes = readFileSync(path);
  const pages = bytes.length / PAGE;
  const page = 1 + drawn(pages - 1, seed, 1);
  switch (drawn(5, seed, 0)) {
    case 0: {
      const flips = 1 + drawn(8, seed, 2);
      for (let flip = 0; flip < flips; flip++) {
        const at = drawn(bytes.length, seed, 3, flip);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << drawn(8, seed, 4, flip));
      }
      writeFileSync(path, bytes);
      return `${flips} bits`;
    }
    case 1:
      bytes.fill(0, page * PAGE, (page + 1) * PAGE);
      writeFileSync(path, bytes);
      return `page ${page} zeroed`;
    case 2:
      writeFileSync(path, bytes.subarray(0, page * PAGE));
      return `cut before page ${page}`;
    case 3: {
      // A digit of a text or a part of a number: what a page check can't see.
      const found: number[] = [];
      for (let at = PAGE; at < bytes.length; at++) {
        const byte = bytes[at] ?? 0;
        if (byte >= 0x30 && byte <= 0x39) found.push(at);
      }
      const at = found[drawn(found.length, seed, 5)] ?? PAGE;
      bytes[at] = 0x30 + (((bytes[at] ?? 0x30) - 0x30 + 1 + drawn(9, seed, 6)) % 10);
      writeFileSync(path, bytes);
      return `a digit at ${at}`;
    }
    default: {
      const other = 1 + drawn(pages - 1, seed, 7);
      const kept = Buffer.from(bytes.subarray(page * PAGE, (page + 1) * PAGE));
      bytes.copyWithin(page * PAGE, other * PAGE, (other + 1) * PAGE);
      kept.copy(bytes, other * PAGE);
      writeFileSync(path, bytes);
      return `pages ${page} and ${other} exchanged`;
    }
  }
}

it(
  `${TRIES} of them`,
  async () => {
    expect(right.trials.size).toBe(ids.length);
    expect(right.board.size).toBeGreaterThan(10);
    expect(right.said).toEqual([]);
    for (let seed = 0; seed < TRIES; seed++) {
      const folder = join(root.path, `try-${seed}`);
      cpSync(origin, folder, { recursive: true });
      const path = join(folder, DATABASE_FILE);
      const hasCopy = drawn(2, seed, 8) === 1 && existsSync(join(folder, GOOD));
      if (!hasCopy) rmSync(join(folder, GOOD), { force: true });
      const what = `seed ${seed}: ${mutate(path, seed)}${hasCopy ? ', with a copy' : ''}`;
      const held = hasCopy ? holdingsOf(join(folder, GOOD)) : null;
      let bench: Bench;
      try {
        bench = await openBench(folder, { capacity: () => 0 });
      } catch (error) {
        expect(error, what).toMatchObject({ name: 'StorageError' });
        rmSync(folder, { recursive: true, maxRetries: 10 });
        continue;
      }
      const seen = await look(bench, ids).catch((error: unknown) => {
        throw new Error(`${what}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      });
      const notices = [...bench.workbench.notices];
      const failed = [...seen.trials.values()].filter(({ state }) => state === 'failed');
      for (const [id, trial] of seen.trials) {
        const expected = right.trials.get(id);
        if (trial.state !== 'done' && trial.state !== 'diverged') continue;
        expect(measuredOf(trial), what).toEqual(expected && measuredOf(expected));
      }
      for (const [key, value] of seen.board) expect(value, `${what}: ${key}`).toBe(right.board.get(key));
      const lost = [...right.board.keys()].filter((key) => !seen.board.has(key));
      const isWhole = seen.trials.size === ids.length && lost.length === 0;
      if (!isWhole)
        expect([...failed, ...seen.said, ...notices].length, `${what} says nothing of ${lost}`).toBeGreaterThan(0);
      await bench.workbench.close();
      if (held !== null) expect(holdingsOf(join(folder, GOOD)), what).toBeGreaterThanOrEqual(held);
      rmSync(folder, { recursive: true, maxRetries: 10 });
    }
  },
  TRIES * 10_000,
);

/** What a trial is and measured. */
function measuredOf(trial: Output<'trial.get'>): unknown {
  const { spec, headline, seconds, metrics, matrices, curves, scalars, confusion, cost, environment } = trial;
  return { spec, headline, seconds, metrics, matrices, curves, scalars, confusion, cost, environment };
}
