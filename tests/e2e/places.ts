import path from 'node:path';
import { electronBinary } from '../../src-main/cli/window.ts';

/** Root of the program's folder. */
export const ROOT = path.join(import.meta.dirname, '..', '..');

/** Plain Node 24 that npm installed; Playwright itself may run on an older one. */
export const NODE = path.join(ROOT, 'node_modules', '.bin', 'node');

/** A data folder with a finished quick study, made once per run by prepare.setup.ts; tests work on copies. */
export const FINISHED_FOLDER = path.join(ROOT, 'node_modules', '.cache', 'touchstone', 'e2e-data');

/** Electron's executable, or the sentence that says how to get one. */
export function electronExecutable(): string {
  const file = electronBinary(ROOT);
  if (file !== null) return file;
  throw new Error(
    'No Electron here. Run "npx install-electron --no", or set ELECTRON_OVERRIDE_DIST_PATH to an unpacked one.',
  );
}
