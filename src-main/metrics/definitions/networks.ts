import type { Metric } from './metric.ts';

/** What methods that use a part of a network tell of it. */
export const NETWORK_METRICS: readonly Metric[] = [
  {
    id: 'parameters.non-zero',
    title: 'Parameters that are not 0',
    formula: 'after training, over the whole network',
    source: 'Zhu & Gupta 2017, arXiv:1710.01878',
    direction: 'lower',
    unit: 'count',
    compute: (p) => p.scalars['parameters.non-zero'] ?? null,
  },
  {
    id: 'parameters.trained',
    title: 'Trained parameters',
    formula: 'of a network of which a part stays as it was',
    source: 'Hu et al. 2022, arXiv:2106.09685',
    direction: 'lower',
    unit: 'count',
    compute: (p) => p.scalars['parameters.trained'] ?? null,
  },
];
