import { determination, meanAbsoluteError, rootMeanSquaredError } from '../number-statistics.ts';
import type { NumberStatistics } from '../primitives.ts';
import type { Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

/** What is computed of a split's predicted numbers; null where none were predicted. */
const numbersOf = (p: Summary, split: string, use: (statistics: NumberStatistics) => number | null): number | null => {
  const statistics = p.numbers[split];
  return statistics === undefined ? null : use(statistics);
};

/** Metrics of the predicted numbers of a split, in the units of the target. */
function numberMetrics(split: string, suffix: string): Metric[] {
  return [
    {
      id: `rmse.${split}`,
      title: `Root mean squared error${suffix}`,
      formula: '√ mean (predicted − true)², in the units of the target',
      source: 'root mean squared error',
      direction: 'lower',
      unit: 'number',
      compute: (p) => numbersOf(p, split, rootMeanSquaredError),
    },
    {
      id: `mae.${split}`,
      title: `Mean absolute error${suffix}`,
      formula: 'mean |predicted − true|, in the units of the target',
      source: 'mean absolute error',
      direction: 'lower',
      unit: 'number',
      compute: (p) => numbersOf(p, split, meanAbsoluteError),
    },
    {
      id: `r2.${split}`,
      title: `Coefficient of determination (R²)${suffix}`,
      formula: '1 − Σ (predicted − true)² / Σ (true − mean of these rows)²',
      source: 'coefficient of determination',
      direction: 'higher',
      unit: 'number',
      compute: (p) => numbersOf(p, split, determination),
    },
  ];
}

export const NUMBER_METRICS: readonly Metric[] = [
  ...numberMetrics('test', ''),
  ...numberMetrics('validation', ' on validation data'),
];
