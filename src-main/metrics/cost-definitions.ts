import { formatBytes, formatCount, formatInteger, formatSeconds, MISSING } from './format.ts';
import type { Cost } from './primitives.ts';
import type { MetricUnit } from './definitions/metric.ts';

/**
 * What is counted of every trial, in words, with unit and direction: one list for boards, pages, reports and the
 * command line. Runs in a browser.
 */

export interface CostDefinition {
  readonly title: string;
  readonly unit: MetricUnit;
  readonly direction: 'lower';
  /** What has to fit into a machine: over several suites the largest counts, elsewhere the mean. */
  readonly isSize: boolean;
  readonly formula: string;
}

/** Those that a leaderboard has a column for, in their order. */
export const ROW_COSTS = [
  'seconds',
  'flops',
  'inferenceFlops',
  'peakMemoryBytes',
  'bytesStored',
  'examples',
  'parameters',
] as const satisfies readonly (keyof Cost)[];
export type RowCostName = (typeof ROW_COSTS)[number];

/** Those that only a trial's own page shows. */
export const TRIAL_COSTS = ['steps', 'forwardPasses', 'backwardPasses', 'workers'] as const satisfies readonly Exclude<
  keyof Cost,
  RowCostName
>[];

export const COSTS: Readonly<Record<keyof Cost, CostDefinition>> = {
  seconds: {
    title: 'Time',
    unit: 'seconds',
    direction: 'lower',
    isSize: false,
    formula:
      'Median wall-clock seconds of a trial on this machine (a worker’s first trial pays for its ' +
      'warm-up); other workers may have run beside it.',
  },
  flops: {
    title: 'Compute',
    unit: 'flop',
    direction: 'lower',
    isSize: false,
    formula:
      'Median floating-point operations of a trial, counted from the recorded steps; does not depend on what else ran.',
  },
  inferenceFlops: {
    title: 'Inference FLOPs',
    unit: 'flop',
    direction: 'lower',
    isSize: true,
    formula:
      'Floating-point operations of the final predictor for one example, all of its networks together, ' +
      'counted from the recorded steps; over several suites the largest.',
  },
  peakMemoryBytes: {
    title: 'Peak memory',
    unit: 'bytes',
    direction: 'lower',
    isSize: true,
    formula: 'Median over trials of the worker’s largest resident memory; over several suites the largest.',
  },
  bytesStored: {
    title: 'Stored',
    unit: 'bytes',
    direction: 'lower',
    isSize: true,
    formula:
      'The most that a trial kept at once beside network and optimiser: replayed examples (input and ' +
      'label), their logits, importances, old parameters. Counted from what it registered; over several ' +
      'suites the largest.',
  },
  examples: {
    title: 'Examples seen',
    unit: 'count',
    direction: 'lower',
    isSize: false,
    formula: 'Training examples processed, replayed ones included.',
  },
  parameters: {
    title: 'Parameters',
    unit: 'count',
    direction: 'lower',
    isSize: true,
    formula:
      'Trained parameters of all networks that the final predictor answers with; over several suites the largest.',
  },
  steps: {
    title: 'Steps',
    unit: 'count',
    direction: 'lower',
    isSize: false,
    formula: 'Recorded steps that the method ran.',
  },
  forwardPasses: {
    title: 'Forward passes',
    unit: 'count',
    direction: 'lower',
    isSize: false,
    formula: 'Passes of one example through the network.',
  },
  backwardPasses: {
    title: 'Backward passes',
    unit: 'count',
    direction: 'lower',
    isSize: false,
    formula: 'Passes of one example’s gradient through the network.',
  },
  workers: {
    title: 'Workers at the same time',
    unit: 'count',
    direction: 'lower',
    isSize: false,
    formula: 'Workers that shared the machine while the trial ran.',
  },
};

/**
 * Of an older program, which was told it by the method, of a predictor that does not say which networks it is made of,
 * or of a native learner.
 */
export const NOT_COUNTED = 'not counted';

const BY_ENGINE: readonly (keyof Cost)[] = ['flops', 'inferenceFlops', 'steps', 'forwardPasses', 'backwardPasses'];

/** Whether a cost of a trial was counted: what an engine counts, nobody does of a native learner. */
export const isCounted = (name: keyof Cost, backend: string): boolean =>
  backend !== 'native' || !BY_ENGINE.includes(name);

/** A cost of one trial with its unit: `1.88 MB`, `478,410`. */
export function costText(name: keyof Cost, value: number | null): string {
  if (value === null) return NOT_COUNTED;
  if (!Number.isFinite(value)) return MISSING;
  switch (COSTS[name].unit) {
    case 'seconds':
      return formatSeconds(value);
    case 'bytes':
      return formatBytes(value);
    case 'flop':
      return `${formatCount(value)} FLOP`.replace(/(?<=[kMGTP]) /, '');
    default:
      return formatInteger(value);
  }
}

/** One value for each column of costs. */
export function perRowCost<T>(of: (name: RowCostName) => T): Record<RowCostName, T> {
  return {
    seconds: of('seconds'),
    flops: of('flops'),
    inferenceFlops: of('inferenceFlops'),
    peakMemoryBytes: of('peakMemoryBytes'),
    bytesStored: of('bytesStored'),
    examples: of('examples'),
    parameters: of('parameters'),
  };
}
