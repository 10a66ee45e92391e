import { defineBinaryCalibration } from './shared/calibration.ts';
import { fitLogisticMap, sigmoid } from './shared/logistic-map.ts';
import type { FitBinaryMap } from './shared/one-vs-rest.ts';

/** Least distance of a probability from 0 and 1 where its log-odds are taken. */
const CLIP = 2.2e-16;

const logOdds = (p: number): number => Math.log(Math.max(CLIP, p)) - Math.log(Math.max(CLIP, 1 - p));

/**
 * σ(a f + c) fitted to the soft targets (N₊+1)/(N₊+2) of positive rows and 1/(N₋+2) of negative ones (Platt 1999,
 * section 2.2), from a = 0, c = ln((N₊+1)/(N₋+1)) on.
 *
 * @param scores decision values, or log-odds
 */
export function fitPlatt(
  scores: ArrayLike<number>,
  positive: readonly boolean[],
): { readonly a: number; readonly c: number } {
  const plus = positive.filter(Boolean).length;
  const minus = positive.length - plus;
  const [a, c] = fitLogisticMap(
    Array.from(scores, (score) => [score, 1]),
    positive.map((is) => (is ? (plus + 1) / (plus + 2) : 1 / (minus + 2))),
    [0, Math.log((plus + 1) / (minus + 1))],
  );
  return { a, c };
}

/** The sigmoid on log-odds of the probability that was told. */
export const plattMap: FitBinaryMap = (told, positive) => {
  const { a, c } = fitPlatt(told.map(logOdds), positive);
  return (p) => sigmoid(a * logOdds(p) + c);
};

/** Platt scaling (Platt 1999, section 2), one against rest. */
export default defineBinaryCalibration({
  id: 'platt-scaling',
  version: 1,
  title: 'Platt scaling',
  summary: 'One network whose log-odds of each class go through a sigmoid fitted on validation data.',
  paper: {
    title: 'Probabilistic Outputs for Support Vector Machines and Comparisons to Regularized Likelihood Methods',
    authors: 'Platt',
    year: 1999,
    reference: 'Advances in Large Margin Classifiers, MIT Press, 61–74',
    equations: 'Section 2: p = 1/(1 + exp(Af + B)) with soft targets',
    deviations:
      'The score is the log-odds of the network’s probability; several classes one against rest, each row divided ' +
      'by its sum (Zadrozny & Elkan 2002); Newton’s steps in place of Levenberg–Marquardt.',
  },
  fields: {},
  fitMap: () => plattMap,
});
