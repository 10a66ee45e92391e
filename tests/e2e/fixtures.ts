import { _electron, test as base } from '@playwright/test';
import type { ElectronApplication, Page } from '@playwright/test';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { storeTrials } from '../../src-main/bench/stored-trials.ts';
import { environment, serve } from './launch.ts';
import type { Served } from './launch.ts';
import { electronExecutable, FINISHED_FOLDER, ROOT } from './places.ts';
import { descendants } from './processes.ts';

/** What is wrong with, or already in, the data folder when the program starts. */
export type DataFolder =
  | 'empty'
  /** Holds a finished quick study. */
  | 'finished'
  /** Holds made-up results of 300 configurations. */
  | 'large'
  /** A file lies where the folder should be (also stops root, whom permissions do not). */
  | 'blocked'
  /** Holds a finished study in a database that has been overwritten with rubbish. */
  | 'corrupt';

export interface TestOptions {
  readonly shell: 'browser' | 'electron';
  readonly dataFolder: DataFolder;
  /** The loopback shell may refuse to start; `startError` then holds what it printed. */
  readonly mayFail: boolean;
}

/** One running program, whichever shell it is in. */
export interface Touchstone {
  readonly page: Page;
  readonly folder: string;
  readonly shell: TestOptions['shell'];
  /** What the loopback shell printed in place of an address; null when it started, and always in Electron. */
  readonly startError: string | null;
  /** Every request that the page made, as addresses. */
  readonly requests: readonly string[];
  /** Address of a place of the interface, by its route (`/leaderboard`). */
  goto(route: string): Promise<void>;
  /** Kills the process that the Workbench runs in, without warning. */
  killWorkbench(): Promise<void>;
  /** Brings it back where the shell does not do that by itself (the loopback shell dies with its Workbench). */
  recover(): Promise<void>;
  /** Kills one trial worker without warning; returns its process id, or null when none runs. */
  killWorker(): number | null;
  /** Process id of the shell. */
  readonly pid: number;
  /** Kills the shell itself, without warning; `restart` starts it again. */
  crash(): Promise<void>;
  /** Ends the program and starts it again on the same folder; tells when the new process was started. */
  restart(): Promise<number>;
  /** The files that an action saves. */
  saved(count: number, action: () => Promise<void>): Promise<string[]>;
}

/** The live database; the last good copy beside it (`results.good.sqlite`) is what it is restored from. */
const DATABASE = /(^|[\\/])results\.sqlite$/;

async function makeFolder(kind: DataFolder, parent: string): Promise<string> {
  const folder = path.join(parent, 'data');
  if (kind === 'blocked') writeFileSync(folder, 'a file where a folder should be');
  if (kind === 'finished' || kind === 'corrupt') {
    if (!existsSync(FINISHED_FOLDER)) throw new Error('prepare.setup.ts has not made the finished study');
    cpSync(FINISHED_FOLDER, folder, { recursive: true });
  }
  if (kind === 'large') {
    mkdirSync(folder);
    await storeTrials(folder, 3000, 1);
  }
  if (kind === 'corrupt') corruptDatabase(folder);
  return folder;
}

/** Overwrites the database's head and middle, and drops its journal: what a failing disk leaves behind. */
function corruptDatabase(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => DATABASE.test(file))
    .map((file) => path.join(folder, file));
  if (files.length === 0) throw new Error(`no database in ${folder}`);
  for (const file of files) {
    writeFileSync(file, Buffer.alloc(64 * 1024, 'rubbish '));
    for (const side of ['-wal', '-shm']) rmSync(file + side, { force: true });
  }
}

interface Running {
  page: Page;
  pid: number;
  close(): Promise<void>;
  electron: ElectronApplication | null;
  served: Served | null;
}

