import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Method } from '../../../src-main/methods/contract.ts';
import { loadMethods } from '../../../src-main/methods/registry.ts';
import type { Primitives } from '../../../src-main/metrics/primitives.ts';
import {
  isCurrent,
  loadReferenceRuns,
  measuredPart,
  mergeRuns,
  metricsOf,
  parseReferenceRuns,
  referenceRun,
  runKey,
  writeReferenceRuns,
} from '../../../src-main/workbench/reference-runs.ts';
import type { ReferenceRun } from '../../../src-main/workbench/reference-runs.ts';

const method: Method = {
  id: 'm',
  version: 2,
  driver: 1,
  title: 'M',
  summary: '',
  family: 'continual',
  protocol: 'stream',
  paper: null,
  schema: z.object({ lambda: z.number().default(1), kind: z.string().default('a') }),
  needs: {},
  fits: () => true,
  // eslint-disable-next-line require-yield -- never run here
  async *run() {
    return {};
  },
};
const methods = await loadMethods({ given: [method] });
const common = {
  suite: 's',
  method: 'm',
  seed: 0,
  seconds: 1,
  backend: 'tensorflow-cpu',
  numerics: 'n',
  versions: {},
  date: '2026-01-01',
};
const run = (more: Partial<ReferenceRun> = {}): ReferenceRun =>
  referenceRun.parse({
    ...common,
    hyperParameters: {},
    accuracy: [
      [1, 0],
      [0.5, 1],
    ],
    initial: [0.5, 0.5],
    ...more,
  });
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reference-runs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('what a run keeps', () => {
  const bare: Primitives = { matrices: {}, probabilities: {}, curves: [], scalars: {} };
  test('a continual trial its matrix and first row, six decimals, from which metrics are computed', () => {
    const part = measuredPart({
      ...bare,
      matrices: {
        accuracy: [
          [1 / 3, 0],
          [0.25, 1],
        ],
        'accuracy.init': [[0.1234567, 0]],
      },
    });
    expect(part).toEqual({
      accuracy: [
        [0.333333, 0],
        [0.25, 1],
      ],
      initial: [0.123457, 0],
    });
    expect(measuredPart({ ...bare, matrices: { accuracy: [[1]] } })).toEqual({ accuracy: [[1]], initial: null });
    // By hand: final mean (.5 + 1) / 2; GEM's backward transfer .5 − 1; forward transfer 0 − .5.
    expect(metricsOf(run())).toMatchObject({ 'acc.final-mean-tasks': 0.75, 'bwt.gem17': -0.5, 'fwt.gem17': -0.5 });
  });
  test('any other trial the values of its metrics, and no primitives', () => {
    const part = measuredPart({
      ...bare,
      probabilities: {
        test: {
          classes: 2,
          values: Float32Array.from([0.75, 0.25, 0.75, 0.25, 0.75, 0.25]),
          labels: Int32Array.from([0, 0, 1]),
        },
      },
      scalars: { temperature: 1.23456789 },
    });
    // By hand: two of three right; −(2 ln .75 + ln .25) / 3 = .653886…
    expect(part).toMatchObject({
      values: { 'acc.test': 0.666667, 'nll.test': expect.closeTo(0.653886, 6), temperature: 1.23457 },
    });
    expect(Object.keys(part)).toEqual(['values']);
    expect(() => referenceRun.parse({ ...common, hyperParameters: {}, ...part })).not.toThrow();
  });
  test('not both and not neither', () => {
    expect(referenceRun.safeParse({ ...common, hyperParameters: {} }).success).toBe(false);
    expect(referenceRun.safeParse({ ...run(), values: {} }).success).toBe(false);
  });
});

