import type { Column, TableRows } from '../types.ts';

/**
 * How columns become numbers for a network. What it needs to know of the data (means, deviations, quantiles) is fitted
 * on training rows only, when a suite opens, never when a table is imported.
 */
export interface Pipeline {
  /** An ordered category is its rank in either case. */
  readonly categories: 'one-hot' | 'ordinal';
  /** As they are; (x − mean) / deviation; or the normal score of x's place among the training rows. */
  readonly numbers: 'as-is' | 'standardise' | 'quantile';
  /** What stands for a missing number or rank. A category that is missing is 0 in each of its columns. */
  readonly missing: 'mean' | 'median';
}

export const DEFAULT_PIPELINE: Pipeline = { categories: 'one-hot', numbers: 'standardise', missing: 'mean' };

/** A pipeline that knows its training rows. */
export interface FittedPipeline {
  readonly width: number;
  /** The rows encoded, [rows × width], row-major. */
  encode(rows: TableRows): Float32Array;
}

const widthOf = (column: Column, { categories }: Pipeline): number =>
  column.kind === 'category' && !column.ordered && categories === 'one-hot' ? column.levels.length : 1;

/** How many numbers of an encoded row each column is. */
export const columnWidths = (columns: readonly Column[], pipeline: Pipeline): readonly number[] =>
  columns.map((column) => widthOf(column, pipeline));

/** Numbers of an encoded row. Follows from the columns alone: a network's input has this width. */
export const encodedWidth = (columns: readonly Column[], pipeline: Pipeline): number =>
  columns.reduce((sum, column) => sum + widthOf(column, pipeline), 0);

/** Writes the value of a column as the numbers of an encoded row from `place` on. */
type ColumnEncoder = (value: number, x: Float32Array, place: number) => void;

/** Fits a pipeline. `train`: the training rows alone, without those that validate. */
export function fitPipeline(columns: readonly Column[], train: TableRows, pipeline: Pipeline): FittedPipeline {
  const width = encodedWidth(columns, pipeline);
  const encoders = columns.map((column, at) => {
    const values = train.values[at];
    if (column.kind === 'number' || column.ordered || pipeline.categories === 'ordinal')
      return scaled(known(values), pipeline);
    return oneHot(column.levels.length, values, pipeline);
  });
  return {
    width,
    encode({ values }) {
      const rows = values[0]?.length ?? 0;
      const x = new Float32Array(rows * width);
      let place = 0;
      columns.forEach((column, at) => {
        const isRank = column.kind === 'category' && widthOf(column, pipeline) === 1;
        values[at].forEach((value: number, row: number) => {
          encoders[at](isRank && value < 0 ? Number.NaN : value, x, row * width + place);
        });
        place += widthOf(column, pipeline);
      });
      return x;
    },
  };
}

/** The values that are there, of numbers or of ranks. */
const known = (values: Float64Array | Int32Array): Float64Array =>
  Float64Array.from(values).filter((value) => (values instanceof Int32Array ? value >= 0 : !Number.isNaN(value)));

function meanAndDeviation(values: Float64Array): { mean: number; deviation: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = values.length === 0 ? 0 : sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  const variance = values.length === 0 ? 0 : squares / values.length;
  // A constant column is only centred.
  return { mean, deviation: variance > 1e-12 ? Math.sqrt(variance) : 1 };
}

/** One number a value, from its known values in the training rows. */
function scaled(train: Float64Array, { numbers, missing }: Pipeline): ColumnEncoder {
  const sorted = train.slice().sort();
  const middle = sorted.length / 2;
  const { mean, deviation } = meanAndDeviation(train);
  const median = sorted.length === 0 ? 0 : (sorted[Math.ceil(middle) - 1] + sorted[Math.floor(middle)]) / 2;
  const fill = missing === 'mean' ? mean : median;
  const encode = numberEncoder(numbers, sorted, mean, deviation);
  return (value, x, place) => {
    x[place] = encode(Number.isNaN(value) ? fill : value);
  };
}

function numberEncoder(
  numbers: Pipeline['numbers'],
  sorted: Float64Array,
  mean: number,
  deviation: number,
): (value: number) => number {
  switch (numbers) {
    case 'as-is':
      return (value) => value;
    case 'standardise':
      return (value) => (value - mean) / deviation;
    case 'quantile':
      return (value) => (sorted.length === 0 ? 0 : normalQuantile(placeAmong(sorted, value)));
  }
}

/** Share of the training values below a value, equal ones half; kept off 0 and 1 by half a value. */
function placeAmong(sorted: Float64Array, value: number): number {
  const [below, upTo] = [firstFrom(sorted, value, false), firstFrom(sorted, value, true)];
  const share = (below + upTo) / (2 * sorted.length);
  const edge = 0.5 / sorted.length;
  return Math.min(1 - edge, Math.max(edge, share));
}

/** The first place whose value is at least this one, or with `above` larger than it. */
function firstFrom(sorted: Float64Array, value: number, above: boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (above ? sorted[middle] > value : sorted[middle] >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Φ⁻¹(p) by the rational approximation 26.2.23 of Abramowitz & Stegun (1964), within 4.5e-4: enough for a scale of
 * inputs.
 */
export function normalQuantile(p: number): number {
  const t = Math.sqrt(-2 * Math.log(Math.min(p, 1 - p)));
  const tail =
    t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
  return p < 0.5 ? -tail : tail;
}

/** One number a level; standardised each as a column of 0 and 1 where numbers are scaled. */
function oneHot(levels: number, train: Float64Array | Int32Array, { numbers }: Pipeline): ColumnEncoder {
  const scale = Array.from({ length: levels }, (_, level) =>
    numbers === 'standardise'
      ? meanAndDeviation(Float64Array.from(train, (value) => (value === level ? 1 : 0)))
      : { mean: 0, deviation: 1 },
  );
  return (value, x, place) => {
    scale.forEach(({ mean, deviation }, level) => {
      x[place + level] = ((value === level ? 1 : 0) - mean) / deviation;
    });
  };
}
