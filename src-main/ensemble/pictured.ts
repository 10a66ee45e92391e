import type { Predictions } from '../methods/ensembling/shared/strategies/strategy.ts';
import { equalMean } from '../methods/ensembling/shared/strategies/strategy.ts';
import { disagreement } from '../metrics/diversity.ts';
import { calibrationCurves } from '../metrics/predictions.ts';
import { confidencesOf, risks } from '../metrics/selective.ts';
import { samplesOf, scoresOf } from './scores.ts';
import type { Scores } from './scores.ts';

/** Share of wrong ones among the rows of which a model is surest, at some coverages. */
export type RiskCurve = readonly { readonly coverage: number; readonly risk: number }[];

/** How often a model is right where it says so much, by bins; null where a bin is empty. */
export interface Reliability {
  readonly task: null;
  readonly samples: number;
  readonly error: number;
  readonly bins: readonly {
    readonly from: number;
    readonly to: number;
    readonly count: number;
    readonly confidence: number | null;
    readonly accuracy: number | null;
  }[];
}

/** What pictures of an ensemble show beside its scores. */
export interface Pictured {
  /** For each model: share of rows, mean over the others, for which another names another class; null of numbers. */
  readonly apart: readonly number[] | null;
  readonly calibration: { readonly average: Reliability; readonly ensemble: Reliability } | null;
  readonly risk: { readonly average: RiskCurve; readonly ensemble: RiskCurve } | null;
  /** Scores of the mean of the best 1, 2, 3, … models, ranked by validation rows. */
  readonly sizes: readonly Scores[];
}

const MOST_SIZES = 50;
const RISK_POINTS = 100;

/** @param ranked models by their loss on validation rows, best first */
export function picturedOf(
  models: readonly Predictions[],
  ensemble: Predictions,
  target: Float64Array,
  ranked: readonly number[],
): Pictured {
  const average = equalMean(models);
  const sizes = ranked
    .slice(0, MOST_SIZES)
    .map((_, i) => scoresOf(equalMean(ranked.slice(0, i + 1).map((model) => models[model])), target));
  if (average.kind === 'numbers') return { apart: null, calibration: null, risk: null, sizes };
  return {
    apart: apartOf(models),
    calibration: { average: reliability(average, target), ensemble: reliability(ensemble, target) },
    risk: { average: riskCurve(average, target), ensemble: riskCurve(ensemble, target) },
    sizes,
  };
}

function reliability(of: Predictions, target: Float64Array): Reliability {
  const [{ samples, error, bins }] = calibrationCurves(samplesOf(of, target));
  const shown = bins.map((bin) => (bin.count === 0 ? { ...bin, confidence: null, accuracy: null } : bin));
  return { task: null, samples, error, bins: shown };
}

function apartOf(models: readonly Predictions[]): readonly number[] | null {
  if (models.length < 2) return null;
  return models.map(({ values, width }, i) => {
    const others = models.filter((_, j) => j !== i);
    return others.reduce((sum, other) => sum + (disagreement([values, other.values], width) ?? 0), 0) / others.length;
  });
}

function riskCurve(of: Predictions, target: Float64Array): RiskCurve {
  const { confidence, errors } = confidencesOf(samplesOf(of, target));
  const found = risks(confidence, errors);
  const points = Math.min(RISK_POINTS, found.length);
  return Array.from({ length: points }, (_, i) => {
    const count = Math.ceil(((i + 1) * found.length) / points);
    return { coverage: count / found.length, risk: found[count - 1] };
  });
}
