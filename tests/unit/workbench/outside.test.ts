import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readOutside } from '../../../src-main/ensemble/outside.ts';
import type { OutsideFiles } from '../../../src-main/ensemble/outside.ts';
import { DatasetError } from '../../../src-main/datasets/types.ts';
import { openDatasetStore } from '../../../src-main/datasets/store.ts';
import { computeMetrics } from '../../../src-main/metrics/registry.ts';
import { parseReportJson } from '../../../src-main/reports/json.ts';
import { verifyReport } from '../../../src-main/reports/verify.ts';
import { loadSuites } from '../../../src-main/suites/registry.ts';
import { TableSuites } from '../../../src-main/suites/table-suites.ts';
import { outsideRequest } from '../../../src-main/workbench/contract/ensembles.ts';
import { outsideReport } from '../../../src-main/workbench/outside.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'outside-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const csv = (name: string, rows: readonly (readonly number[])[]): string => {
  const target = path.join(folder, name);
  writeFileSync(target, `${rows.map((row) => row.join(',')).join('\n')}\n`);
  return target;
};
const suites = new TableSuites(await loadSuites(), () => openDatasetStore({ dataFolder: folder }).list());
await suites.refresh();
const parts = { suites: suites.registry, dataFolder: folder, version: '0' };
const { test: rows } = await openDatasetStore({ dataFolder: folder }).open('iris');
const labels = [...rows.y];
const right = labels.map((label) => [0, 1, 2].map((k) => (k === label ? 0.8 : 0.1)));
const uniform = labels.map(() => [0.4, 0.3, 0.3]);
const request = outsideRequest.parse({
  name: 'Ours',
  origin: 'another program',
  suite: 'rows/iris',
  models: [
    { name: 'Net', seed: 0, file: csv('net-0.csv', right) },
    { name: 'Net', seed: 1, file: csv('net-1.csv', uniform) },
  ],
  labels: csv(
    'y.csv',
    labels.map((label) => [label]),
  ),
});

describe('predictions of models that were trained elsewhere', () => {
  test('are a report that bears looking at, beside a suite’s results where the rows are its test rows', async () => {
    const text = await outsideReport(parts, request);
    expect(await outsideReport(parts, request)).toBe(text);
    const trials = [...verifyReport(parseReportJson(text), () => null)];
    expect(trials.map(({ checked }) => checked)).toEqual([true, true]);
    expect(trials.map(({ trial }) => [trial.suite, trial.label, trial.seed])).toEqual([
      ['rows/iris', 'Net', 0],
      ['rows/iris', 'Net', 1],
    ]);
    // One row with two seeds: nothing of their identity but the seed differs.
    expect(new Set(trials.map(({ trial }) => trial.sourceHash))).toEqual(new Set([null]));
    expect(trials[0]?.metrics['acc.test']).toBe(1);
    expect(trials[0]?.metrics['nll.test']).toBeCloseTo(-Math.log(0.8), 6);
    expect(trials[0]?.trial.notes[0]).toBe('Predictions from elsewhere: another program.');
    expect(computeMetrics(trials[1].trial.primitives ?? expect.fail())['acc.test']).toBeCloseTo(
      labels.filter((label) => label === 0).length / labels.length,
      9,
    );
  }, 60_000);

  test('have a board of their own without a suite, and are refused by row where the rows are others', async () => {
    const own = parseReportJson(await outsideReport(parts, { ...request, suite: null }));
    expect(own.trials[0]?.suite).toMatch(/^predictions\/ours-[0-9a-f]{8}$/);
    const other = csv(
      'other.csv',
      labels.map((label, row) => [row === 4 ? (label + 1) % 3 : label]),
    );
    await expect(outsideReport(parts, { ...request, labels: other })).rejects.toMatchObject({
      failure: { kind: 'refused', message: expect.stringMatching(/other\.csv, row 5: expected [0-9], which is true/) },
    });
    await expect(outsideReport(parts, { ...request, suite: 'rows-folds-quick/wdbc' })).rejects.toMatchObject({
      failure: { kind: 'refused' },
    });
    const twice = { ...request, models: [request.models[0], request.models[0]] };
    await expect(outsideReport(parts, twice)).rejects.toMatchObject({
      failure: { message: expect.stringMatching(/expected one file for "Net" with the seed 0, found a second one/) },
    });
  }, 60_000);

  test('mutated files are read or refused in words', async () => {
    const whole = readFileSync(request.models[0].file);
    const target = path.join(folder, 'mutated.csv');
    let state = 7;
    const next = (below: number): number => (state = (state * 48271) % 2147483647) % below;
    for (let i = 0; i < 300; i += 1) {
      const bytes = Buffer.from(whole);
      for (let changes = 0; changes <= next(3); changes += 1) bytes[next(bytes.length)] = next(256);
      writeFileSync(target, i % 5 === 0 ? bytes.subarray(0, next(bytes.length)) : bytes);
      const files: OutsideFiles = { ...request, dataset: null, models: [{ name: 'a', seed: 0, file: target }] };
      const outcome: unknown = await readOutside(files, folder).catch((error: unknown) => error);
      if (outcome instanceof Error) expect(outcome).toBeInstanceOf(DatasetError);
    }
  });
});
