import { createInterface } from 'node:readline';
import os from 'node:os';
import { z } from 'zod';

const asked = z.object({ seconds: z.number() });
/** Trial workers run at this priority. */
const LOW_PRIORITY = 10;

export function lowPriority(): void {
  try {
    os.setPriority(LOW_PRIORITY);
  } catch {
    // Not permitted here; it is only a courtesy.
  }
}

/** The other end of `LineProcess`: `chunk` does some steps and answers how many. Ends with stdin. */
export async function serveLines(
  versions: Readonly<Record<string, string>>,
  chunk: () => Promise<number>,
): Promise<void> {
  const run = async (seconds: number): Promise<{ steps: number; seconds: number; cpu: number }> => {
    const started = performance.now(),
      before = process.cpuUsage();
    let steps = 0,
      passed: number;
    do {
      steps += await chunk();
      passed = (performance.now() - started) / 1000;
    } while (passed < seconds);
    const { user, system } = process.cpuUsage(before);
    return { steps, seconds: passed, cpu: (user + system) / 1e6 };
  };
  const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`);
  await run(0.5);
  say({ ready: true, versions });
  for await (const line of createInterface({ input: process.stdin }))
    say(await run(asked.parse(JSON.parse(line)).seconds));
}
