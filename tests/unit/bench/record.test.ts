import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  mergeRows,
  pairedRow,
  readBenchRecord,
  rowsBeside,
  soloRow,
  tableOf,
  writeBenchRecord,
} from '../../../src-main/bench/record.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-record-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pairs = Array.from({ length: 15 }, (_, i) => ({ ours: 10 + i, peer: 20 }));

describe('rows', () => {
  test("the ratio is the median of the pairs' ratios, with its interval", () => {
    const row = pairedRow('step/x', 'ms/step', 'JAX scan', [
      { ours: 1, peer: 2 },
      { ours: 9, peer: 3 },
      { ours: 4, peer: 4 },
    ]);
    // medians are 4 and 3, but the pairs' ratios are 0.5, 3 and 1
    expect(row).toMatchObject({ ours: 4, peer: 3, ratio: 1, low: 0.5, high: 3 });
    const { low, high } = pairedRow('step/x', 'ms/step', 'JAX scan', pairs);
    expect([low, high]).toEqual([13 / 20, 21 / 20]);
  });
  test('a row with a bar has nobody to compare with', () => {
    expect(soloRow('ui/x', 's', 1.2, [1.1, 1.2, 1.3], 1.5)).toEqual({
      name: 'ui/x',
      ours: 1.2,
      peer: null,
      peerName: null,
      ratio: null,
      low: null,
      high: null,
      unit: 's',
      runs: [{ ours: 1.1 }, { ours: 1.2 }, { ours: 1.3 }],
      limit: 1.5,
    });
  });
});

describe('merging', () => {
  const old = ['a', 'b', 'c'].map((name) => ({ ...soloRow(name, 's', 1, [1]), date: '2020-01-01' }));
  test('measured rows take the places of former ones, others stay with their date, new ones follow', () => {
    const merged = mergeRows(old, [soloRow('b', 's', 2, [2]), soloRow('z', 's', 3, [3])]);
    expect(merged.map(({ name, ours, date }) => [name, ours, date])).toEqual([
      ['a', 1, '2020-01-01'],
      ['b', 2, undefined],
      ['c', 1, '2020-01-01'],
      ['z', 3, undefined],
    ]);
  });
  test('a row that is measured twice in a run is its last state', () => {
    expect(mergeRows([], [soloRow('s', 's', 1, [1]), soloRow('s', 's', 2, [1, 3])]).map(({ ours }) => ours)).toEqual([
      2,
    ]);
  });
});

describe('the file', () => {
  test('comes back as it was written, and nothing is left beside it', () => {
    const file = join(folder, 'deep', 'latest.json'),
      record = {
        machine: { cpu: 'x', date: '2026-01-01T00:00:00Z' },
        rows: [{ ...pairedRow('a', 'ms', 'p', pairs, { seeds: 5 }), date: '2026-01-02T00:00:00Z' }],
      };
    writeBenchRecord(file, record);
    expect(readBenchRecord(file)).toEqual(record);
    expect(readdirSync(join(folder, 'deep'))).toEqual(['latest.json']);
  });
  test("rows without a date of their own have the machine's", () => {
    const file = join(folder, 'old.json');
    writeFileSync(
      file,
      JSON.stringify({
        machine: { date: '2025-05-05T00:00:00Z' },
        rows: [
          {
            name: 'a',
            ours: 1,
            peer: 2,
            peerName: 'p',
            ratio: 0.5,
            low: 0.5,
            high: 0.5,
            unit: 'ms',
            runs: [{ ours: 1, peer: 2 }],
          },
        ],
      }),
    );
    expect(readBenchRecord(file).rows[0].date).toBe('2025-05-05T00:00:00Z');
  });
  test('a file of another form is refused by name and left alone', () => {
    const file = join(folder, 'other.json');
    writeFileSync(file, '{"rows": 3}');
    expect(() => readBenchRecord(file)).toThrow(/other\.json is not a record of the benchmark/);
    expect(readFileSync(file, 'utf8')).toBe('{"rows": 3}');
  });
  test("rows of another machine are not mixed with this one's", () => {
    const file = join(folder, 'elsewhere.json'),
      machine = { cpu: 'x', cores: 2 };
    writeBenchRecord(file, { machine: { ...machine, commit: 'abc' }, rows: [soloRow('a', 's', 1, [1])] });
    expect(rowsBeside(file, { ...machine, commit: 'def' }).map(({ name }) => name)).toEqual(['a']);
    for (const other of [
      { ...machine, cpu: 'y' },
      { ...machine, cores: 4 },
    ])
      expect(() => rowsBeside(file, other)).toThrow(
        /elsewhere\.json holds rows of another machine \(x, 2 cores; this one: .*--out/,
      );
    expect(rowsBeside(join(folder, 'none.json'), machine)).toEqual([]);
  });
  test('no file is an empty record', () =>
    expect(readBenchRecord(join(folder, 'none.json'))).toEqual({ machine: {}, rows: [] }));
  test.each(['latest', 'amd-epyc'])('the committed record %s is of this form', (name) =>
    expect(
      readBenchRecord(join(import.meta.dirname, `../../../resources/bench/${name}.json`)).rows.length,
    ).toBeGreaterThan(0),
  );
});

test('the table has a line for each row, with bars where there is no peer', () => {
  const lines = tableOf([
    pairedRow('step/x', 'ms/step', 'JAX scan', pairs),
    soloRow('ui/y', 's', 1.2, [1.2], 1.5),
  ]).split('\n');
  expect(lines).toHaveLength(3);
  expect(lines[1]).toMatch(/step\/x.*JAX scan.*0\.850.*\[0\.650, 1\.050\].*15/);
  expect(lines[2]).toMatch(/ui\/y.*bar 1\.500 s/);
});
