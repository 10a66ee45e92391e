import { calibrationError, maximumCalibrationError } from '../predictions.ts';
import type { SampleStatistics } from '../primitives.ts';
import { accuracyIn, brierIn, excessRiskAreaIn, logLossIn, riskAreaIn, type Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

const GEIFMAN = 'Geifman, Uziel & El-Yaniv 2019, arXiv:1805.08206';
const GUO = 'Guo et al. 2017, On Calibration of Modern Neural Networks';

/** What is computed of a split's samples; null where they were not kept. */
export const predictionsOf = (
  p: Summary,
  split: string,
  use: (statistics: SampleStatistics) => number | null,
): number | null => {
  const statistics = p.statistics[split];
  return statistics === undefined ? null : use(statistics);
};

/** Metrics of the answers to a split. */
function predictionMetrics(split: string, suffix: string): Metric[] {
  return [
    {
      id: `acc.${split}`,
      title: `Accuracy${suffix}`,
      formula: 'share of samples whose most probable class is the label',
      source: 'top-1 accuracy',
      direction: 'higher',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, accuracyIn),
    },
    {
      id: `nll.${split}`,
      title: `Negative log-likelihood${suffix}`,
      formula: '−mean ln p(label); p below 1e-12 counts as 1e-12',
      source: GUO,
      direction: 'lower',
      unit: 'nats',
      compute: (p) => predictionsOf(p, split, logLossIn),
    },
    {
      id: `ece15.${split}`,
      title: `Calibration error (ECE, 15 bins)${suffix}`,
      formula: 'Σ_b n_b/n |accuracy_b − confidence_b| over 15 equal-width bins',
      source: GUO,
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, ({ bins }) => bins && calibrationError(bins.equalWidth)),
    },
    {
      id: `mce15.${split}`,
      title: `Largest calibration error (MCE, 15 bins)${suffix}`,
      formula: 'max_b |accuracy_b − confidence_b| over 15 equal-width bins',
      source: GUO,
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, ({ bins }) => bins && maximumCalibrationError(bins.equalWidth)),
    },
    {
      id: `adaptive-ece15.${split}`,
      title: `Adaptive calibration error (15 bins)${suffix}`,
      formula: 'Σ_b n_b/n |accuracy_b − confidence_b| over 15 bins of equal mass',
      source: 'Nixon et al. 2019, Measuring Calibration in Deep Learning',
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, ({ bins }) => bins && calibrationError(bins.equalMass)),
    },
    {
      id: `brier.${split}`,
      title: `Brier score${suffix}`,
      formula: 'mean Σ_c (p_c − [c = label])², from 0 to 2',
      source: 'Brier 1950',
      direction: 'lower',
      unit: 'number',
      compute: (p) => predictionsOf(p, split, brierIn),
    },
    {
      id: `aurc.${split}`,
      title: `Risk-coverage area (AURC)${suffix}`,
      formula: 'mean over i of the share of wrong ones among the i surest; equally sure ones share their mean error',
      source: GEIFMAN,
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, riskAreaIn),
    },
    {
      id: `e-aurc.${split}`,
      title: `Excess risk-coverage area (E-AURC)${suffix}`,
      formula: 'AURC − the AURC of an order with all right answers first, by its exact sum',
      source: GEIFMAN,
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, excessRiskAreaIn),
    },
  ];
}

export const PREDICTION_METRICS: readonly Metric[] = [
  ...predictionMetrics('test', ''),
  ...predictionMetrics('validation', ' on validation data'),
];

export const CALIBRATION_METRICS: readonly Metric[] = [
  {
    id: 'temperature',
    title: 'Temperature',
    formula: 'T in softmax(logits / T), chosen on validation data',
    source: GUO,
    direction: 'none',
    unit: 'number',
    compute: (p) => p.scalars['temperature'] ?? null,
  },
];
