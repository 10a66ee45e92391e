import { fall, firstReached, firstZero, pointAt, reachedForGood, type Points } from '../probes.ts';
import type { Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';

const curveOf = (p: Summary, name: string, axis: 'step' | 'epoch'): Points =>
  p.curves.find((curve) => curve.name === name && curve.x === axis)?.points ?? [];

const POWER = 'Power et al. 2022, Grokking';
const PAPYAN = 'Papyan, Han & Donoho 2020, Prevalence of neural collapse';

const trainStep = (p: Summary): number | null => reachedForGood(curveOf(p, 'accuracy.train', 'step'), 0.99);
const testStep = (p: Summary): number | null => firstReached(curveOf(p, 'accuracy.test', 'step'), 0.95);
const both = (p: Summary, use: (train: number, test: number) => number): number | null => {
  const [train, test] = [trainStep(p), testStep(p)];
  return train === null || test === null ? null : use(train, test);
};

const GROKKING: readonly Metric[] = [
  {
    id: 'grokking.delay-ratio',
    title: 'Delay of generalising',
    formula: 'step of 95 % test accuracy / step of 99 % training accuracy, both as measured',
    source: POWER,
    direction: 'none',
    unit: 'number',
    compute: (p) => both(p, (train, test) => test / train),
  },
  {
    id: 'grokking.delay-steps',
    title: 'Delay of generalising, in steps',
    formula: 'step of 95 % test accuracy − step of 99 % training accuracy, both as measured',
    source: POWER,
    direction: 'none',
    unit: 'count',
    compute: (p) => both(p, (train, test) => test - train),
  },
  {
    id: 'grokking.train99-step',
    title: 'Step of 99 % training accuracy',
    formula: 'first measured step from which on training accuracy stays at 0.99 or above',
    source: POWER,
    direction: 'none',
    unit: 'count',
    compute: trainStep,
  },
  {
    id: 'grokking.test95-step',
    title: 'Step of 95 % test accuracy',
    formula: 'first measured step with test accuracy of 0.95 or above',
    source: POWER,
    direction: 'none',
    unit: 'count',
    compute: testStep,
  },
];

/** Measures of collapse: the curve's name, what it says, and how it is computed. */
const COLLAPSE = [
  ['nc1', 'NC1, variability within classes', 'Tr(Σ_W Σ_B†) / C'],
  ['nc2-norms', 'NC2, spread of the norms', 'std_c ‖μ_c − μ_G‖ / mean_c ‖μ_c − μ_G‖'],
  ['nc2-angles', 'NC2, distance of the angles', 'mean_{c≠c′} |cos(μ_c − μ_G, μ_c′ − μ_G) + 1/(C − 1)|'],
  ['nc3', 'NC3, self-duality', '‖Wᵀ/‖W‖ − M/‖M‖‖², M: the columns μ_c − μ_G'],
  ['nc4', 'NC4, disagreement with the nearest class mean', 'share of training rows'],
] as const;

const zeroError = (p: Summary): number | null => firstZero(curveOf(p, 'error.train', 'epoch'));

function collapseMetrics([curve, title, formula]: (typeof COLLAPSE)[number]): Metric[] {
  const start = (p: Summary): number | null => {
    const epoch = zeroError(p);
    return epoch === null ? null : pointAt(curveOf(p, curve, 'epoch'), epoch);
  };
  const end = (p: Summary): number | null => curveOf(p, curve, 'epoch').at(-1)?.[1] ?? null;
  // What is counted in rows cannot be told from 0 below one row.
  const least = (p: Summary): number =>
    curve === 'nc4' ? 1 / (p.scalars['rows.train'] ?? Number.POSITIVE_INFINITY) : 0;
  const unit = curve === 'nc4' ? 'share' : 'number';
  return [
    {
      id: `${curve}.papyan20.fall`,
      title: `${title}: fall`,
      formula:
        'value at the first epoch without a training error / value at the end' +
        `${curve === 'nc4' ? ', which counts as one row where it is none' : ''}; ${formula}`,
      source: PAPYAN,
      direction: 'none',
      unit: 'number',
      compute: (p) => {
        const [before, after] = [start(p), end(p)];
        return before === null || after === null ? null : fall(before, after, least(p));
      },
    },
    {
      id: `${curve}.papyan20.zero-error`,
      title: `${title}, at zero training error`,
      formula: `at the first epoch without a training error; ${formula}`,
      source: PAPYAN,
      direction: 'none',
      unit,
      compute: start,
    },
    {
      id: `${curve}.papyan20.end`,
      title: `${title}, at the end`,
      formula: `after the last epoch; ${formula}`,
      source: PAPYAN,
      direction: 'lower',
      unit,
      compute: end,
    },
  ];
}

export const PROBE_METRICS: readonly Metric[] = [
  ...GROKKING,
  ...COLLAPSE.flatMap(collapseMetrics),
  {
    id: 'collapse.zero-error-epoch',
    title: 'First epoch without a training error',
    formula: 'first epoch after which every training row is answered rightly',
    source: PAPYAN,
    direction: 'none',
    unit: 'count',
    compute: zeroError,
  },
];
