import { serve as serveProgram } from '../../src-main/bench/served.ts';
import type { Served } from '../../src-main/bench/served.ts';
import { NODE, ROOT } from './places.ts';

export type { Served };

/** Environment of a program under test: its own data folder and nothing of this test run's own switches. */
export function environment(dataFolder: string, extra: Record<string, string> = {}): Record<string, string> {
  const kept = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      value === undefined || /^(PLAYWRIGHT_|PW_|NODE_OPTIONS$|FORCE_COLOR$|DEBUG)/.test(name) ? [] : [[name, value]],
    ),
  );
  return { ...kept, TOUCHSTONE_DATA: dataFolder, ...extra };
}

/** Starts `touchstone serve` on its own data folder and waits until it says where. */
export function serve(dataFolder: string, args: readonly string[] = []): Promise<Served> {
  return serveProgram({ root: ROOT, node: NODE, args, env: environment(dataFolder) });
}
