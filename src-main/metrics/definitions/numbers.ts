import { determination, meanAbsoluteError, normalMean, rootMeanSquaredError } from '../number-statistics.ts';
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
    {
      id: `normal-nll.${split}`,
      title: `Negative log-likelihood, normal${suffix}`,
      formula:
        'mean ½ ln(2πσ²) + (predicted − true)² / 2σ², constant included, target in its units; σ as predicted, at ' +
        'least 1e-6',
      source: 'Lakshminarayanan et al. 2017, eq. 1',
      direction: 'lower',
      unit: 'number',
      compute: (p) => numbersOf(p, split, (statistics) => normalMean(statistics, 'logScore')),
    },
    {
      id: `normal-crps.${split}`,
      title: `Continuous ranked probability score, normal${suffix}`,
      formula: 'mean σ (z (2Φ(z) − 1) + 2φ(z) − 1/√π) with z = (true − predicted) / σ, in the units of the target',
      source: 'Gneiting & Raftery 2007, eq. 21',
      direction: 'lower',
      unit: 'number',
      compute: (p) => numbersOf(p, split, (statistics) => normalMean(statistics, 'rankedScore')),
    },
    {
      id: `normal-coverage90.${split}`,
      title: `Coverage of the central 90 % interval, normal${suffix}`,
      formula: 'share of rows with |true − predicted| ≤ 1.645 σ; .9 is meant',
      source: 'prediction intervals of a normal distribution',
      direction: 'none',
      unit: 'share',
      compute: (p) => numbersOf(p, split, (statistics) => normalMean(statistics, 'covered')),
    },
  ];
}

export const NUMBER_METRICS: readonly Metric[] = [
  ...numberMetrics('test', ''),
  ...numberMetrics('validation', ' on validation data'),
];
