import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { PROGRAM_NUMERICS } from '../../../src-main/engine/numerics.ts';
import type { Method } from '../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import { metricVersions } from '../../../src-main/metrics/registry.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { shippedRuns } from '../../../src-main/workbench/claims/shipped.ts';
import { sampleReport } from '../reports/sample.ts';

const SUITE = 'split-mnist/task-il';
const NUMERICS = `tensorflow-2.21.0/${PROGRAM_NUMERICS.recorded}/onednn/no-xla`;
const method = (id: string, version: number): Method => ({
  id,
  version,
  driver: 1,
  title: id,
  summary: '',
  family: 'continual',
  protocol: 'stream',
  paper: null,
  schema: z.object({ lambda: z.number().default(1) }),
  asks: [],
  fits: () => true,
  // eslint-disable-next-line require-yield -- never run here
  async *run() {
    return {};
  },
});
const registries = {
  methods: await loadMethods({ given: [method('m', 2), method('maker', 3)] }),
  suites: await loadSuites(),
};
const present = registries.suites.get(SUITE).version;

const [{ id: _id, ...sample } = { id: '' }] = sampleReport().trials;
/** A trial as a report has it: two tasks, the first forgotten to one half. By hand: final mean (.5 + 1) / 2 = .75. */
const trial = (more: Record<string, unknown> = {}) => ({
  ...sample,
  suite: SUITE,
  suiteVersion: present,
  method: 'm',
  methodVersion: 2,
  hyperParameters: {},
  seed: 0,
  numerics: NUMERICS,
  finishedAt: 1_000,
  metrics: { 'acc.final-mean-tasks': 0.75 },
  primitives: {
    matrices: {
      accuracy: [
        [1, 0],
        [0.5, 1],
      ],
    },
    probabilities: {},
    curves: [],
    scalars: {},
  },
  ...more,
});

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shipped-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, trials: readonly object[], definitions: Record<string, number> = metricVersions()): void {
  const { title, createdAt, study } = sampleReport();
  const head = { format: 'touchstone-report', version: 3, title, createdAt, program: '0', definitions };
  const report = {
    ...head,
    study,
    suites: [],
    commands: [],
    claims: [],
    trials: trials.map((one, at) => ({ id: String(at).padStart(64, '0'), ...one })),
  };
  writeFileSync(join(folder, name), JSON.stringify(report));
}
const found = () =>
  shippedRuns(registries, folder).map(({ hyperParameters, older, values }) => [
    hyperParameters['lambda'],
    older,
    values['acc.final-mean-tasks']?.map(({ seed, value }) => [seed, value]),
  ]);

describe('reference runs', () => {
  test('are configurations with their metrics computed again, one value a seed; settings left out are defaults', () => {
    write('a.json', [trial(), trial({ seed: 1, metrics: {} }), trial({ hyperParameters: { lambda: 5 } })]);
    expect(found()).toEqual([
      [
        1,
        [],
        [
          [0, 0.75],
          [1, 0.75],
        ],
      ],
      [5, [], [[0, 0.75]]],
    ]);
  });

  test('of one trial in two files the later counts', () => {
    const half = { matrices: { accuracy: [[0.5]] }, probabilities: {}, curves: [], scalars: {} };
    write('a.json', [trial({ finishedAt: 2_000, primitives: half, hyperParameters: { lambda: 1 } })]);
    write('b.json', [trial()]);
    expect(found()).toEqual([[1, [], [[0, 0.5]]]]);
  });

  test('each version of the code is apart, and says in what it is older', () => {
    write('a.json', [
      trial(),
      trial({ methodVersion: 1 }),
      trial({ suiteVersion: null }),
      trial({ numerics: 'tensorflow-2.21.0/recorded-1' }),
    ]);
    expect(found().map(([, older]) => older)).toEqual([
      [],
      ['method version 1, now 2'],
      [`suite version not recorded, now ${present}`],
      [`numerics recorded-1, now ${PROGRAM_NUMERICS.recorded}`],
    ]);
  });

  test('what older code made makes what used it older', () => {
    const maker = 'f'.repeat(64);
    write('a.json', [
      trial({ artefacts: { member: maker } }),
      trial({ id: maker, role: 'artefact', method: 'maker', methodVersion: 2 }),
    ]);
    expect(found().map(([, older]) => older)).toEqual([['maker: method version 2, now 3']]);
  });

  test('unknown methods, settings that do not parse and what is not done are left out', () => {
    write('a.json', [
      trial({ method: 'gone' }),
      trial({ hyperParameters: { lambda: 'much' } }),
      trial({ state: 'failed', primitives: null }),
    ]);
    writeFileSync(join(folder, 'note.txt'), 'no report');
    expect(found()).toEqual([]);
    expect(shippedRuns(registries, join(folder, 'none'))).toEqual([]);
  });

  test('a metric without what it is computed from is as the report says, where the definition is the same', () => {
    const bare = {
      primitives: { matrices: {}, probabilities: {}, curves: [], scalars: {} },
      metrics: { 'nll.test': 0.4 },
    };
    write('a.json', [trial(bare)]);
    expect(shippedRuns(registries, folder)[0]?.values['nll.test']).toEqual([{ seed: 0, fold: null, value: 0.4 }]);
    write('a.json', [trial(bare)], { ...metricVersions(), 'nll.test': 9 });
    expect(shippedRuns(registries, folder)[0]?.values).toEqual({});
  });

  test('a file that is no report is named', () => {
    writeFileSync(join(folder, 'x.json'), '{"runs":[]}');
    expect(() => shippedRuns(registries, folder)).toThrow(/^x\.json: This JSON is no Touchstone report/);
  });
});
