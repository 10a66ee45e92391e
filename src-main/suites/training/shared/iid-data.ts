import { fitPipeline } from '../../../datasets/tables/pipeline.ts';
import type { Pipeline } from '../../../datasets/tables/pipeline.ts';
import type { Column, Dataset, DatasetSplit, TableRows } from '../../../datasets/types.ts';
import { stream } from '../../../engine/random/streams.ts';
import { splitRows } from '../../shared/rows.ts';

/**
 * How inputs are scaled, with statistics of the training rows alone: not at all, each table column, or each colour
 * channel.
 */
export type Scaling = 'none' | 'columns' | 'channels';

export interface IidDataDefinition {
  /** Share of the training rows that is split off for validation; 0: there are none. */
  readonly validationShare: number;
  /** At most so many rows of the published training and test sets; null = all. */
  readonly limit: { readonly train: number; readonly test: number } | null;
  readonly scaling: Scaling;
  /** How the columns of a table become inputs; then `scaling` is `none`. Absent: as the data set has them. */
  readonly pipeline?: Pipeline;
}

export interface IidData {
  readonly train: DatasetSplit;
  readonly validation: DatasetSplit;
  readonly test: DatasetSplit;
}

/**
 * Training, validation and test rows. Which rows are used and which validate depends on the dataset alone, never on the
 * trial's seed: members and experts of several seeds then share one validation set that none of them was trained on.
 */
export function iidData(dataset: Dataset, definition: IidDataDefinition): IidData {
  const order = stream(0, `suites/iid/${dataset.id}/train`)
    .permutation(dataset.train.rows)
    .subarray(0, definition.limit?.train ?? dataset.train.rows);
  const testOrder = stream(0, `suites/iid/${dataset.id}/test`)
    .permutation(dataset.test.rows)
    .subarray(0, definition.limit?.test ?? dataset.test.rows);
  const validationRows = Math.floor(definition.validationShare * order.length);
  const width = dataset.shape.reduce((product, size) => product * size, 1);
  const data = {
    train: splitRows(dataset.train, order.subarray(validationRows), width),
    validation: splitRows(dataset.train, order.subarray(0, validationRows), width),
    test: definition.limit === null ? copyOf(dataset.test) : splitRows(dataset.test, testOrder, width),
  };
  const { columns } = dataset.table ?? {};
  if (definition.pipeline !== undefined && columns !== undefined) return encoded(data, columns, definition.pipeline);
  if (definition.scaling !== 'none') {
    const groups = definition.scaling === 'columns' ? width : dataset.shape[dataset.shape.length - 1];
    standardise(data, groups);
  }
  return data;
}

/** The same rows with inputs by a pipeline that is fitted on the training rows. */
function encoded({ train, validation, test }: IidData, columns: readonly Column[], pipeline: Pipeline): IidData {
  const fitted = fitPipeline(columns, train.table ?? NO_TABLE, pipeline);
  const encode = (split: DatasetSplit): DatasetSplit => ({ ...split, x: fitted.encode(split.table ?? NO_TABLE) });
  return { train: encode(train), validation: encode(validation), test: encode(test) };
}

export const NO_TABLE: TableRows = { values: [], numbers: null };

function copyOf(split: DatasetSplit): DatasetSplit {
  return { ...split, x: split.x.slice() };
}

/**
 * Subtracts mean and divides by standard deviation of the training rows, by position modulo `groups`; a constant column
 * is only centred.
 */
function standardise({ train, validation, test }: IidData, groups: number): void {
  const count = train.x.length / groups;
  const mean = new Float64Array(groups);
  train.x.forEach((value, at) => {
    mean[at % groups] += value / count;
  });
  const variance = new Float64Array(groups);
  train.x.forEach((value, at) => {
    variance[at % groups] += (value - mean[at % groups]) ** 2 / count;
  });
  const scale = variance.map((value) => (value > 1e-12 ? 1 / Math.sqrt(value) : 1));
  for (const { x } of [train, validation, test])
    x.forEach((value, at) => {
      x[at] = (value - mean[at % groups]) * scale[at % groups];
    });
}
