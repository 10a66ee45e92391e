import type { MethodRegistry } from '../methods/registry.ts';
import type { MetricWords } from '../metrics/definitions/metric.ts';
import { METRICS } from '../metrics/registry.ts';

/** What methods measure of themselves, by id; of several with one id the first says the words. */
export function measuresOf(methods: Pick<MethodRegistry, 'methods'>): ReadonlyMap<string, MetricWords> {
  const found = new Map<string, MetricWords>();
  for (const { method } of methods.methods.values())
    for (const measure of method.measures ?? [])
      if (!found.has(measure.id)) found.set(measure.id, { ...measure, source: `measured by ${method.title}` });
  return found;
}

/** Every metric and measure, by id. */
export function metricWords(methods: Pick<MethodRegistry, 'methods'>): ReadonlyMap<string, MetricWords> {
  return new Map([...METRICS.map((metric): [string, MetricWords] => [metric.id, metric]), ...measuresOf(methods)]);
}
