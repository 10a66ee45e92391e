import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { LineProcess, millisecondsTogether } from '../../../src-main/bench/line-process.ts';
import { isWanted, mayBeWanted, parseBenchOptions } from '../../../src-main/bench/options.ts';
import { rateWithin } from '../../../src-main/bench/our-pace.ts';
import { arrangementsFor } from '../../../src-main/bench/peers.ts';
import { flopsOf, productsOf } from '../../../src-main/bench/products.ts';
import { requirementsKey } from '../../../src-main/bench/python.ts';
import { RunJournal } from '../../../src-main/bench/run-journal.ts';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import { BENCH_SUITES, benchDataset } from '../../../src-main/bench/suites.ts';

test('rates of processes that run at once add up', () => {
  // 4 ms a step each, two at once: the machine does one every 2 ms; a slower second one counts for less
  expect(
    millisecondsTogether([
      { steps: 250, seconds: 1 },
      { steps: 500, seconds: 2 },
    ]),
  ).toBeCloseTo(2, 10);
  expect(
    millisecondsTogether([
      { steps: 250, seconds: 1 },
      { steps: 125, seconds: 1 },
    ]),
  ).toBeCloseTo(1000 / 375, 10);
});

describe('our pace from what a worker reports', () => {
  const reports = [
    { at: 0, done: 48 },
    { at: 400, done: 144 },
    { at: 900, done: 240 },
    { at: 1400, done: 336 },
    { at: 2000, done: 480 },
  ];
  test('only between the first and the last report inside the window', () =>
    expect(rateWithin(reports, 300, 1500)).toEqual({ steps: 192, seconds: 1 }));
  test('none with fewer than two reports, or without a step', () => {
    expect(rateWithin(reports, 300, 500)).toBeNull();
    expect(
      rateWithin(
        [
          { at: 1, done: 5 },
          { at: 2, done: 5 },
        ],
        0,
        3,
      ),
    ).toBeNull();
  });
});

test('the two ways of sharing cores; one core has one way', () => {
  expect(arrangementsFor(2)).toEqual([
    { processes: 1, threads: 2 },
    { processes: 2, threads: 1 },
  ]);
  expect(arrangementsFor(1)).toEqual([{ processes: 1, threads: 1 }]);
});

test("the products of a dense network's step", () => {
  // batch 2, sizes 3-4-5: forward 2·(2·3·4 + 2·4·5), kernels the same again, inputs of the second layer 2·2·4·5
  expect(flopsOf(productsOf([3, 4, 5], 2))).toBe(2 * (24 + 40) * 2 + 80);
  // ENGINE.md: 286 MFLOP a step of 784-400-400-10 at batch 128
  expect(flopsOf(productsOf([784, 400, 400, 10])) / 1e6).toBeCloseTo(286.5, 1);
});

/** As large as MNIST's, a fifth of the pixels other than black. */
const split = (rows: number): Dataset['train'] => ({
  rows,
  x: Float32Array.from({ length: rows * 784 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
  y: Int32Array.from({ length: rows }, (_, row) => row % 10),
});
const digits: Dataset = {
  id: 'mnist',
  title: 'MNIST',
  shape: [28, 28, 1],
  classes: [],
  train: split(13_000),
  test: split(200),
  sha256: '',
};

test.each(['mnist', 'noise'])('suites of the benchmark are whole batches with every label: %s', async (images) => {
  const suite = BENCH_SUITES.find(({ id }) => id === `bench/mlp-784-100-10-sgd-${images}`);
  expect(suite?.budget).toMatchObject({ batchSize: 128, optimiser: { kind: 'sgd' } });
  const mnist = async (): Promise<Dataset> => digits;
  const data = await benchDataset(suite?.datasets[0] ?? '', mnist);
  expect(data?.train.rows).toBe(96 * 128);
  expect(new Set(data?.train.y).size).toBe(10);
  // four pixels in five of a written digit are black, none of noise
  expect((data?.train.x.filter((pixel) => pixel === 0).length ?? 0) / (data?.train.x.length ?? 1)).toBeCloseTo(
    images === 'mnist' ? 0.8 : 0,
    5,
  );
  expect(await benchDataset('mnist', mnist)).toBeNull();
});

describe('options', () => {
  test('defaults', () =>
    expect(parseBenchOptions([], 'o.json')).toEqual({
      only: [],
      pairs: 15,
      seeds: 5,
      withPeers: false,
      withAvalanche: false,
      out: 'o.json',
    }));
  test('rows by prefix', () => {
    const { only, pairs } = parseBenchOptions(['--only', 'step/mlp', 'ui', '--pairs', '3'], 'o.json');
    expect([
      pairs,
      isWanted(only, 'step/mlp-784-100-10-sgd'),
      isWanted(only, 'step/cnn'),
      isWanted(only, 'ui/first-row'),
      isWanted([], 'anything'),
    ]).toEqual([3, true, false, true, true]);
  });
});

test.each<[string[], string, boolean]>([
  [[], 'suite-step', true],
  [['suite-step'], 'suite-step/mlp-6/', true],
  [['suite-step/'], 'suite-step', true],
  [['suite-step/mlp-6'], 'suite-step', true],
  [['suite-step/mlp-6/wasm'], 'suite-step/mlp-6/', true],
  [['suite-step/mlp-64'], 'suite-step/mlp-6/', false],
  [['ui'], 'suite-step', false],
])('of the rows asked for with %j some may begin with %s: %s', (only, beginning, expected) =>
  expect(mayBeWanted(only, beginning)).toBe(expected),
);

test('another set of requirements has another key', () =>
  expect(requirementsKey(['torch==1'])).not.toBe(requirementsKey(['torch==2'])));

describe('the journal of long runs', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'bench-journal-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  test('keeps what was added, also around a line that was cut off', () => {
    const file = join(folder, 'deep', 'runs.jsonl'),
      schema = z.object({ seed: z.number() });
    new RunJournal(file, schema).add({ seed: 1 });
    appendFileSync(file, '\n{"seed": 2');
    new RunJournal(file, schema).add({ seed: 3 });
    appendFileSync(file, '\n{"other": true}');
    expect(new RunJournal(file, schema).all()).toEqual([{ seed: 1 }, { seed: 3 }]);
  });
});

describe('a process that is kept warm', () => {
  const script = (body: string): string[] => ['-e', `const say = (v) => console.log(JSON.stringify(v)); ${body}`];
  test('is asked over lines; other output is passed over', async () => {
    const process_ = await LineProcess.start(
      process.execPath,
      script(`console.log('hello'); say({ ready: true, versions: { x: '1' } });
      require('readline').createInterface({ input: process.stdin }).on('line', (l) => { console.log('noise'); say({ steps: JSON.parse(l).seconds * 100, seconds: JSON.parse(l).seconds, cpu: 0 }); });`),
    );
    expect(process_.versions).toEqual({ x: '1' });
    expect(await process_.run(2)).toEqual({ steps: 200, seconds: 2, cpu: 0 });
    expect(await process_.run(3)).toEqual({ steps: 300, seconds: 3, cpu: 0 });
    await process_.close();
  });
  test('one that does not start says why', async () => {
    await expect(
      LineProcess.start(process.execPath, script(`console.error('no such library'); process.exit(3)`)),
    ).rejects.toThrow(/no such library/);
    await expect(LineProcess.start('/nowhere/python', [])).rejects.toThrow(/ENOENT/);
  });
});
