import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { syntheticSuites, writeSyntheticMethods } from '../../fixtures/synthetic.ts';

/** Bar: with 300 method files the catalogue takes at most half a second more than with 28, and a worker not at all. */

const [FEW, MANY] = [28, 300];
const folder = mkdtempSync(join(tmpdir(), 'touchstone-many-'));
const ids: Record<number, string[]> = {};
beforeAll(() => {
  for (const count of [FEW, MANY]) ids[count] = writeSyntheticMethods(join(folder, String(count)), count);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const answer = z.object({ imported: z.array(z.string()), troubles: z.array(z.string()), seconds: z.number() });
const registry = JSON.stringify(pathToFileURL(join(import.meta.dirname, '../../../src-main/methods/registry.ts')).href);

/** What a process imports and computes for this; its compiled code lies in a cache, as it does at every start. */
function measured(count: number, call: string): z.infer<typeof answer> {
  const source = `
    const { loadMethod, loadMethods } = await import(${registry});
    const folder = ${JSON.stringify(join(folder, String(count)))};
    // what every one of them imports is there anyhow
    await loadMethods({ builtIn: folder + '/warm' });
    const before = process.cpuUsage();
    const { troubles = [] } = await ${call};
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({
      imported: globalThis.imported ?? [], troubles: troubles.map(({ message }) => message), seconds: (user + system) / 1e6,
    }));`;
  const run = (): string =>
    execFileSync(process.execPath, ['--input-type=module', '-e', source], {
      encoding: 'utf8',
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'code'), NODE_OPTIONS: '' },
    });
  run();
  return answer.parse(JSON.parse(run()));
}

it('the catalogue of 300 methods takes at most half a second more than that of 28', { timeout: 60_000 }, () => {
  // What else runs on the machine only adds to a measurement, so the least of several is the nearest to the truth.
  const least = { [FEW]: Infinity, [MANY]: Infinity };
  for (let attempt = 0; attempt < 8 && !(least[MANY] - least[FEW] < 0.5); attempt += 1) {
    for (const count of [FEW, MANY]) {
      const { troubles, imported, seconds } = measured(count, 'loadMethods({ builtIn: folder })');
      expect([troubles, imported.length]).toEqual([[], count]);
      least[count] = Math.min(least[count] ?? Infinity, seconds);
    }
  }
  expect(least[MANY] - least[FEW]).toBeLessThan(0.5);
});

it('a worker imports the file of its method and no other', { timeout: 60_000 }, () => {
  const id = ids[MANY]?.at(-1) ?? '';
  expect(measured(MANY, `loadMethod('${id}', folder)`).imported).toEqual([id]);
});

it('suites for the screens are as many as asked for, each of its own id', () => {
  expect(new Set(syntheticSuites(150).map(({ id }) => id)).size).toBe(150);
});
