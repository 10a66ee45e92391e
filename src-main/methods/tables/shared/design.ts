import type { Column, TableRows } from '../../../base/table.ts';
import type { Features } from '../../ensembling/shared/linear-models.ts';

/** Encodes rows of a table for learners that need numbers alone; it knows its training rows. */
export interface Design {
  readonly width: number;
  encode(rows: TableRows): Features & { readonly values: Float64Array };
}

/** Whether a column is a number, or a category that is told by its rank. */
const isNumber = (column: Column): boolean => column.kind === 'number' || column.ordered;

/**
 * Columns as scikit-learn's `StandardScaler` and `OneHotEncoder` make them: numbers and ranks less their mean and over
 * their population deviation by the training rows (0 counts as 1), the mean where one is missing; a category is `level`
 * in the column of its level and 0 in those of the others, all 0 where it is missing or unseen. No level is dropped.
 */
export function design(columns: readonly Column[], train: TableRows, level = 1): Design {
  const scales = columns.map((column, at) => (isNumber(column) ? scaleOf(known(train.values[at])) : null));
  const widths = columns.map((column) => (column.kind === 'category' && !column.ordered ? column.levels.length : 1));
  const width = widths.reduce((sum, own) => sum + own, 0);
  return {
    width,
    encode({ values: given }) {
      const rows = given[0]?.length ?? 0;
      const values = new Float64Array(rows * width);
      let place = 0;
      scales.forEach((scale, at) => {
        given[at].forEach((value: number, row: number) => {
          const start = row * width + place;
          if (scale === null) {
            if (value >= 0) values[start + value] = level;
          } else if (isKnown(value, given[at])) values[start] = (value - scale.mean) / scale.deviation;
        });
        place += widths[at];
      });
      return { rows, width, values };
    },
  };
}

/** A rank that is missing or unseen is −1, a missing number NaN. */
const isKnown = (value: number, column: Float64Array | Int32Array): boolean =>
  column instanceof Int32Array ? value >= 0 : !Number.isNaN(value);

const known = (column: Float64Array | Int32Array): Float64Array =>
  Float64Array.from(column).filter((value) => isKnown(value, column));

function scaleOf(values: Float64Array): { readonly mean: number; readonly deviation: number } {
  if (values.length === 0) return { mean: 0, deviation: 1 };
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: variance > 1e-24 ? Math.sqrt(variance) : 1 };
}
