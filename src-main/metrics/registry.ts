import * as continual from './continual.ts';
import { accuracyBarrier, lossBarrier, valueAt } from './interpolation.ts';
import { calibrationError, maximumCalibrationError } from './predictions.ts';
import type { Primitives, SampleStatistics } from './primitives.ts';
import { accuracyIn, brierIn, logLossIn, summarise } from './sample-statistics.ts';
import type { Summary } from './sample-statistics.ts';

export type Direction = 'higher' | 'lower' | 'none';
export type MetricUnit = 'share' | 'nats' | 'seconds' | 'bytes' | 'count' | 'flop' | 'number';

/** A pure function over primitives with an id that bears its definition, so that two systems' "forgetting" are never confused. */
export interface Metric {
  readonly id: string;
  /** Raised with every change of what `compute` answers: stored values of another version are computed again. The first is 1. */
  readonly version?: number;
  readonly title: string;
  readonly formula: string;
  readonly source: string;
  /** Which way is better. */
  readonly direction: Direction;
  readonly unit: MetricUnit;
  /** Null when what was measured does not hold what the definition needs. `reference.joint`: the joint run of the same suite and seed. */
  compute(p: Summary, reference?: { readonly joint?: Summary }): number | null;
}

type Points = readonly (readonly [number, number])[];
const matrixOf = (p: Summary, use: (matrix: continual.AccuracyMatrix) => number | null): number | null => {
  const matrix = p.matrices['accuracy'];
  return matrix === undefined ? null : use(matrix);
};
const predictionsOf = (
  p: Summary,
  split: string,
  use: (statistics: SampleStatistics) => number | null,
): number | null => {
  const statistics = p.statistics[split];
  return statistics === undefined ? null : use(statistics);
};
const curveOf = (p: Summary, name: string, use: (points: Points) => number | null): number | null => {
  const curve = p.curves.find((candidate) => candidate.name === name && candidate.x === 'lambda');
  return curve === undefined ? null : use(curve.points);
};

const GEM = 'Lopez-Paz & Ranzato 2017, Gradient Episodic Memory';
const CHAUDHRY = 'Chaudhry et al. 2018, Riemannian Walk';
const DIAZ = 'Díaz-Rodríguez et al. 2018, Don’t forget, there is more than forgetting';
const GUO = 'Guo et al. 2017, On Calibration of Modern Neural Networks';
const R = 'R[i][j]: accuracy on task j after task i';

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
      compute: (p) => predictionsOf(p, split, ({ bins }) => calibrationError(bins.equalWidth)),
    },
    {
      id: `mce15.${split}`,
      title: `Largest calibration error (MCE, 15 bins)${suffix}`,
      formula: 'max_b |accuracy_b − confidence_b| over 15 equal-width bins',
      source: GUO,
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, ({ bins }) => maximumCalibrationError(bins.equalWidth)),
    },
    {
      id: `adaptive-ece15.${split}`,
      title: `Adaptive calibration error (15 bins)${suffix}`,
      formula: 'Σ_b n_b/n |accuracy_b − confidence_b| over 15 bins of equal mass',
      source: 'Nixon et al. 2019, Measuring Calibration in Deep Learning',
      direction: 'lower',
      unit: 'share',
      compute: (p) => predictionsOf(p, split, ({ bins }) => calibrationError(bins.equalMass)),
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
  ];
}

function interpolationMetrics(split: string, suffix: string): Metric[] {
  // Test is the default and has short ids; train carries its name.
  const tail = split === 'test' ? '' : `.${split}`;
  return [
    {
      id: `barrier.loss.frankle20${tail}`,
      title: `Loss barrier${suffix}`,
      formula: 'max_λ L(θ_λ) − ((1−λ)L(θ_A) + λL(θ_B))',
      source: 'Frankle et al. 2020, Linear Mode Connectivity; linear baseline as in Entezari et al. 2022, eq. 1',
      direction: 'lower',
      unit: 'nats',
      compute: (p) => curveOf(p, `interpolation.loss.${split}`, lossBarrier),
    },
    {
      id: `barrier.accuracy.frankle20${tail}`,
      title: `Accuracy barrier${suffix}`,
      formula: 'max_λ ((1−λ)A(θ_A) + λA(θ_B)) − A(θ_λ)',
      source: 'Frankle et al. 2020, Linear Mode Connectivity; linear baseline as in Entezari et al. 2022, eq. 1',
      direction: 'lower',
      unit: 'share',
      compute: (p) => curveOf(p, `interpolation.accuracy.${split}`, accuracyBarrier),
    },
    {
      id: `acc.midpoint${tail}`,
      title: `Midpoint accuracy${suffix}`,
      formula: 'A(θ_½), θ_λ = (1−λ)θ_A + λθ_B',
      source: 'Jordan et al. 2023, REPAIR',
      direction: 'higher',
      unit: 'share',
      compute: (p) => curveOf(p, `interpolation.accuracy.${split}`, (points) => valueAt(points, 0.5)),
    },
  ];
}

