import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Root of the program's folder. */
export const ROOT = path.join(import.meta.dirname, '..', '..');
export const CLI = path.join(ROOT, 'src-main', 'cli', 'main.ts');

/** Plain Node 24 that npm installed; Playwright itself may run on an older one. */
export const NODE = path.join(ROOT, 'node_modules', '.bin', 'node');

/** A data folder with a finished quick study, made once per run by prepare.setup.ts; tests work on copies. */
export const FINISHED_FOLDER = path.join(ROOT, 'node_modules', '.cache', 'touchstone', 'e2e-data');

/** Electron's executable, or the sentence that says how to get one. */
export function electronExecutable(): string {
  const unpacked = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (unpacked !== undefined) return path.join(unpacked, process.platform === 'win32' ? 'electron.exe' : 'electron');
  const folder = path.dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const name = path.join(folder, 'path.txt');
  const file = existsSync(name) ? path.join(folder, 'dist', readFileSync(name, 'utf8')) : null;
  if (file !== null && existsSync(file)) return file;
  throw new Error('No Electron here. Run "npx install-electron --no", or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked one.');
}
