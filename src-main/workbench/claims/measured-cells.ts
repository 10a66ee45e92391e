import { remembered } from '../../base/remembered.ts';
import type { MeasuredConfiguration } from '../../metrics/claims/choose.ts';
import { CELL_COLUMNS } from '../../metrics/records.ts';
import type { BoardCell } from '../../results/types.ts';

/** A cell of a leaderboard with the row that it belongs to. */
export interface ClaimedCell {
  readonly cell: BoardCell['cell'];
  readonly key: string;
}

/**
 * What was measured here as far as claims are about it: `metricsOf` says which metrics are of a method on a suite. A leaderboard may hold
 * a thousand other configurations.
 */
export function measuredCells(
  cells: readonly ClaimedCell[],
  metricsOf: (suite: string, method: string) => ReadonlySet<string>,
): MeasuredConfiguration[] {
  const configurations = new Map<
    string,
    { readonly head: Head; readonly values: Map<string, Map<number, Measured>> }
  >();
  for (const { cell, key } of cells) {
    const metrics = metricsOf(cell.suite, cell.method);
    if (metrics.size === 0 || cell.count === 0) continue;
    const { values } = remembered(configurations, `${cell.suite}\n${cell.configuration}`, () => ({
      head: {
        suite: cell.suite,
        methodKey: key,
        method: cell.method,
        hyperParameters: cell.hyperParameters,
        published: key === cell.method,
        older: [],
      },
      values: new Map(),
    }));
    for (const metric of metrics) {
      if (!cell.metrics.has(metric)) continue;
      // The same seed again is another backend or an older engine; the later one counts, as on the leaderboard.
      const bySeed = remembered(values, metric, () => new Map<number, Measured>());
      for (let i = 0; i < cell.count; i++) {
        const [seed, order] = [numberAt(cell, 'seed', i), numberAt(cell, 'order', i)];
        const value = metricAt(cell, metric, i);
        if (!Number.isNaN(value) && !((bySeed.get(seed)?.order ?? -1) > order))
          bySeed.set(seed, { seed, value, order });
      }
    }
  }
  return [...configurations.values()].map(({ head, values }) => ({
    ...head,
    values: Object.fromEntries([...values].map(([metric, bySeed]) => [metric, [...bySeed.values()]])),
  }));
}

type Head = Omit<MeasuredConfiguration, 'values'>;
interface Measured {
  readonly seed: number;
  readonly value: number;
  /** Rises with the time of storing. */
  readonly order: number;
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
