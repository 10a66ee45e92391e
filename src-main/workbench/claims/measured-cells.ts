import type { MeasuredConfiguration, MeasuredValue } from '../../metrics/claims/choose.ts';
import { CELL_COLUMNS } from '../../metrics/records.ts';
import { foldsIn } from '../../metrics/samples.ts';
import type { BoardCell } from '../../results/types.ts';

/** A cell of a leaderboard with the row that it belongs to. */
export interface ClaimedCell {
  readonly cell: BoardCell['cell'];
  readonly key: string;
  /** In what it differs from what this program would compute now; null = in nothing. */
  readonly superseded: string | null;
}

/**
 * What was measured here as far as claims are about it: `metricsOf` says which metrics are of a method on a suite. A
 * leaderboard may hold a thousand other configurations.
 */
export function measuredCells(
  cells: readonly ClaimedCell[],
  metricsOf: (suite: string, method: string) => ReadonlySet<string>,
): MeasuredConfiguration[] {
  return cells.flatMap(({ cell, key, superseded }): MeasuredConfiguration[] => {
    const metrics = metricsOf(cell.suite, cell.method);
    if (metrics.size === 0 || cell.count === 0) return [];
    const values = [...metrics]
      .filter((metric) => cell.metrics.has(metric))
      .map((metric) => [metric, seedsOf(cell, metric)]);
    return [
      {
        suite: cell.suite,
        methodKey: key,
        method: cell.method,
        hyperParameters: cell.hyperParameters,
        published: key === cell.method,
        older: superseded === null ? [] : [superseded],
        seeds: Array.from({ length: cell.count }, (_, i) => numberAt(cell, 'seed', i)),
        folds: foldsIn(cell),
        values: Object.fromEntries(values),
      },
    ];
  });
}

/** What the trials of a cell measured, by seed and fold. */
function seedsOf(cell: BoardCell['cell'], metric: string): MeasuredValue[] {
  const foldAt = (i: number): number | null => {
    const fold = numberAt(cell, 'fold', i);
    return Number.isNaN(fold) ? null : fold;
  };
  return Array.from({ length: cell.count }, (_, i) => ({
    seed: numberAt(cell, 'seed', i),
    fold: foldAt(i),
    value: metricAt(cell, metric, i),
  })).filter(({ value }) => !Number.isNaN(value));
}

/** What every trial of a cell has, of its i-th one. */
function numberAt({ values, count }: BoardCell['cell'], name: (typeof CELL_COLUMNS)[number], i: number): number {
  return values[CELL_COLUMNS.indexOf(name) * count + i] ?? Number.NaN;
}

/** A metric of a cell's i-th trial; NaN where it was not measured. */
function metricAt({ values, count, metrics }: BoardCell['cell'], metric: string, i: number): number {
  const column = metrics.get(metric);
  return column === undefined ? Number.NaN : (values[column * count + i] ?? Number.NaN);
}
