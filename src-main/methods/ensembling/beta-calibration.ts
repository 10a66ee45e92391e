import { defineBinaryCalibration } from './shared/calibration.ts';
import { fitLogisticMap, sigmoid } from './shared/logistic-map.ts';
import type { BinaryMap } from './shared/one-vs-rest.ts';

/** As the authors' package clips. */
const CLIP = 2.220446049250313e-16;

export interface BetaMap {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * σ(a ln p − b ln(1 − p) + c) by logistic regression (Kull et al. 2017, algorithm 1). Where a comes out below 0 it is
 * left out, else where b does; where what is left comes out below 0 too, the map is the share of positives.
 */
export function fitBeta(told: ArrayLike<number>, positive: readonly boolean[]): BetaMap {
  const targets = positive.map(Number);
  const columns = Array.from(told, (p) => {
    const within = Math.min(1 - CLIP, Math.max(CLIP, p));
    return [Math.log(within), -Math.log(1 - within)];
  });
  const fit = (used: readonly number[]): readonly number[] =>
    fitLogisticMap(
      columns.map((row) => [...used.map((j) => row[j]), 1]),
      targets,
      Array.from({ length: used.length + 1 }, () => 0),
    );
  const [a, b, c] = fit([0, 1]);
  if (a >= 0 && b >= 0) return { a, b, c };
  const left = a < 0 ? 1 : 0;
  const [weight, offset] = fit([left]);
  if (weight >= 0) return left === 1 ? { a: 0, b: weight, c: offset } : { a: weight, b: 0, c: offset };
  const plus = targets.reduce((sum, target) => sum + target, 0);
  return { a: 0, b: 0, c: Math.log(plus / (targets.length - plus)) };
}

export const betaMap =
  ({ a, b, c }: BetaMap): BinaryMap =>
  (p) => {
    const within = Math.min(1 - CLIP, Math.max(CLIP, p));
    return sigmoid(a * Math.log(within) - b * Math.log(1 - within) + c);
  };

/** Beta calibration (Kull, Silva Filho & Flach 2017), one against rest. */
export default defineBinaryCalibration({
  id: 'beta-calibration',
  version: 1,
  title: 'Beta calibration',
  summary:
    'One network whose probability of each class goes through a map of three parameters, the identity among them.',
  paper: {
    title:
      'Beta calibration: a well-founded and easily implemented improvement on logistic calibration for binary ' +
      'classifiers',
    authors: 'Kull, Silva Filho, Flach',
    year: 2017,
    reference: 'AISTATS 2017, PMLR 54:623–631',
    equations: 'Eq. 4 and algorithm 1 (abm)',
    deviations:
      'Several classes one against rest, each row divided by its sum; a map that would fall is the share of ' +
      'positives (the authors’ package keeps it).',
  },
  fields: {},
  fitMap: () => (told, positive) => betaMap(fitBeta(told, positive)),
});
