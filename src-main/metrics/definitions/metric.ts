import type { Summary } from '../sample-statistics.ts';

export type Direction = 'higher' | 'lower' | 'none';
export type MetricUnit = 'share' | 'nats' | 'seconds' | 'bytes' | 'count' | 'flop' | 'number';

/**
 * A pure function over primitives with an id that bears its definition, so that two systems' "forgetting" are never
 * confused.
 */
export interface Metric {
  readonly id: string;
  /**
   * Raised with every change of what `compute` answers: stored values of another version are computed again. The first
   * is 1.
   */
  readonly version?: number;
  readonly title: string;
  readonly formula: string;
  readonly source: string;
  /** Which way is better. */
  readonly direction: Direction;
  readonly unit: MetricUnit;
  /**
   * Null when what was measured does not hold what the definition needs. `reference.joint`: the joint run of the same
   * suite and seed.
   */
  compute(p: Summary, reference?: { readonly joint?: Summary }): number | null;
}

/** What is known of a metric beside how it is computed. */
export type MetricWords = Pick<Metric, 'id' | 'title' | 'formula' | 'source' | 'direction' | 'unit'>;
