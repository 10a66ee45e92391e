import { nearest } from '../base/nearest.ts';
import type { MethodRegistry } from '../methods/registry.ts';
import type { ResultsStore } from '../results/store.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { metricWords } from './measures.ts';
import { WorkbenchError } from './contract/contract.ts';

/** What of a query names suites and metrics. */
interface Named {
  readonly suites?: readonly string[] | undefined;
  readonly metrics?: readonly string[] | undefined;
}

interface BoardParts {
  readonly suites: SuiteRegistry;
  readonly methods: MethodRegistry;
  readonly store: Pick<ResultsStore, 'hasSuite'>;
}

/**
 * Refuses a query that names a suite or a metric that nobody knows: a mistyped name would otherwise give an empty
 * column, or a board that looks as if nothing had been measured. Suites of other versions are known as long as
 * something of them is stored. Throws WorkbenchError of kind `not-found`.
 */
export function checkNames(query: Named, { suites, methods, store }: BoardParts): void {
  for (const suite of new Set(query.suites))
    if (suites.find(suite) === undefined && !store.hasSuite(suite)) suites.get(suite);
  const metrics = new Set([
    ...metricWords(methods).keys(),
    ...[...suites.suites.values()].flatMap((one) => one.metrics),
  ]);
  for (const metric of new Set(query.metrics))
    if (!metrics.has(metric))
      throw new WorkbenchError({
        kind: 'not-found',
        message: `There is no metric "${metric}".${nearest(metric, [...metrics])}`,
        remedy: `\`touchstone suites --json\` lists those of each suite.`,
        details: null,
      });
}
