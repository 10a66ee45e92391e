import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { presentProgramPart } from '../../../src-main/engine/numerics.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import type { MeasuredConfiguration } from '../../../src-main/metrics/claims/choose.ts';
import { claimsFile } from '../../../src-main/metrics/claims/file.ts';
import type { TrialIdentity } from '../../../src-main/results/identity.ts';
import { ResultsStore } from '../../../src-main/results/store.ts';
import { protocolHash } from '../../../src-main/suites/published.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { ClaimsBook } from '../../../src-main/workbench/claims/book.ts';
import { Configurations } from '../../../src-main/workbench/configurations.ts';
import { Leaderboards } from '../../../src-main/workbench/leaderboards.ts';
import { Superseded } from '../../../src-main/workbench/superseded.ts';
import { fakeMethod, fakeSuite } from '../../fixtures/fake-runner.ts';
import { planned, result, study } from '../../fixtures/results.ts';

/** Claims judged by what this machine has stored. */

const suite = fakeSuite('s');
const methods = await loadMethods({ given: [fakeMethod({ id: 'm', version: 2, driver: 2 })] });
const suites = await loadSuites({ given: [suite] });
const CLAIMS = claimsFile.parse({
  format: 2,
  id: 'paper',
  title: 'Paper',
  source: { citation: 'A & B 2018', location: 'Table 2' },
  protocol: 'as ours',
  spreadKind: 'none',
  values: [
    {
      id: 'm',
      protocol: 'published',
      suite: 's',
      method: 'm',
      metric: 'acc.test',
      row: 'M',
      value: 0.8,
      spread: null,
      n: 5,
    },
  ],
  orderings: [],
});

let folder = '';
let store: ResultsStore;
let boards: Leaderboards;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-claims-'));
  store = ResultsStore.open(folder);
  const superseded = new Superseded({
    methods,
    suites,
    datasets: { list: async () => [] },
    cell: (cell) => store.cell(cell),
  });
  const configurations = new Configurations({
    methods,
    settings: () => ({}),
    references: () => null,
    originOf: () => null,
  });
  boards = new Leaderboards({ store, methods, suites, configurations, superseded, claims: [CLAIMS] });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const NOW: Partial<TrialIdentity> = {
  suiteVersion: suite.version,
  protocolHash: protocolHash(suite),
  methodVersion: 2,
  driver: 2,
  hyperParameters: { steps: 30, size: 1 },
  numerics: `${presentProgramPart('eager-1') ?? ''}/tfjs-4`,
};
let studies = 0;
/** Stores a finished study of seeds 0 and 1, and answers its id. */
function measured(value: number, more: Partial<TrialIdentity> = {}): string {
  const trials = [0, 1].map((seed) => planned({ ...NOW, ...more, seed }));
  const id = `study-${(studies += 1)}`;
  store.createStudy(study(id), trials);
  for (const trial of trials) store.finish(trial.id, result(), [{ id: 'acc.test', value }], value, 1);
  return id;
}
const here = () => boards.claims()[0]?.here;

describe('what this machine measured', () => {
  test('nothing: not run', () => {
    expect(here()).toMatchObject({ verdict: 'not run', measured: null });
  });
  test.each([
    ['method', { methodVersion: 1 }, 'method version 1'],
    ['driver', { driver: 1 }, 'driver version 1'],
    ['suite', { suiteVersion: 9 }, 'suite version 9'],
    ['program’s numerics', { numerics: 'eager-1/tfjs-4' }, 'numerics eager-1'],
  ])('by an older %s is outdated, in the list and in its study, until it is measured anew', (_what, more, words) => {
    const old = measured(0.8, more);
    const outdated = { verdict: 'outdated', measured: { n: 2 }, note: `Measured by older code: ${words}.` };
    expect(here()).toMatchObject(outdated);
    expect(boards.claimsOf(old)[0]).toMatchObject(outdated);
    const anew = measured(0.79);
    expect(here()).toMatchObject({ verdict: 'reproduced', measured: { n: 2, mean: 0.79 } });
    expect(boards.claimsOf(anew)[0]?.verdict).toBe('reproduced');
    expect(boards.claimsOf(old)[0]?.verdict).toBe('outdated');
  });
  test('a study has as many seeds as the reference runs of any version', () => {
    const run = (older: readonly string[], seeds: readonly number[]): MeasuredConfiguration => ({
      suite: 's',
      methodKey: 'm',
      method: 'm',
      hyperParameters: {},
      published: false,
      seeds,
      older,
      values: { 'acc.test': seeds.map((seed) => ({ seed, value: 0.8 })) },
    });
    const book = new ClaimsBook([CLAIMS], () => 'iid');
    const seedsOf = (shipped: readonly MeasuredConfiguration[]) => book.studies('paper/m', shipped).studies[0]?.seeds;
    expect(seedsOf([])).toEqual([0, 1, 2, 3, 4]);
    expect(seedsOf([run(['numerics recorded-1'], [0, 1, 2, 3, 4]), run([], [4, 5, 6, 7])])).toHaveLength(8);
  });
  test('the kernels of another machine make nothing old', () => {
    measured(0.6, { numerics: `${presentProgramPart('eager-1') ?? ''}/tfjs-5/another-gpu` });
    expect(here()?.verdict).toBe('off');
  });
});
