import { mlp } from '../../../src-main/engine/networks/architectures/mlp.ts';
import { describe, expect, it } from 'vitest';
import type { Dataset } from '../../../src-main/datasets/types.ts';
import {
  chooseRows,
  rowsByTask,
  splitSuite,
  type SplitDefinition,
} from '../../../src-main/suites/continual/shared/split-suite.ts';
import { checkDataset } from '../../../src-main/suites/shared/checks.ts';
import { splitRows, takeRows } from '../../../src-main/suites/shared/rows.ts';

const empty = { rows: 0, x: new Float32Array(0), y: new Int32Array(0) };
const pictures: Dataset = {
  id: 'pictures',
  title: 'Pictures',
  shape: [4, 3, 2],
  classes: ['a', 'b', 'c'],
  train: empty,
  test: empty,
  sha256: '',
};

describe('a dataset that is not as the suite declares it', () => {
  it('is refused with what was declared and what is there', () => {
    expect(() => checkDataset('s', pictures, { width: 24, classes: 3, everyClass: false })).not.toThrow();
    expect(() => checkDataset('s', pictures, { width: 24, classes: 2, everyClass: false })).not.toThrow();
    expect(() => checkDataset('s', pictures, { width: 12, classes: 3, everyClass: false })).toThrow(
      'The suite s declares examples of 12 numbers; those of pictures have 24 (4 × 3 × 2).',
    );
    expect(() => checkDataset('s', pictures, { width: 24, classes: 4, everyClass: false })).toThrow(
      'declares 4 classes; pictures has 3',
    );
    expect(() => checkDataset('s', pictures, { width: 24, classes: 3, everyClass: true })).not.toThrow();
    expect(() => checkDataset('s', pictures, { width: 24, classes: 2, everyClass: true })).toThrow(
      'The suite s has 2 outputs and uses every row; pictures has 3 classes.',
    );
  });
});

describe('splitSuite', () => {
  const definition: SplitDefinition = {
    id: 'x',
    version: 1,
    title: 'X',
    summary: '',
    scenario: 'class-il',
    dataset: 'pictures',
    classes: 4,
    classesPerTask: 2,
    rowsPerClass: null,
    transform: { kind: 'none' },
    width: 24,
    inputShape: [24],
    network: (outputs) => mlp({ input: 24, hidden: [2], outputs, init: 'torch-default' }),
    epochs: 1,
    batchSize: 2,
    optimiser: { kind: 'sgd', lr: 0.1 },
  };

  it('refuses tasks of unequal numbers of classes', () => {
    expect(() => splitSuite({ ...definition, classes: 5 })).toThrow(
      'cuts 5 classes into tasks of 2: a last one would have 1. Tasks of 1 or 5 classes would do.',
    );
    for (const classesPerTask of [0, -2, 1.5, Number.NaN, 7])
      expect(() => splitSuite({ ...definition, classes: 10, classesPerTask })).toThrow(
        'Tasks of 1, 2, 5 or 10 classes would do.',
      );
  });

  it(
    'says augmentation in its protocol where there is one, and nothing otherwise: results of other ' +
      'suites keep their hash',
    () => {
      expect(splitSuite(definition).protocol).not.toHaveProperty('augmentation');
      expect(splitSuite({ ...definition, augmentation: { flip: true, pad: 4 } }).protocol).toMatchObject({
        augmentation: { flip: true, pad: 4 },
      });
    },
  );
});

describe('rows', () => {
  const x = Float32Array.of(0, 1, 10, 11, 20, 21);

  it('are taken in the order asked for, also when all are', () => {
    expect([...takeRows(x, 2, Int32Array.of(2, 0))]).toEqual([20, 21, 0, 1]);
    expect([...takeRows(x, 2, Int32Array.of(2, 1, 0))]).toEqual([20, 21, 10, 11, 0, 1]);
    expect(takeRows(x, 2, Int32Array.of(0, 1, 2))).toBe(x);
  });

  it('of the wanted classes come in file order, so many of each', () => {
    const labels = Int32Array.of(2, 0, 1, 0, 3, 2, 0);
    expect(chooseRows(labels, 3, null)).toEqual(Int32Array.of(0, 1, 2, 3, 5, 6));
    expect(chooseRows(labels, 4, 1)).toEqual(Int32Array.of(0, 1, 2, 4));
    expect(chooseRows(labels, 4, null)).toEqual(Int32Array.of(0, 1, 2, 3, 4, 5, 6));
  });

  it('go to their tasks, ascending; a task may have none', () => {
    expect(rowsByTask(Int32Array.of(1, 0, 3, 1, 0), 4)).toEqual([
      Int32Array.of(1, 4),
      Int32Array.of(0, 3),
      new Int32Array(0),
      Int32Array.of(2),
    ]);
  });

  it('of a split are copies, with their labels', () => {
    const split = { rows: 3, x, y: Int32Array.of(5, 6, 7) };
    const all = splitRows(split, Int32Array.of(0, 1, 2), 2);
    all.x[0] = 99;
    expect(x[0]).toBe(0);
    expect(splitRows(split, Int32Array.of(1), 2)).toEqual({ rows: 1, x: Float32Array.of(10, 11), y: Int32Array.of(6) });
  });
});
