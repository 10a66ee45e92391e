import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { openWorkbench } from '../../workbench/open.ts';
import type { Bench, RowGroup } from '../context.ts';
import { interfaceLauncher } from '../interface.ts';
import type { Launcher, OpenInterface } from '../interface.ts';
import { median, quantile } from '../interval.ts';
import { pageCall } from '../page-call.ts';
import { memoryOf, processTree } from '../processes.ts';
import { soloRow } from '../record.ts';
import { storeTrials } from '../stored-trials.ts';

const FIRST_ROW = 'ui/first-row',
  BOARD = 'ui/leaderboard-100k',
  COLD_BOARD = 'ui/leaderboard-100k-first',
  INTERACTION = 'ui/interaction-p95',
  REST = 'memory/rest',
  STUDY = 'memory/study';
const STARTS = 5,
  QUERIES = 15,
  ROUNDS = 8;
const MEBIBYTE = 1024 ** 2;
const LINK = 'main table a';
const PATIENCE_MS = 20_000,
  SINCE = 'performance.now() - started';

/**
 * What a person waits for: the first start of the interface, the leaderboard, answers to clicks and keys under load;
 * and what the program takes.
 */
export const interfaceRows: RowGroup = {
  names: [FIRST_ROW, BOARD, COLD_BOARD, INTERACTION, REST, STUDY],
  async measure(bench) {
    if (bench.wanted(BOARD) || bench.wanted(COLD_BOARD)) await leaderboard(bench);
    if (![FIRST_ROW, INTERACTION, REST, STUDY].some(bench.wanted)) return;
    const launcher = await interfaceLauncher();
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-ui-'));
    try {
      await storeTrials(folder, 200, 2, 'A finished study');
      if (bench.wanted(FIRST_ROW) || bench.wanted(REST)) await starts(bench, launcher, folder);
      if (bench.wanted(INTERACTION) || bench.wanted(STUDY)) await underLoad(bench, launcher, folder);
    } finally {
      await launcher.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  },
};

/**
 * Leaderboards over everything that is stored, asked by the contract: the first one after a start, which reads the
 * database, and the following ones.
 */
async function leaderboard(bench: Bench): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-bench-board-'));
  try {
    bench.say(`${BOARD}: storing 100,000 trials`);
    const trials = await storeTrials(folder, 100_000, 10);
    const cold: number[] = [],
      warm: number[] = [];
    let shape = { rows: 0, columns: 0 };
    for (let start = 0; start < 3; start++) {
      const opened = await openWorkbench({ dataFolder: folder, runQueue: false });
      try {
        for (let query = 0; query <= QUERIES / 3; query++) {
          bench.say(`${BOARD}: start ${start + 1} of 3, query ${query + 1}`);
          const before = performance.now();
          // What the Leaderboard view asks for when it is opened.
          const board = await opened.client.call('leaderboard.get', { room: 6, seedsOf: [] });
          (query === 0 ? cold : warm).push(performance.now() - before);
          shape = { rows: board.rows.length, columns: board.columns.length };
        }
      } finally {
        await opened.close();
      }
    }
    const details = { trials, ...shape };
    if (bench.wanted(BOARD)) bench.done(soloRow(BOARD, 'ms', median(warm), warm, 150, details));
    if (bench.wanted(COLD_BOARD)) bench.done(soloRow(COLD_BOARD, 'ms', median(cold), cold, undefined, details));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/**
 * From the spawn of the program to the first row of Home, on a folder that was opened before; then its memory once all
 * is quiet.
 */
async function starts(bench: Bench, launcher: Launcher, folder: string): Promise<void> {
  const seconds: number[] = [],
    memory: number[] = [];
  for (let start = 0; start <= STARTS; start++) {
    bench.say(`${FIRST_ROW}: start ${start} of ${STARTS} (${launcher.shell})`);
    const opened = await launcher.open(folder);
    try {
      const painted = measured.parse(await opened.page.evaluate(paintedAt(LINK)));
      // The first one only warms the caches of system and shell.
      if (start > 0) seconds.push((painted - opened.spawnedAt) / 1000);
      if (start > 0 && bench.wanted(REST)) {
        await sleep(3000);
        memory.push(memoryOf(processTree(opened.pid)) / MEBIBYTE);
      }
    } finally {
      await opened.close();
    }
  }
  if (bench.wanted(FIRST_ROW))
    bench.done(soloRow(FIRST_ROW, 's', median(seconds), seconds, 1.5, { shell: launcher.shell }));
  if (bench.wanted(REST))
    bench.done(
      soloRow(REST, 'MiB', median(memory), memory, undefined, {
        shell: launcher.shell,
        processes: launcher.shell === 'Electron' ? 'all, with the window' : 'without the browser',
      }),
    );
}

/**
 * Clicks and links while every worker is busy, each timed inside the page until what it asks for is there and painted;
 * and the program's memory then.
 */
async function underLoad(bench: Bench, launcher: Launcher, folder: string): Promise<void> {
  const opened = await launcher.open(folder);
  const samples: { name: string; ms: number }[] = [],
    memory: number[] = [];
  try {
    await opened.page.locator(LINK).first().waitFor();
    const finished = (await opened.page.locator(LINK).first().getAttribute('href')) ?? '#/';
    const study = await startStudy(opened, launcher);
    for (let waited = 0; (await running(opened, launcher, study)) < bench.cores; waited++) {
      if (waited > 600) throw new Error('the study that should load the machine did not start within a minute');
      await sleep(100);
    }
    const places = [
      '/',
      `/study/${study}`,
      finished.replace(/^#/, ''),
      `/study/${study}/leaderboard`,
      '/methods',
      '/data',
      '/new',
    ];
    for (let round = 0; round < ROUNDS; round++) {
      bench.say(`${INTERACTION}: round ${round + 1} of ${ROUNDS} (${launcher.shell})`);
      for (const place of places) {
        // Not before the former one is quite over: a person reads in between.
        await sleep(150);
        samples.push({
          name: place.replace(/[0-9a-f-]{36}/, ':id'),
          ms: measured.parse(await opened.page.evaluate(visit(place))),
        });
      }
      await sleep(150);
      samples.push({ name: 'theme', ms: measured.parse(await opened.page.evaluate(THEME)) });
      memory.push(memoryOf(processTree(opened.pid)) / MEBIBYTE);
    }
    await call(opened, launcher, 'study.cancel', { id: study });
  } finally {
    await opened.close();
  }
  const times = samples.map(({ ms }) => ms);
  if (bench.wanted(INTERACTION)) {
    // The first round also loads each view's code, as it does for a person: it counts.
    const byName = Object.fromEntries(
      [...new Set(samples.map(({ name }) => name))].map((name) => [
        name,
        Number(median(samples.filter((sample) => sample.name === name).map(({ ms }) => ms)).toFixed(1)),
      ]),
    );
    bench.done(
      soloRow(INTERACTION, 'ms', quantile(times, 0.95), times, 100, {
        shell: launcher.shell,
        medians: byName,
        median: median(times),
        workers: bench.cores,
      }),
    );
  }
  if (bench.wanted(STUDY))
    bench.done(
      soloRow(STUDY, 'MiB', Math.max(...memory), memory, undefined, {
        shell: launcher.shell,
        workers: bench.cores,
        suite: 'split-digits-generated/class-il',
      }),
    );
}

const measured = z.number();

/**
 * Does something in the page, looks at every frame whether what it should bring is there, and answers once that has
 * been painted: by the page's clock, so that the questions of who measures do not count. Rejects when nothing comes
 * within PATIENCE_MS. All are expressions or statements of a script; `started` is when the act began.
 */
const whenPainted = ({
  act = '',
  holds,
  answer,
  what,
}: {
  act?: string;
  holds: string;
  answer: string;
  what: string;
}): string => `new Promise((resolve, reject) => {
  const started = performance.now();
  ${act}
  const look = () => {
    if (${holds}) requestAnimationFrame(() => setTimeout(() => resolve(${answer})));
    else if (performance.now() - started > ${PATIENCE_MS}) reject(new Error('nothing came for ' + ${JSON.stringify(what)}));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;
/** Answers when there was such an element, in milliseconds since 1970. */
const paintedAt = (selector: string): string =>
  whenPainted({
    holds: `document.querySelector(${JSON.stringify(selector)}) !== null`,
    answer: 'performance.timeOrigin + performance.now()',
    what: selector,
  });

/** Changes the place as a link does, and answers the milliseconds until the view is there and has what it shows. */
const visit = (place: string): string =>
  whenPainted({
    act: `window.location.hash = ${JSON.stringify(place)};`,
    answer: SINCE,
    what: place,
    holds:
      `document.querySelector(${JSON.stringify(`main[data-route="${place}"] h1`)}) !== null && ` +
      `document.querySelector('[aria-busy="true"]') === null`,
  });

/** Presses the theme's button, and answers the milliseconds until it has changed. */
const THEME = whenPainted({
  act: `const button = [...document.querySelectorAll('nav button, header button, button')].find((one) => / theme$/.test(one.textContent.trim()));
  if (button === undefined) return reject(new Error('there is no button for the theme'));
  const before = button.textContent;
  button.click();`,
  holds: 'button.textContent !== before',
  answer: SINCE,
  what: 'the theme',
});

const studyAnswer = z.object({ id: z.string(), counts: z.record(z.string(), z.number()) });

/** Enough work for the whole script, on data that every machine has. */
async function startStudy(opened: OpenInterface, launcher: Launcher): Promise<string> {
  const request = {
    name: 'Load of the benchmark',
    suites: ['split-digits-generated/class-il'],
    methods: [{ method: 'naive' }, { method: 'er' }],
    seeds: Array.from({ length: 20 }, (_, seed) => seed),
    backend: 'auto',
    references: false,
  };
  return studyAnswer.parse(await call(opened, launcher, 'study.create', request)).id;
}

async function running(opened: OpenInterface, launcher: Launcher, study: string): Promise<number> {
  return studyAnswer.parse(await call(opened, launcher, 'study.get', { id: study })).counts['running'] ?? 0;
}

/** An operation of the contract, asked from the page as the interface asks it. */
function call({ page }: OpenInterface, { shell }: Launcher, operation: string, input: unknown): Promise<unknown> {
  return page.evaluate(pageCall(shell === 'Electron' ? 'electron' : 'browser', operation, input));
}
