import { isMeasure } from '../base/measures.ts';
import { CONTINUAL_METRICS } from './definitions/continual.ts';
import { INTERPOLATION_METRICS } from './definitions/interpolation.ts';
import { EXPERT_METRICS } from './definitions/experts.ts';
import type { Metric } from './definitions/metric.ts';
import { NETWORK_METRICS } from './definitions/networks.ts';
import { NUMBER_METRICS } from './definitions/numbers.ts';
import { CALIBRATION_METRICS, PREDICTION_METRICS } from './definitions/predictions.ts';
import { PROBE_METRICS } from './definitions/probes.ts';
import { UNCERTAINTY_METRICS } from './definitions/uncertainty.ts';
import type { Primitives } from './primitives.ts';
import { summarise } from './sample-statistics.ts';

/** Every metric. Their definitions lie in `definitions/`, a file a subject. */
export const METRICS: readonly Metric[] = [
  ...CONTINUAL_METRICS,
  ...PREDICTION_METRICS,
  ...NUMBER_METRICS,
  ...INTERPOLATION_METRICS,
  ...CALIBRATION_METRICS,
  ...PROBE_METRICS,
  ...EXPERT_METRICS,
  ...NETWORK_METRICS,
  ...UNCERTAINTY_METRICS,
];

/** The metric of that id. Throws with the known ids when there is none. */
export function metric(id: string): Metric {
  const found = METRICS.find((candidate) => candidate.id === id);
  if (found === undefined)
    throw new RangeError(`unknown metric "${id}"; known are ${METRICS.map((known) => known.id).join(', ')}`);
  return found;
}

/**
 * Every metric that these primitives allow, by id, and what the method measured of itself. Values that are not finite
 * are left out.
 */
export function computeMetrics(p: Primitives, reference?: { readonly joint?: Primitives }): Record<string, number> {
  const values: Record<string, number> = {};
  const summary = summarise(p);
  const against = reference?.joint === undefined ? {} : { joint: summarise(reference.joint) };
  for (const candidate of METRICS) {
    const value = candidate.compute(summary, against);
    if (value !== null && Number.isFinite(value)) values[candidate.id] = value;
  }
  for (const [id, value] of Object.entries(p.scalars)) if (isMeasure(id) && Number.isFinite(value)) values[id] = value;
  return values;
}

/** The version of every metric's definition, by id. */
export function metricVersions(): Record<string, number> {
  return Object.fromEntries(METRICS.map(({ id, version = 1 }) => [id, version]));
}
