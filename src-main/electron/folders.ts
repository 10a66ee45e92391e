import { createHash } from 'node:crypto';
import path from 'node:path';

/**
 * Where Electron keeps its own things (cache, window state, single-instance lock): one folder per data folder, so that
 * two windows on two data folders can be open at once and two on the same cannot. Never inside the data folder, which
 * may be read-only.
 */
export function userDataFolder(appData: string, dataFolder: string | undefined): string {
  if (dataFolder === undefined || dataFolder === '') return path.join(appData, 'Touchstone', 'window');
  const name = createHash('sha256').update(path.resolve(dataFolder)).digest('hex').slice(0, 16);
  return path.join(appData, 'Touchstone', `window-${name}`);
}
