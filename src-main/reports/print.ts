import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * HTML printed to PDF by a Chromium that is on the machine: nothing is downloaded, and the page reaches nothing outside
 * itself.
 */

/** A page could not be printed: what is wrong, and what to do. */
export class PrintError extends Error {
  readonly remedy: string;
  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

export type PrintPage = (html: string) => Promise<Uint8Array>;

/** Where a Chromium is looked for. */
export interface Machine {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly runs: (file: string) => boolean;
}

/** Variables that name a Chromium, first our own. */
const NAMED = ['TOUCHSTONE_CHROMIUM', 'PLAYWRIGHT_CHROMIUM', 'CHROME_PATH'] as const;
const ON_PATH = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
  'microsoft-edge-stable',
  'brave-browser',
] as const;
const MAC = ['Google Chrome', 'Chromium', 'Microsoft Edge', 'Brave Browser'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
);
const WINDOWS = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];

/** The Chromium to print with: one that a variable names, else one that is installed; null where there is none. */
export function findChromium({ platform, env, runs }: Machine): string | null {
  const named = NAMED.flatMap((name) => env[name] ?? []).filter((file) => file !== '');
  const folders = (env['PATH'] ?? '').split(platform === 'win32' ? ';' : ':').filter((folder) => folder !== '');
  const installed =
    platform === 'win32'
      ? ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'].flatMap((name) =>
          env[name] === undefined ? [] : WINDOWS.map((file) => path.win32.join(env[name] ?? '', file)),
        )
      : [
          ...ON_PATH.flatMap((name) => folders.map((folder) => path.posix.join(folder, name))),
          ...ON_PATH.map((name) => `/usr/bin/${name}`),
          '/snap/bin/chromium',
          ...(platform === 'darwin' ? MAC : []),
        ];
  return [...named, ...installed].find(runs) ?? null;
}

function runs(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return existsSync(file);
  } catch {
    return false;
  }
}

/** Everything that Chromium might fetch, start or remember is off; it gets a profile of its own that is thrown away. */
const printing = (profile: string, page: string, pdf: string): string[] => [
  '--headless',
  '--disable-gpu',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-extensions',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--host-resolver-rules=MAP * ~NOTFOUND',
  '--no-pdf-header-footer',
  `--user-data-dir=${profile}`,
  `--print-to-pdf=${pdf}`,
  pathToFileURL(page).href,
];

const PRINTING_MS = 180_000;
const INSTALL =
  'Install Chromium, Google Chrome or Microsoft Edge, or name one in TOUCHSTONE_CHROMIUM; ' +
  'or save the report as HTML and print that from any browser.';

/** Prints a page to PDF. Throws PrintError where there is no Chromium, or where it does not print. */
export async function printWithChromium(
  html: string,
  machine: Machine = { platform: process.platform, env: process.env, runs },
): Promise<Uint8Array> {
  const chromium = findChromium(machine);
  if (chromium === null)
    throw new PrintError('A PDF is printed by Chromium, and there is none on this machine.', INSTALL);
  const folder = await mkdtemp(path.join(tmpdir(), 'touchstone-print-'));
  try {
    const [page, pdf] = [path.join(folder, 'report.html'), path.join(folder, 'report.pdf')];
    await writeFile(page, html, { mode: 0o600 });
    const asked = printing(path.join(folder, 'profile'), page, pdf);
    // As root, and in containers that forbid it, Chromium has no sandbox; the page is ours and reaches nothing.
    const root = process.getuid?.() === 0;
    let said = await run(chromium, root ? ['--no-sandbox', ...asked] : asked);
    if (!root && !existsSync(pdf) && /sandbox/i.test(said)) said = await run(chromium, ['--no-sandbox', ...asked]);
    const bytes = existsSync(pdf) ? await readFile(pdf) : null;
    if (bytes === null || bytes.subarray(0, 5).toString('latin1') !== '%PDF-')
      throw new PrintError(`${chromium} did not print the report${said === '' ? '.' : `: ${said}`}`, INSTALL);
    return bytes;
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Runs Chromium to its end; answers its last words. */
function run(chromium: string, asked: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(chromium, asked, { stdio: ['ignore', 'ignore', 'pipe'], timeout: PRINTING_MS });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-2000);
    });
    child.once('error', (error) => resolve(error.message));
    child.once('close', (_code, signal) =>
      resolve(signal === null ? (said.trim().split('\n').at(-1) ?? '') : `it was ended after ${PRINTING_MS / 1000} s`),
    );
  });
}
