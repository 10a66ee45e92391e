import { z } from 'zod';
import { betaMap, fitBeta } from '../methods/ensembling/beta-calibration.ts';
import { fitHistogram } from '../methods/ensembling/histogram-binning.ts';
import { fitIsotonic, isotonicMap } from '../methods/ensembling/isotonic-calibration.ts';
import { fitMatrixScaling, mapped } from '../methods/ensembling/matrix-scaling.ts';
import { plattMap } from '../methods/ensembling/platt-scaling.ts';
import { conformalScores, conformalThreshold } from '../methods/ensembling/shared/conformal.ts';
import type { ConformalScore } from '../methods/ensembling/shared/conformal.ts';
import { calibrateOneVsRest } from '../methods/ensembling/shared/one-vs-rest.ts';
import type { FitBinaryMap } from '../methods/ensembling/shared/one-vs-rest.ts';
import { fitTemperature } from '../methods/ensembling/temperature-scaling.ts';
import { fitVectorScaling } from '../methods/ensembling/vector-scaling.ts';
import { softmax } from '../methods/ensembling/shared/strategies/combining.ts';
import { equalMean, strategy } from '../methods/ensembling/shared/strategies/strategy.ts';
import type { FittedStrategy, Predictions, Strategy } from '../methods/ensembling/shared/strategies/strategy.ts';

const CLASSES = ['probabilities'] as const;
/** Least probability of which a logarithm is taken. */
const LEAST = 1e-12;

const logsOf = ({ values }: Predictions): Float64Array => values.map((p) => Math.log(Math.max(LEAST, p)));
const distributions = (like: Predictions, logits: ArrayLike<number>): Predictions => ({
  ...like,
  values: softmax(logits, like.width),
});

const temperature = strategy({
  id: 'temperature',
  title: 'Temperature scaling of the mean, or of each model before it',
  kinds: CLASSES,
  schema: z.object({ tempered: z.enum(['mean', 'members']).default('mean').describe('What has a temperature') }),
  fit({ models, target }, { tempered }): FittedStrategy {
    const labels = Int32Array.from(target);
    const fitted = (of: Predictions): number => fitTemperature(Float32Array.from(logsOf(of)), labels, of.width);
    const cooled = (of: Predictions, by: number): Predictions =>
      distributions(
        of,
        logsOf(of).map((log) => log / by),
      );
    if (tempered === 'mean') {
      const one = fitted(equalMean(models));
      return { apply: (given) => cooled(equalMean(given), one), parameters: { temperature: one } };
    }
    const each = models.map(fitted);
    return {
      apply: (given) => equalMean(given.map((of, model) => cooled(of, each[model]))),
      parameters: { temperatures: each },
    };
  },
});

const vector = strategy({
  id: 'vector',
  title: 'Vector scaling of the mean',
  kinds: CLASSES,
  schema: z.object({}),
  fit({ models, target }) {
    const mean = equalMean(models);
    const { width } = mean;
    const { w, b } = fitVectorScaling(logsOf(mean), Int32Array.from(target), width);
    return {
      apply: (given) => {
        const own = equalMean(given);
        return distributions(
          own,
          logsOf(own).map((log, at) => w[at % width] * log + b[at % width]),
        );
      },
      parameters: { w: [...w], b: [...b] },
    };
  },
});

const penalty = (what: string) => z.number().min(0).max(100).default(0).describe(`Penalty on ${what}`);

const matrix = strategy({
  id: 'matrix',
  title: 'Matrix scaling of the mean',
  kinds: CLASSES,
  schema: z.object({ lambda: penalty('W off its diagonal'), mu: penalty('offsets') }),
  fit({ models, target }, penalties) {
    const mean = equalMean(models);
    const parameters = fitMatrixScaling(logsOf(mean), Int32Array.from(target), mean.width, penalties);
    return {
      apply: (given) => {
        const own = equalMean(given);
        return distributions(own, mapped(logsOf(own), parameters, own.width));
      },
      parameters: { parameters: [...parameters] },
    };
  },
});

/** A calibration of the mean by a binary map a class. */
function byClass<const S extends z.ZodRawShape>(
  id: string,
  title: string,
  schema: z.ZodObject<S>,
  map: (settings: z.output<z.ZodObject<S>>) => FitBinaryMap,
): Strategy {
  return strategy({
    id,
    title: `${title} of the mean, one class against the others`,
    kinds: CLASSES,
    schema,
    fit({ models, target }, settings) {
      const mean = equalMean(models);
      const calibrate = calibrateOneVsRest(mean.values, Int32Array.from(target), mean.width, map(settings));
      return {
        apply: (given) => {
          const own = equalMean(given);
          return { ...own, values: calibrate(own.values) };
        },
      };
    },
  });
}

const conformal = strategy({
  id: 'conformal',
  title: 'Conformal sets of labels, by the mean',
  kinds: CLASSES,
  schema: z.object({
    alpha: z.number().min(0.0001).max(0.5).default(0.1).describe('Share of rows whose set may miss their label'),
    score: z.enum(['lac', 'aps', 'raps']).default('lac').describe('How labels are scored'),
    lambda: z.number().min(0).max(10).default(0.05).describe('RAPS: penalty of each rank above kReg'),
    kReg: z.number().int().min(0).max(1000).default(2).describe('RAPS: ranks without penalty'),
  }),
  fit({ models, target }, { alpha, score, lambda, kReg }) {
    const by: ConformalScore = score === 'raps' ? { kind: score, lambda, kReg } : { kind: score };
    // u = 1: no draws, and sets that cover rather more.
    const scores = (of: Predictions): Float64Array => conformalScores(of.values, of.width, by, () => 1);
    const mean = equalMean(models);
    const threshold = conformalThreshold(scores(mean), target, mean.width, alpha);
    return {
      apply: equalMean,
      parameters: { threshold },
      note: 'The rows that sets are fitted on must be used for nothing else.',
      sets: (given) => {
        const own = equalMean(given);
        const all = scores(own);
        return Array.from({ length: own.rows }, (_, row) =>
          Array.from({ length: own.width }, (__, k) => k).filter((k) => all[row * own.width + k] <= threshold),
        );
      },
    };
  },
});

export const CALIBRATING: readonly Strategy[] = [
  temperature,
  vector,
  matrix,
  byClass('platt', 'Platt scaling', z.object({}), () => plattMap),
  byClass(
    'isotonic',
    'Isotonic calibration',
    z.object({}),
    () => (told, positive) => isotonicMap(fitIsotonic(told, positive.map(Number))),
  ),
  byClass(
    'histogram',
    'Histogram binning',
    z.object({
      bins: z.number().int().min(2).max(1000).default(15).describe('Bins'),
      edges: z.enum(['widths', 'masses']).default('widths').describe('Equal widths, or equally many rows'),
    }),
    (values) => (told, positive) => fitHistogram(told, positive, values),
  ),
  byClass('beta', 'Beta calibration', z.object({}), () => (told, positive) => betaMap(fitBeta(told, positive))),
  conformal,
];
