import os from 'node:os';
import path from 'node:path';

/**
 * Where results, data sets and the user's own methods are: TOUCHSTONE_DATA, or the platform's place for a program's
 * data.
 */
export function dataFolder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = os.homedir(),
): string {
  const own = env['TOUCHSTONE_DATA'];
  if (own !== undefined && own !== '') return path.resolve(own);
  if (platform === 'win32')
    return path.join(env['LOCALAPPDATA'] ?? path.join(home, 'AppData', 'Local'), 'Touchstone', 'Data');
  if (platform === 'darwin') return path.join(home, 'Library', 'Application Support', 'Touchstone', 'Data');
  const base = env['XDG_DATA_HOME'];
  return path.join(
    base !== undefined && path.isAbsolute(base) ? base : path.join(home, '.local', 'share'),
    'touchstone',
  );
}
