import { describe, expect, it } from 'vitest';
import { multiTaskBoosting } from '../../../src-main/methods/tables/r-mtgb.ts';
import { stumps } from '../../../src-main/methods/tables/shared/stumps.ts';

const all = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, row) => row);

describe('a stump', () => {
  it('splits halfway where the squared error falls most, and answers the means', () => {
    // Two inputs; the second tells the targets apart between 2 and 5.
    const values = [9, 1, 7, 2, 8, 5, 6, 7];
    const grow = stumps({ rows: 4, width: 2, values });
    expect(grow(all(4), Float64Array.from([0, 2, 10, 12]))).toEqual({ input: 1, threshold: 3.5, below: 1, above: 11 });
    // Of the first three rows alone either input would do: the first is taken.
    expect(grow(Int32Array.of(0, 1, 2), Float64Array.from([0, 6, 6, 99]))).toEqual({
      ...{ input: 0, threshold: 8.5, below: 6, above: 0 },
    });
  });

  it('answers the mean where no input tells rows apart', () => {
    const grow = stumps({ rows: 3, width: 1, values: [4, 4, 4] });
    expect(grow(all(3), Float64Array.from([0, 3, 6]))).toMatchObject({ below: 3, above: 3 });
  });
});

/** Rows of two tasks at x = 0 and 1; the first task rises by 2, the second by `second`. */
function twoTasks(second: number) {
  const columns = [
    { name: 'who', kind: 'category', levels: ['a', 'b'], ordered: false } as const,
    { name: 'x', kind: 'number' } as const,
  ];
  const rows = {
    values: [Int32Array.of(0, 0, 0, 0, 1, 1, 1, 1), Float64Array.of(0, 0, 1, 1, 0, 0, 1, 1)],
    numbers: Float64Array.of(-1, -1, 1, 1, -second / 2, -second / 2, second / 2, second / 2),
  };
  const train = { count: 8, rows, classes: new Int32Array(8) };
  return { task: { columns, train, classes: null }, rows };
}
const NONE = { task: '', shared: 0, split: 0, own: 0, learningRate: 0.1, shareRate: 0.1 };
const starts = (...values: number[]) => {
  const left = [...values];
  return () => left.shift() ?? 0;
};

describe('R-MTGB', () => {
  it('shares what tasks have in common: what is missing shrinks by a tenth with every tree', () => {
    const { task, rows } = twoTasks(2);
    const answers = multiTaskBoosting(task, { ...NONE, shared: 7 }, starts())(rows);
    rows.numbers.forEach((y, row) => expect(answers[row]).toBeCloseTo(y * (1 - 0.9 ** 7), 10));
  });

  it('gives each task what the others contradict', () => {
    const { task, rows } = twoTasks(-2);
    const shared = multiTaskBoosting(task, { ...NONE, shared: 50 }, starts())(rows);
    shared.forEach((answer) => expect(answer).toBeCloseTo(0, 10));
    const own = multiTaskBoosting(task, { ...NONE, own: 7 }, starts())(rows);
    rows.numbers.forEach((y, row) => expect(own[row]).toBeCloseTo(y * (1 - 0.9 ** 7), 10));
  });

  it('tells an outlier from the others where its share starts a little apart', () => {
    const { task, rows } = twoTasks(-2);
    const answers = multiTaskBoosting(task, { ...NONE, split: 200 }, starts(-0.1, 0.1))(rows);
    rows.numbers.forEach((y, row) => expect(answers[row]).toBeCloseTo(y, 1));
  });

  it('takes the named column of tasks, and says where there is none', () => {
    const { task, rows } = twoTasks(2);
    expect(multiTaskBoosting(task, { ...NONE, task: 'who' }, starts())(rows)).toEqual(new Float64Array(8));
    expect(() => multiTaskBoosting(task, { ...NONE, task: 'y' }, starts())).toThrow('no column "y"');
    expect(() => multiTaskBoosting(task, { ...NONE, task: 'x' }, starts())).toThrow('is no category');
  });
});
