import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NODE, temporaryFolder } from '../../fixtures/fake-workbench.ts';
import { parseReferenceRuns } from '../../../src-main/workbench/reference-runs.ts';

/** The command that makes the committed runs, on the real engine and the smallest suites. */

const COMMAND = fileURLToPath(new URL('../../../src-main/cli/reference-runs.ts', import.meta.url));
let folder = { path: '', remove: (): void => undefined };
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

const at = (...parts: string[]): string => join(folder.path, ...parts);
const collected = () => parseReferenceRuns(readFileSync(at('runs.json'), 'utf8'), 'runs.json');
function start(plan: unknown, ...more: string[]) {
  writeFileSync(at('plan.json'), JSON.stringify(plan));
  return spawnSync(NODE, [COMMAND, at('plan.json'), ...more], { encoding: 'utf8' });
}

it('runs a plan of two families, collects it, skips what is committed, and takes up what a crash left', () => {
  const cells = [
    { suite: 'iid-tabular-quick/car', method: 'majority-class' },
    { suite: 'iid-mlp-quick/optdigits', method: 'temperature-scaling', seeds: [1] },
    { suite: 'iid-mlp-quick/optdigits', method: 'single', seeds: [1] },
  ];
  const first = start({ seeds: [0], cells }, at('first'), '--collect', at('runs.json'));
  expect(first.stderr + first.stdout).toContain('3 runs, 3 more than before');
  const { runs, command, machine } = collected();
  expect(runs.map(({ suite, method, seed }) => [suite, method, seed])).toEqual([
    ['iid-mlp-quick/optdigits', 'single', 1],
    ['iid-mlp-quick/optdigits', 'temperature-scaling', 1],
    ['iid-tabular-quick/car', 'majority-class', 0],
  ]);
  expect(`${command} ${machine}`).not.toContain(folder.path);
  const [single, scaled] = runs.map((run) => ('values' in run ? run.values : {}));
  // The same network behind both: its accuracy is untouched by the temperature.
  expect(scaled['acc.test']).toBe(single['acc.test']);
  expect(scaled['nll.test']).not.toBe(single['nll.test']);

  // Another folder, a crash's empty claim in it: committed trials are not run, the abandoned one is.
  mkdirSync(at('second', 'iid-tabular-quick.car_majority-class_defaults_1'), { recursive: true });
  const more = { seeds: [0, 1], cells: cells.slice(0, 1) };
  const stuck = start(more, at('second'), '--collect', at('runs.json'));
  expect(stuck.stderr + stuck.stdout).toContain('3 runs, 0 more than before');
  const second = start(more, at('second'), '--reclaim', '--collect', at('runs.json'));
  expect(second.stderr + second.stdout).toContain('4 runs, 1 more than before');
  expect(readdirSync(at('second')).filter((name) => name !== 'data')).toEqual([
    'iid-tabular-quick.car_majority-class_defaults_1',
  ]);
  expect(collected().runs.filter(({ seed }) => seed === 0)).toEqual(runs.filter(({ seed }) => seed === 0));
});

it('refuses what it does not know', () => {
  const plan = { seeds: [0], cells: [{ suite: 'iid-tabular-quick/car', method: 'majority-class' }] };
  expect(start(plan, at('out'), '--colect', at('runs.json')).stderr).toContain('usage:');
  expect(start(plan, at('out'), '--collect').stderr).toContain('usage:');
  expect(existsSync(at('out'))).toBe(false);
  expect(start({ seeds: [0], cells: [{ suite: 'no-such-suite', method: 'naive' }] }, at('out')).stderr).toContain(
    'no-such-suite',
  );
});
