import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, describe, expect, test } from 'vitest';
import { DatasetError } from '../../../src-main/datasets/types.ts';
import { stream } from '../../../src-main/engine/random/streams.ts';
import { predictionsOf, readNumbers, targetOf } from '../../../src-main/ensemble/predictions.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'predictions-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 2,000 pass as well, in 30 s on a busy machine. */
const MUTATED = 400;

/** Twenty rows of .5, .25, .25, written by pyarrow. */
const PARQUET = readFileSync(path.join(import.meta.dirname, '../../fixtures/ensemble/three-classes.parquet'));

/** As numpy.save writes it: NEP 1, version 1.0. */
function npy(descr: string, shape: readonly number[], bytes: Uint8Array, fortran = false): Buffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape.join(', ')},), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n';
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([
    Buffer.from([0x93]),
    Buffer.from('NUMPY'),
    Buffer.from([1, 0]),
    length,
    Buffer.from(header),
    bytes,
  ]);
}
const doubles = (values: readonly number[]): Uint8Array => new Uint8Array(Float64Array.from(values).buffer);
const file = (name: string, content: string | Uint8Array): string => {
  const target = path.join(folder, name);
  writeFileSync(target, content);
  return target;
};
const read = async (name: string, content: string | Uint8Array) =>
  predictionsOf(await readNumbers(file(name, content)), null, name);

describe('files of predictions', () => {
  test('NumPy arrays of either order and byte order, and of half precision', async () => {
    const rows = [0.25, 0.75, 0.5, 0.5];
    expect([...(await read('a.npy', npy('<f8', [2, 2], doubles(rows)))).values]).toEqual(rows);
    const columns = npy('<f8', [2, 2], doubles([0.25, 0.5, 0.75, 0.5]), true);
    expect([...(await read('f.npy', columns)).values]).toEqual(rows);
    const big = Buffer.alloc(32);
    rows.forEach((value, at) => big.writeDoubleBE(value, 8 * at));
    expect([...(await read('big.npy', npy('>f8', [2, 2], big))).values]).toEqual(rows);
    // 0x3400 is .25, 0x3a00 .75, 0x3800 .5 (IEEE 754).
    const halves = new Uint8Array(Uint16Array.of(0x3400, 0x3a00, 0x3800, 0x3800).buffer);
    expect([...(await read('half.npy', npy('<f2', [2, 2], halves))).values]).toEqual(rows);
  });

  test('one array of an .npz, by name where there are several; CSV with and without names', async () => {
    const a = npy('<f8', [1, 2], doubles([0.25, 0.75]));
    const zip = zipSync({ 'one.npy': a, 'two.npy': npy('<f8', [1, 2], doubles([0.5, 0.5])) });
    const target = file('both.npz', zip);
    await expect(readNumbers(target)).rejects.toThrow(/one array, found one, two/);
    expect([...(await readNumbers(`${target}:two`)).values]).toEqual([0.5, 0.5]);
    expect([...(await read('names.csv', 'cat,dog\n0.25,0.75\n'))['values']]).toEqual([0.25, 0.75]);
    expect([...(await read('bare.csv', '0.25;0.75\n0.5;0.5\n')).values]).toEqual([0.25, 0.75, 0.5, 0.5]);
  });

  test('log-probabilities, a probability of the second class, numbers', async () => {
    const logs = await read('logs.csv', `${Math.log(0.25)},${Math.log(0.75)}\n`);
    expect(logs.values[1]).toBeCloseTo(0.75, 12);
    const second = predictionsOf({ shape: [1], values: Float64Array.of(0.75) }, 'probabilities', 'x');
    expect([second.width, ...second.values]).toEqual([2, 0.25, 0.75]);
    expect((await read('numbers.csv', '3\n-4.5\n')).kind).toBe('numbers');
  });

  test.each([
    ['sum', '0.5,0.6\n0.5,0.5\n', /sum\.csv, row 1: .*sum of 1\.1/],
    ['nan', '0.5,0.5\nnan,0.5\n', /nan\.csv, row 2, column 1: .*NaN/],
    ['wide', '0.5,0.5\n1\n', /wide\.csv, row 2: expected 2 values/],
    ['word', '0.5,0.5\ncat,0.5\n', /word\.csv, row 2, column 1: .*"cat"/],
    ['outside', '1.5,-0.5\n', /outside\.csv, row 1, column 1: .*1\.5/],
  ])('refuses by place: %s', async (name, text, words) => {
    await expect(read(`${name}.csv`, text)).rejects.toThrow(words);
  });

  test('labels: as many as rows, classes from 0 on', async () => {
    const of = await read('p.csv', '0.5,0.5\n0.25,0.75\n');
    const labels = (values: readonly number[]) =>
      targetOf({ shape: [values.length], values: Float64Array.from(values) }, of, 'y');
    expect([...labels([0, 1])]).toEqual([0, 1]);
    expect(() => labels([0])).toThrow(/2 labels/);
    expect(() => labels([0, 2])).toThrow(/row 2: expected a class from 0 to 1, found 2/);
    expect(() => labels([0.5, 1])).toThrow(/row 1/);
  });

  test('objects are refused, and lengths that are not there', async () => {
    await expect(readNumbers(file('o.npy', npy('|O8', [1], new Uint8Array(8))))).rejects.toThrow(/type \|O8/);
    await expect(readNumbers(file('s.npy', npy('<f8', [1e12], new Uint8Array(8))))).rejects.toThrow(
      /8000000000000 bytes/,
    );
  });

  test('mutated files, half of them with their header: read or refused in words', async () => {
    const source = stream(21, 'mutated');
    const values = doubles(Array.from({ length: 60 }, (_, at) => (at % 3 === 0 ? 0.5 : 0.25)));
    const seeds = [
      { name: 'm.npy', bytes: npy('<f8', [20, 3], values), header: 128 },
      { name: 'm.npz', bytes: Buffer.from(zipSync({ 'p.npy': npy('<f8', [20, 3], values) })), header: 40 },
      { name: 'm.csv', bytes: Buffer.from(`a,b,c\n${'0.5,0.25,0.25\n'.repeat(20)}`), header: 6 },
      { name: 'm.parquet', bytes: PARQUET, header: 4 },
    ];
    let refused = 0;
    for (let i = 0; i < MUTATED; i += 1) {
      const seed = seeds[i % seeds.length];
      if (seed === undefined) continue;
      const from = i % 8 < 4 ? seed.header : 0;
      let bytes = Buffer.from(seed.bytes);
      for (let change = source.integer(6); change >= 0; change -= 1)
        bytes[from + source.integer(bytes.length - from)] = source.integer(256);
      if (source.uniform() < 0.2) bytes = bytes.subarray(0, from + source.integer(bytes.length - from));
      if (source.uniform() < 0.1) bytes = Buffer.concat([bytes, bytes.subarray(0, source.integer(bytes.length + 1))]);
      try {
        const { rows, width, values: told } = await read(seed.name, bytes);
        expect(told.length).toBe(rows * width);
        expect(told.every(Number.isFinite)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(DatasetError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(MUTATED / 2);
  });
});
