import { shortText } from '../base/shortened.ts';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from './exit-codes.ts';

export interface WindowOptions {
  /** The program's folder, which Electron is given to run. */
  readonly root: string;
  readonly err: (text: string) => void;
  /** What takes the window's place: the interface in a browser; answers the exit code. */
  readonly serve: () => Promise<number>;
}

/** An Electron that fails sooner than this has shown nothing that a person could have worked with. */
const EARLY_MS = 30_000;
/** A Workbench that Electron had begun ends with it; until then it holds the data folder. */
const FAREWELL_MS = 500;

/**
 * Opens the desktop window and waits for its end; answers the exit code. Where no window can be had (no Electron, no
 * display, an Electron that does not start or ends at once), says why and serves the interface to a browser.
 */
export async function openWindow(args: readonly string[], { root, err, serve }: WindowOptions): Promise<number> {
  const electron = electronBinary(root);
  const screen = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
  if (electron === null || !screen) {
    err(
      screen
        ? 'There is no Electron binary here, so the interface is served to a browser.'
        : 'There is no display here, so the interface is served to a browser.',
    );
    return serve();
  }
  const end = await runElectron(electron, [...args, root]);
  if (end.why === null) return end.code;
  err(`The window could not be opened: Electron ${end.why}. The interface is served to a browser.`);
  if (process.getuid?.() === 0 && !args.includes('--no-sandbox'))
    err('As root Chromium has no sandbox: start as another user, or accept that with `npm start -- --no-sandbox`.');
  await sleep(FAREWELL_MS);
  return serve();
}

/** `why`: what went wrong before there was a window, or null when it ended as windows do. */
function runElectron(electron: string, args: readonly string[]): Promise<{ code: number; why: string | null }> {
  const { NODE_COMPILE_CACHE: _ours, ...env } = process.env;
  return new Promise((resolve) => {
    const began = performance.now();
    const child = spawn(electron, args, { stdio: ['inherit', 'inherit', 'pipe'], env });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      process.stderr.write(text);
      said = (said + text).slice(-4000);
    });
    let stopped = false;
    const interrupt = (): void => {
      stopped = true;
    };
    const terminate = (): void => {
      stopped = true;
      child.kill('SIGTERM');
    };
    // A terminal sends Ctrl-C to both; this process must outlive the window, which closes in good order.
    process.on('SIGINT', interrupt);
    process.once('SIGTERM', terminate);
    const end = (code: number, why: string | null): void => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', terminate);
      resolve({ code, why });
    };
    child.once('error', (error) => end(EXIT.failure, `does not start (${error.message})`));
    // `close`, not `exit`: its last words may come after its end.
    child.once('close', (code, signal) => {
      if (code === 0 || stopped || performance.now() - began > EARLY_MS) return end(code ?? EXIT.failure, null);
      end(
        code ?? EXIT.failure,
        `ended at once (${signal === null ? `exit code ${code ?? '?'}` : `signal ${signal}`})${lastWords(said)}`,
      );
    });
  });
}

/** The last line that says something, without Chromium's `[pid:date:FATAL:file.cc(12)]`. */
function lastWords(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/^\[[^\]]*\]\s*/, '').trim())
    .filter((line) => line !== '');
  const last =
    lines.findLast((line) => /not supported|sandbox|cannot|could not|failed|error|missing/i.test(line)) ?? lines.at(-1);
  return last === undefined ? '' : `: ${shortText(last.replace(/\.$/, ''), 300)}`;
}

/** The Electron that npm installed, or the one that ELECTRON_OVERRIDE_DIST_PATH or ELECTRON_EXEC_PATH names. */
export function electronBinary(root: string): string | null {
  const name =
    { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[String(process.platform)] ?? 'electron';
  const named = process.env['ELECTRON_EXEC_PATH'];
  if (named !== undefined && existsSync(named) && path.basename(named).toLowerCase().startsWith('electron'))
    return named;
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override !== undefined && existsSync(path.join(override, name))) return path.join(override, name);
  const folder = path.join(root, 'node_modules', 'electron');
  const pointer = path.join(folder, 'path.txt');
  if (!existsSync(pointer)) return null;
  const file = path.join(folder, 'dist', readFileSync(pointer, 'utf8').trim());
  return existsSync(file) ? file : null;
}
