import { buildComparison } from '../metrics/compare.ts';
import type { ComparedRecord } from '../metrics/compare-curves.ts';
import type { Leaderboard } from '../metrics/records.ts';
import { perClassAccuracy } from '../metrics/predictions.ts';
import type { MetricWords } from '../metrics/definitions/metric.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { ResultsStore } from '../results/store.ts';
import { metricWords } from './measures.ts';
import { WorkbenchError } from './contract/contract.ts';
import type { CompareQuery, Comparison } from './contract/contract.ts';

/** Beyond what a query says, for reports, which compare all rows. */
export interface ComparisonExtent {
  /** All pairs of the rows, unless only those with the best are wanted. */
  readonly pairs?: 'all' | 'with the best';
  /** Without curves and tables: the stored answers of the trials are not read. */
  readonly numbersOnly?: boolean;
}

/** The metric of a comparison. Throws WorkbenchError for one that this program does not know. */
export function comparedMetric(id: string, methods: Pick<MethodRegistry, 'methods'>): MetricWords {
  const words = metricWords(methods);
  const metric = words.get(id);
  if (metric === undefined)
    throw new WorkbenchError({
      kind: 'not-found',
      message: `There is no metric "${id}".`,
      remedy: `Known are: ${[...words.keys()].join(', ')}.`,
      details: null,
    });
  return metric;
}

/**
 * Rows of a leaderboard compared on its only column, paired by seed. The board is that of everything that was run, so
 * that comparing some of it changes none of its numbers. Throws WorkbenchError for rows that are not on it.
 */
export function compareRows(
  { store, methods }: { readonly store: ResultsStore; readonly methods: MethodRegistry },
  board: Leaderboard<unknown>,
  query: CompareQuery,
  extent: ComparisonExtent,
): Comparison {
  const metric = comparedMetric(query.metric, methods);
  const measured = board.rows.flatMap(({ cells: [cell], ...row }) =>
    cell !== undefined && cell.finished > 0 ? [{ ...row, cell }] : [],
  );
  const unknown = query.rows.find((key) => !measured.some((row) => row.key === key));
  if (unknown !== undefined)
    throw new WorkbenchError({
      kind: 'not-found',
      message: `There is no row "${unknown}" with results on ${query.suite}.`,
      remedy: `Known are: ${measured.map(({ key }) => key).join(', ') || 'none'}.`,
      details: null,
    });
  const compared = measured.filter(({ key }) => query.rows.includes(key));
  const trials = extent.numbersOnly === true ? [] : compared.flatMap(({ cell }) => cell.estimate?.values ?? []);
  let classNames: readonly string[] = [];
  const records = trials.map(({ trial }): ComparedRecord => {
    const primitives = store.primitives(trial);
    const test = primitives?.probabilities['test'];
    if (test !== undefined)
      classNames = test.classNames ?? Array.from({ length: test.classes }, (_, index) => String(index));
    const { accuracy, 'accuracy.tasks': ofTasks } = primitives?.matrices ?? {};
    const perTask = (accuracy ?? ofTasks)?.at(-1);
    return {
      trial,
      curves: primitives?.curves ?? [],
      ...(perTask === undefined ? {} : { perTask }),
      ...(test === undefined ? {} : { perClass: perClassAccuracy(test) }),
    };
  });
  return buildComparison({
    suite: query.suite,
    metric: query.metric,
    metricTitle: metric.title,
    direction: metric.direction,
    unit: metric.unit,
    board: measured,
    compared: query.rows,
    ...(extent.pairs === undefined ? {} : { pairs: extent.pairs }),
    records,
    classNames,
    // A report says so once, of all suites.
    notes: extent.numbersOnly === true ? [] : board.beaten,
  });
}
