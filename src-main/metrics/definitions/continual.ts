import * as continual from '../continual.ts';
import { accuracyIn, type Summary } from '../sample-statistics.ts';
import type { Metric } from './metric.ts';
import { predictionsOf } from './predictions.ts';

const matrixOf = (p: Summary, use: (matrix: continual.AccuracyMatrix) => number | null): number | null => {
  const matrix = p.matrices['accuracy'];
  return matrix === undefined ? null : use(matrix);
};

const GEM = 'Lopez-Paz & Ranzato 2017, Gradient Episodic Memory';
const CHAUDHRY = 'Chaudhry et al. 2018, Riemannian Walk';
const DIAZ = 'Díaz-Rodríguez et al. 2018, Don’t forget, there is more than forgetting';
const R = 'R[i][j]: accuracy on task j after task i';

export const CONTINUAL_METRICS: readonly Metric[] = [
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
    id: 'acc.minimum-old-tasks',
    title: 'Minimum accuracy of old tasks',
    formula: `mean_{j<T−1} min_{l>j} R[l][j]; ${R}`,
    source: 'De Lange, van de Ven & Tuytelaars 2023, min-ACC, over the evaluations after each task',
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.minimumAccuracy),
  },
  {
    id: 'acc.learning',
    title: 'Learning accuracy (plasticity)',
    formula: `mean_j R[j][j]; ${R}`,
    source: 'Riemer et al. 2019, Meta-Experience Replay, LA',
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.learningAccuracy),
  },
  {
    id: 'acc.final-old-tasks',
    title: 'Final accuracy of old tasks (stability)',
    formula: `mean_{j<T−1} R[T−1][j]; ${R}`,
    source: 'Touchstone, beside the learning accuracy',
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.finalMeanOverOldTasks),
  },
  {
    id: 'acc.worst-task',
    title: 'Final accuracy of the worst task',
    formula: `min_j R[T−1][j]; ${R}`,
    source: 'Touchstone, the worst case over tasks',
    direction: 'higher',
    unit: 'share',
    compute: (p) => matrixOf(p, continual.worstTask),
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
];