export const METRICS: readonly Metric[] = [
  {
    id: 'acc.final-mean-tasks',
    title: 'Final accuracy (mean over tasks)',
    formula: `mean_j R[T−1][j]; ${R}`,
    source: `${GEM}; Hsu et al. 2018; van de Ven & Tolias 2019`,
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.finalMeanOverTasks),
  },
  {
    id: 'acc.final-pooled',
    title: 'Final accuracy (pooled over samples)',
    formula: 'share of all test samples, of every task, that are right after the last task',
    source: 'Avalanche, Top1_Acc_Stream',
    direction: 'higher',
    unit: 'share',
    compute: (p) => predictionsOf(p, 'test', accuracyIn),
  },
  {
    id: 'acc.avg-incremental',
    title: 'Average incremental accuracy',
    formula: 'mean_i (accuracy over all test samples of tasks 0…i after task i)',
    source: 'Rebuffi et al. 2017, iCaRL',
    direction: 'higher',
    unit: 'share',
    compute: (p) =>
      matrixOf(p, (matrix) =>
        predictionsOf(p, 'test', ({ tasks }) =>
          tasks === undefined ? null : continual.averageIncremental(matrix, [...tasks]),
        ),
      ),
  },
  {
    id: 'acc.diaz-rodriguez',
    title: 'Accuracy over all steps (A)',
    formula: `Σ_{i≥j} R[i][j] / (T(T+1)/2); ${R}`,
    source: DIAZ,
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.accuracyDiazRodriguez),
  },
  {
    id: 'forgetting.chaudhry18',
    title: 'Forgetting',
    formula: `mean_{j<T−1} (max_{j≤l≤T−2} R[l][j] − R[T−1][j]); ${R}`,
    source: `${CHAUDHRY}, eq. 3`,
    direction: 'lower',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.forgettingChaudhry),
  },
  {
    id: 'forgetting.mammoth',
    title: 'Forgetting (Mammoth)',
    formula: `mean_{j<T−1} (max_l R[l][j] − R[T−1][j]), the last row included: never negative; ${R}`,
    source: 'Mammoth, utils/metrics.py',
    direction: 'lower',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.forgettingMammoth),
  },
  {
    id: 'forgetting.avalanche',
    title: 'Forgetting (Avalanche)',
    formula: `mean_{j<T−1} (R[j][j] − R[T−1][j]); ${R}`,
    source: 'Avalanche, ExperienceForgetting',
    direction: 'lower',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.forgettingAvalanche),
  },
  {
    id: 'bwt.gem17',
    title: 'Backward transfer',
    formula: `mean_{j<T−1} (R[T−1][j] − R[j][j]); ${R}`,
    source: GEM,
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.backwardTransferGem),
  },
  {
    id: 'bwt.diaz-rodriguez',
    title: 'Backward transfer over all steps',
    formula: `Σ_{i>j} (R[i][j] − R[j][j]) / (T(T−1)/2); ${R}`,
    source: DIAZ,
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.backwardTransferDiazRodriguez),
  },
  {
    id: 'fwt.gem17',
    title: 'Forward transfer',
    formula: `mean_{j≥1} (R[j−1][j] − b[j]), b: accuracy at random initialisation; ${R}`,
    source: GEM,
    direction: 'higher',
    unit: 'share',
    compute: (p) =>
      matrixOf(p, (matrix) => {
        const initial = p.matrices['accuracy.init']?.[0];
        return initial === undefined ? null : continual.forwardTransferGem(matrix, initial);
      }),
  },
  {
    id: 'intransigence.chaudhry18',
    title: 'Intransigence',
    formula: `a*_T − R[T−1][T−1], a*: accuracy of the joint run on the last task, same seed; ${R}`,
    source: `${CHAUDHRY}, eq. 6 at k = T`,
    direction: 'lower',
    unit: 'share',
    compute: (p, reference) =>
      matrixOf(p, (matrix) =>
        reference?.joint === undefined
          ? null
          : matrixOf(reference.joint, (joint) => continual.intransigenceChaudhry(matrix, joint)),
      ),
  },
  ...predictionMetrics('test', ''),
  ...predictionMetrics('validation', ' on validation data'),
  ...interpolationMetrics('test', ''),
  ...interpolationMetrics('train', ' on training data'),
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

/** The metric of that id. Throws with the known ids when there is none. */
export function metric(id: string): Metric {
  const found = METRICS.find((candidate) => candidate.id === id);
  if (found === undefined)
    throw new RangeError(`unknown metric "${id}"; known are ${METRICS.map((known) => known.id).join(', ')}`);
  return found;
}

/** Every metric that these primitives allow, by id. Values that are not finite are left out. */
export function computeMetrics(p: Primitives, reference?: { readonly joint?: Primitives }): Record<string, number> {
  const values: Record<string, number> = {};
  const summary = summarise(p);
  const against = reference?.joint === undefined ? {} : { joint: summarise(reference.joint) };
  for (const candidate of METRICS) {
    const value = candidate.compute(summary, against);
    if (value !== null && Number.isFinite(value)) values[candidate.id] = value;
  }
  return values;
}

/** The version of every metric's definition, by id. */
export function metricVersions(): Record<string, number> {
  return Object.fromEntries(METRICS.map(({ id, version = 1 }) => [id, version]));
}
