import { rmSync } from 'node:fs';

/** After the last test: the throw-away data folder goes that vitest.config.ts names for programs that tests start. */
export default function setup(): () => void {
  return () => {
    const folder = process.env['TOUCHSTONE_DATA'];
    if (folder?.includes('touchstone-tests-')) rmSync(folder, { recursive: true, force: true });
  };
}
