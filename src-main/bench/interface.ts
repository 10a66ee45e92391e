import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { findProgram } from '../engine/provision/commands.ts';
import { projectRoot, surroundings } from '../engine/provision/layout.ts';
import { electronBinary } from '../cli/window.ts';
import { Unavailable } from './context.ts';
import { serve } from './served.ts';

/** The running interface. */
export interface OpenInterface {
  readonly page: Page;
  /** When the program was spawned, in milliseconds since 1970 as `performance` counts them. */
  readonly spawnedAt: number;
  /** The program's first process; all others of it are below. */
  readonly pid: number;
  close(): Promise<void>;
}

export interface Launcher {
  /** `Electron`, or `browser`: the loopback shell, and a Chromium with an empty tab that was open before. */
  readonly shell: 'Electron' | 'browser';
  /** Spawns the built program on a data folder and waits for its page. */
  open(dataFolder: string): Promise<OpenInterface>;
  close(): Promise<void>;
}

const VIEWPORT = { width: 1280, height: 800 };

/**
 * The shell that this machine can show: Electron where there is a binary and a display (Xvfb will do), else Chromium.
 * Throws Unavailable without either, or without a build.
 */
export async function interfaceLauncher(): Promise<Launcher> {
  const root = projectRoot();
  for (const file of ['out/main/index.cjs', 'out/preload/index.cjs', 'out/renderer/index.html'])
    if (!existsSync(join(root, file)))
      throw new Unavailable(`needs the built program (${file} is missing): npm run build`);
  const playwright = await import('playwright').catch(() => {
    throw new Unavailable('needs the package playwright: npm install');
  });
  const electron = electronBinary(root);
  const display = electron === null ? null : await openDisplay();
  if (electron !== null && display !== null) {
    const config = mkdtempSync(join(tmpdir(), 'touchstone-bench-window-'));
    return {
      shell: 'Electron',
      async open(dataFolder) {
        const spawnedAt = performance.timeOrigin + performance.now();
        // As root Chromium has no sandbox.
        const app = await playwright._electron.launch({
          executablePath: electron,
          args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), root],
          cwd: root,
          env: strings({ ...process.env, ...display.env, TOUCHSTONE_DATA: dataFolder, XDG_CONFIG_HOME: config }),
        });
        const page = await app.firstWindow();
        return { page, spawnedAt, pid: app.process().pid ?? 0, close: () => app.close() };
      },
      close() {
        display.close();
        rmSync(config, { recursive: true, force: true, maxRetries: 3 });
        return Promise.resolve();
      },
    };
  }
  const executable = [
    process.env['PLAYWRIGHT_CHROMIUM'],
    findProgram(surroundings(), 'chromium'),
    findProgram(surroundings(), 'google-chrome'),
  ].find((file) => file !== undefined && file !== null && existsSync(file));
  const browser = await playwright.chromium
    .launch(executable === undefined || executable === null ? {} : { executablePath: executable })
    .catch((error: unknown) => {
      throw new Unavailable(
        'needs Electron with a display, or Chromium (PLAYWRIGHT_CHROMIUM names one): ' +
          `${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      );
    });
  return {
    shell: 'browser',
    async open(dataFolder) {
      // The tab is the browser's, not the program's: it is open before.
      const context = await browser.newContext({ viewport: VIEWPORT });
      const page = await context.newPage();
      const spawnedAt = performance.timeOrigin + performance.now();
      const served = await serve({
        root,
        node: process.execPath,
        env: { ...process.env, TOUCHSTONE_DATA: dataFolder },
      });
      await page.goto(served.url, { waitUntil: 'commit' });
      return {
        page,
        spawnedAt,
        pid: served.process.pid ?? 0,
        close: async () => {
          await context.close();
          await served.stop();
        },
      };
    },
    close: () => browser.close(),
  };
}

const strings = (env: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));

/** The display there is, or one of our own (Linux without a desktop, with Xvfb); null when there is none to be had. */
async function openDisplay(): Promise<{ env: Record<string, string>; close(): void } | null> {
  if (process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']))
    return { env: {}, close: () => undefined };
  const xvfb = findProgram(surroundings(), 'Xvfb');
  if (xvfb === null) return null;
  const server = spawn(xvfb, ['-displayfd', '3', '-screen', '0', '1920x1080x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const display = await new Promise<string | null>((resolve) => {
    server.once('error', () => resolve(null)).once('exit', () => resolve(null));
    server.stdio[3]?.once('data', (bytes: Buffer) => resolve(bytes.toString().trim()));
  });
  return display === null
    ? null
    : {
        env: { DISPLAY: `:${display}` },
        close: () => {
          server.kill();
        },
      };
}
