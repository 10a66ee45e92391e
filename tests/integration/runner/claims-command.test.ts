import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { z } from 'zod';
import { listedClaim } from '../../../src-main/workbench/contract/contract.ts';
import { NODE, temporaryFolder } from '../../fixtures/fake-workbench.ts';

/** A claim is judged on this machine by one command, on the real engine. */

const CLI = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url));
const CLAIM = 'amlb-car/sgd-over-majority-class';
let folder = { path: '', remove: (): void => undefined };
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

function touchstone(...args: readonly string[]) {
  const env = { ...process.env, TOUCHSTONE_DATA: folder.path };
  return spawnSync(NODE, [CLI, ...args], { encoding: 'utf8', env });
}
function judged(text: string) {
  const claims = z.array(listedClaim).parse(JSON.parse(text));
  return claims.find(({ id }) => id === CLAIM);
}

it('claims run: as many seeds as the shipped runs have, and the verdict stands beside theirs', () => {
  const before = judged(touchstone('claims', '--json').stdout);
  expect(before?.here).toMatchObject({ verdict: 'not run', measured: null });
  expect(before?.shipped).toMatchObject({ verdict: 'holds here', measured: { n: 10 } });
  const ended = touchstone('claims', 'run', CLAIM, '--json');
  expect(ended.status, ended.stderr).toBe(0);
  const now = judged(ended.stdout);
  // Knowing the class shares alone is worth far less than a network that has learned the table.
  expect(now?.here).toMatchObject({ verdict: 'holds here', measured: { n: 10 } });
  expect(now?.here.measured?.high).toBeLessThan(-0.5);
  expect(now).toMatchObject({ verdict: 'holds here', shipped: before?.shipped });
  expect(judged(touchstone('claims', '--json').stdout)).toEqual(now);
}, 120_000);

it('a claim that is not there, and one that no study can judge', () => {
  const unknown = touchstone('claims', 'run', 'amlb-car/sdg-over-majority-class');
  expect(unknown.stderr).toContain(`Did you mean "${CLAIM}"?`);
  expect(unknown.status).toBe(2);
  const elsewhere = touchstone('claims', 'run', 'amlb-car/majority-class');
  expect(elsewhere.stderr).toContain('No study can judge amlb-car/majority-class');
  expect(elsewhere.status).not.toBe(0);
});