describe('the same trial', () => {
  test('settings left out are their defaults; seed, suite and settings tell trials apart', () => {
    const key = (more: Partial<ReferenceRun>) => runKey(run(more), methods);
    expect(key({ hyperParameters: { lambda: 1 } })).toBe(key({}));
    expect(key({ hyperParameters: { kind: 'a', lambda: 1 } })).toBe(key({}));
    for (const other of [{ hyperParameters: { lambda: 2 } }, { seed: 1 }, { suite: 't' }, { method: 'unknown' }])
      expect(key(other)).not.toBe(key({}));
  });
  test('a run of another version of its method, or of no known method, is not current; one without a version is', () => {
    expect(
      [run(), run({ methodVersion: 2 }), run({ methodVersion: 1 }), run({ method: 'gone' })].map((each) =>
        isCurrent(each, methods),
      ),
    ).toEqual([true, true, false, false]);
  });
  test('merging keeps each trial once, the later one, in one order whoever came first', () => {
    const old = run({ date: '2026-01-01', seconds: 1 }),
      again = run({ date: '2026-02-01', seconds: 2, hyperParameters: { lambda: 1 } });
    const others = [run({ suite: 'r', seed: 10 }), run({ suite: 'r', seed: 9 }), run({ seed: 3 })];
    const merged = mergeRuns([old, ...others], [again], methods);
    expect(merged.map(({ suite, seed, seconds }) => [suite, seed, seconds])).toEqual([
      ['r', 9, 1],
      ['r', 10, 1],
      ['s', 0, 2],
      ['s', 3, 1],
    ]);
    expect(mergeRuns([again], [...others].reverse().concat(old), methods)).toEqual(merged);
  });
});

describe('files', () => {
  test('written one run a line and read back', () => {
    const file = join(folder, 'x.json');
    const content = {
      command: 'node src-main/cli/reference-runs.ts',
      machine: 'two "cores"',
      runs: [run(), run({ seed: 1 })],
    };
    writeReferenceRuns(file, content);
    expect(parseReferenceRuns(readFileSync(file, 'utf8'), file)).toEqual(content);
    expect(
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('{"suite"')),
    ).toHaveLength(2);
  });
  test('a broken file names itself and the field', () => {
    expect(() => parseReferenceRuns('{', 'x.json')).toThrow(/x\.json is not JSON/);
    expect(() =>
      parseReferenceRuns(JSON.stringify({ command: '', machine: '', runs: [{ ...run(), seed: -1 }] }), 'x.json'),
    ).toThrow(/x\.json.*runs/s);
  });
  test('configurations over all files, one value a seed, each version apart; unknown methods and settings are left out', () => {
    const write = (name: string, runs: readonly ReferenceRun[]) =>
      writeReferenceRuns(join(folder, name), { command: '', machine: '', runs: [...runs] });
    const today = { methodVersion: 2, suiteVersion: undefined };
    write('a.json', [
      run(today),
      run({ ...today, seed: 1 }),
      run({ seed: 3, methodVersion: 1 }),
      run({ method: 'gone' }),
      run({ hyperParameters: { lambda: 'much' } }),
    ]);
    write('b.json', [
      run({ ...today, seed: 1, date: '2026-03-01', hyperParameters: { lambda: 1 } }),
      run({ ...today, hyperParameters: { lambda: 5 } }),
    ]);
    writeFileSync(join(folder, 'note.txt'), 'not a file of runs');
    const suites = {
      suites: new Map(),
      get: () => {
        throw new Error('none');
      },
      troubles: [],
    };
    const parts = { methods, suites: suites as never };
    const found = loadReferenceRuns(parts, folder);
    expect(
      found.map(({ hyperParameters, older, values }) => [
        hyperParameters['lambda'],
        older,
        values['acc.final-mean-tasks']?.map(({ seed }) => seed),
      ]),
    ).toEqual([
      [1, [], [0, 1]],
      [1, ['method version 1, now 2'], [3]],
      [5, [], [0]],
    ]);
    expect(loadReferenceRuns(parts, join(folder, 'none'))).toEqual([]);
  });
});
