import type { Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

const BASELINE = 'Hendrycks & Gimpel 2017, arXiv:1610.02136; conventions of torch-uncertainty';
const CORRUPTED = 'after Hendrycks & Dietterich 2019, arXiv:1903.12261';

/** Mean over the corruptions of a suite and their strengths, without that of 0. */
function corrupted(p: Summary, of: string): number | null {
  const values = p.curves
    .filter(({ name, x }) => x === 'strength' && name.startsWith(`${of}.`))
    .flatMap(({ points }) => points.filter(([strength]) => strength > 0).map(([, value]) => value));
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

const outside = (name: string): Pick<Metric, 'source' | 'unit' | 'compute'> => ({
  source: BASELINE,
  unit: 'share',
  compute: (p) => p.scalars[`ood.${name}`] ?? null,
});

/** How sure answers are where they should not be, and how far the members of an ensemble are apart. */
export const UNCERTAINTY_METRICS: readonly Metric[] = [
  {
    id: 'auroc.ood',
    title: 'AUROC, images of another data set',
    formula: 'P(1 − max p of an outside image > of a test image), equal ones count half',
    direction: 'higher',
    ...outside('auroc'),
  },
  {
    id: 'aupr.ood',
    title: 'AUPR, images of another data set',
    formula: 'average precision with the outside images positive, score 1 − max p',
    direction: 'higher',
    ...outside('aupr'),
  },
  {
    id: 'fpr95.ood',
    title: 'FPR95, images of another data set',
    formula:
      'share of test images taken for outside where the recall of outside images is nearest to .95, score 1 − max p',
    direction: 'lower',
    ...outside('fpr95'),
  },
  {
    id: 'disagreement.test',
    title: 'Disagreement of members',
    formula: 'share of the pairs of members whose most probable class differs, mean over test rows',
    source: 'torch-uncertainty, Disagreement',
    direction: 'none',
    unit: 'share',
    compute: (p) => p.scalars['disagreement'] ?? null,
  },
  {
    id: 'acc.corrupted',
    title: 'Accuracy, corrupted',
    formula: 'mean over noise, blur, rotation and contrast at five strengths',
    source: CORRUPTED,
    direction: 'higher',
    unit: 'share',
    compute: (p) => corrupted(p, 'accuracy'),
  },
  {
    id: 'nll.corrupted',
    title: 'Negative log-likelihood, corrupted',
    formula: 'mean over noise, blur, rotation and contrast at five strengths',
    source: CORRUPTED,
    direction: 'lower',
    unit: 'nats',
    compute: (p) => corrupted(p, 'nll'),
  },
];