export const test = base.extend<TestOptions & { touchstone: Touchstone }>({
  shell: ['browser', { option: true }],
  dataFolder: ['empty', { option: true }],
  mayFail: [false, { option: true }],

  touchstone: async ({ shell, dataFolder, mayFail, playwright, launchOptions, viewport }, use, testInfo) => {
    const parent = mkdtempSync(path.join(tmpdir(), 'touchstone-e2e-'));
    mkdirSync(path.join(parent, 'saved'));
    const folder = await makeFolder(dataFolder, parent);
    const requests: string[] = [];
    let startError: string | null = null;

    const startBrowser = async (): Promise<Running> => {
      const served = await serve(folder).catch((error: unknown) => {
        if (!mayFail) throw error;
        startError = String(error);
        return null;
      });
      const browser = await playwright.chromium.launch(launchOptions);
      const context = await browser.newContext({
        viewport,
        acceptDownloads: true,
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      context.on('request', (request) => requests.push(request.url()));
      const page = await context.newPage();
      if (served !== null) await page.goto(served.url);
      return {
        page,
        pid: served?.process.pid ?? 0,
        electron: null,
        served,
        async close() {
          await browser.close();
          await served?.stop();
        },
      };
    };
    const startElectron = async (): Promise<Running> => {
      // As root there is no sandbox to be had: containers and this project's own machines.
      const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
      electronExecutable(); // says what to do where there is none; Playwright finds the same one by itself
      // Without `executablePath` Playwright holds the program until it is connected. With it, a window that opened
      // meanwhile was waited for in vain.
      const app = await _electron.launch({
        args: [...root, ROOT],
        cwd: ROOT,
        env: environment(folder, { XDG_CONFIG_HOME: path.join(parent, 'config') }),
        timeout: 90_000,
      });
      let output = '';
      for (const stream of [app.process().stdout, app.process().stderr])
        stream?.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
      app.context().on('request', (request) => requests.push(request.url()));
      const page = await app.firstWindow().catch((error: unknown) => {
        throw new Error(`Electron opened no window:\n${output}`, { cause: error });
      });
      // The content area shall be what the browser project has; the frame around it differs between systems.
      const size = viewport ?? { width: 1280, height: 800 };
      await app.evaluate(
        ({ BrowserWindow }, { width, height }) => BrowserWindow.getAllWindows()[0]?.setContentSize(width, height),
        size,
      );
      return { page, pid: app.process().pid ?? 0, close: () => app.close(), electron: app, served: null };
    };
    const start = shell === 'browser' ? startBrowser : startElectron;

    let running = await start();
    const touchstone: Touchstone = {
      get page() {
        return running.page;
      },
      get pid() {
        return running.pid;
      },
      get startError() {
        return startError;
      },
      folder,
      shell,
      requests,
      async goto(route) {
        // the interface must be up to hear of the change, and what is asked for must be on screen before anything is
        // read from it
        await running.page.getByRole('heading', { level: 1 }).first().waitFor();
        await running.page.evaluate(`window.location.hash = ${JSON.stringify(route)}`);
        await running.page.locator(`main[data-route="${route.split('?')[0]}"]`).waitFor();
      },
      async killWorkbench() {
        const workbench =
          running.served?.process.pid ??
          descendants(running.pid).find((one) => one.command.includes(path.join('workbench', 'main.ts')))?.pid;
        if (workbench === undefined) throw new Error('no Workbench process found');
        process.kill(workbench, 'SIGKILL');
      },
      async recover() {
        if (running.served === null) return; // Electron's main process restarts it
        const before = new URL(running.page.url());
        const served = await serve(folder, ['--port', before.port]);
        running = {
          ...running,
          served,
          pid: served.process.pid ?? 0,
          close: async () => {
            await running.page.context().browser()?.close();
            await served.stop();
          },
        };
        await running.page.goto(served.url + before.hash);
      },
      killWorker() {
        const worker = descendants(running.pid).find((one) => /src-main\/worker\//.test(one.command));
        if (worker === undefined) return null;
        process.kill(worker.pid, 'SIGKILL');
        return worker.pid;
      },
      async crash() {
        const shellProcess = running.electron?.process() ?? running.served?.process;
        const ended =
          shellProcess === undefined
            ? Promise.resolve()
            : new Promise((resolve) => {
                shellProcess.once('exit', resolve);
              });
        process.kill(running.pid, 'SIGKILL');
        await ended;
        running = {
          ...running,
          close: async () => {
            await running.page
              .context()
              .browser()
              ?.close()
              .catch(() => undefined);
          },
        };
      },
      async restart() {
        await running.close();
        const startedAt = Date.now();
        running = await start();
        return startedAt;
      },
      async saved(count, action) {
        if (running.electron === null) {
          const files: string[] = [];
          const waiting = new Promise<void>((resolve, reject) => {
            running.page.on('download', (download) => {
              const file = path.join(parent, 'saved', download.suggestedFilename());
              download.saveAs(file).then(() => {
                if (files.push(file) === count) resolve();
              }, reject);
            });
          });
          await action();
          await waiting;
          return files;
        }
        // No dialog in a test: main saves where it is told to.
        const handle = await running.electron.evaluateHandle(
          ({ session }, { target, expected }) => {
            const done: string[] = [];
            return {
              all: new Promise<string[]>((resolve) => {
                session.defaultSession.on('will-download', (_event, item) => {
                  const file = `${target}/${item.getFilename()}`;
                  item.setSavePath(file);
                  item.once('done', () => {
                    if (done.push(file) === expected) resolve(done);
                  });
                });
              }),
            };
          },
          { target: path.join(parent, 'saved'), expected: count },
        );
        await action();
        return handle.evaluate((waiter) => waiter.all);
      },
    };

    await use(touchstone);

    if (running.served !== null && testInfo.status !== testInfo.expectedStatus)
      await testInfo.attach('server log', { body: running.served.output() });
    await running.close();
    rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  },
});

export { expect } from '@playwright/test';
