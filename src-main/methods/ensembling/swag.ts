import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { defineMethod } from '../define.ts';
import { averagedFields } from '../training/train-averaged.ts';
import { momentsRequest, openMoments, withTrainingNorms } from './shared/averaged.ts';
import type { AveragedTraining } from './shared/averaged.ts';
import { meanAnswers } from './shared/combine.ts';
import { openEnsemble } from './shared/members.ts';

const LEAST_VARIANCE = 1e-30;

/**
 * A network of the Gaussian (eq. 1): θ̄ + √scale (√max(θ² − θ̄², 1e-30) z₁ + D z₂/√(K − 1)). Without deviations, or
 * with one alone, its covariance is diagonal.
 *
 * @param z1 for each parameter, tensor by tensor
 * @param z2 for each deviation
 */
export function drawn(
  { mean, square, deviations }: AveragedTraining,
  scale: number,
  z1: (tensor: string, at: number) => number,
  z2: ArrayLike<number>,
): NamedArrays {
  const [factor, low] = [Math.sqrt(scale), deviations.length > 1 ? 1 / Math.sqrt(deviations.length - 1) : 0];
  const tensor = (name: string, values: Float32Array): Float32Array =>
    values.map((centre, at) => {
      const deviation = Math.sqrt(Math.max(LEAST_VARIANCE, square[name][at] - centre ** 2));
      const common = deviations.reduce((sum, of, k) => sum + of[name][at] * z2[k], 0);
      return centre + factor * (deviation * z1(name, at) + low * common);
    });
  return Object.fromEntries(
    Object.entries(mean).map(([name, values]) => [name, name in square ? tensor(name, values) : values]),
  );
}

/**
 * SWAG (Maddox et al. 2019): a Gaussian over weights whose mean is SWA's and whose covariance has a diagonal and a
 * low-rank part, both from the same training; the answer is the mean of the distributions of networks drawn from it.
 */
export default defineMethod(
  {
    id: 'swag',
    version: 1,
    title: 'SWAG',
    summary: 'Networks drawn from a Gaussian that is fitted to the last epochs of one training; their mean answers.',
    paper: {
      title: 'A Simple Baseline for Bayesian Uncertainty in Deep Learning',
      authors: 'Maddox, Garipov, Izmailov, Vetrov, Wilson',
      year: 2019,
      reference: 'arXiv:1902.02476',
      equations: 'Algorithm 1, eq. 1',
      deviations:
        'K is the number of deviations that there are, where training has fewer epochs to average than asked for. ' +
        'The variance is half diagonal and half low rank as in the paper (scale .5); the authors’ code takes scale 1 ' +
        'unless told. The plain square less the square of the mean is held above 1e-30.',
    },
    asks: ['extra-passes'],
    targets: ['classes', 'numbers'],
    fields: {
      ...averagedFields,
      samples: z.number().int().min(1).max(200).default(30).describe('Networks that are drawn'),
      scale: z.number().min(0).max(10).default(0.5).describe('Factor of the covariance; 0: the mean answers'),
    },
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: (suite, { samples: _samples, scale: _scale, ...training }, seed) => momentsRequest(suite, training, seed),
    async *run(context, { samples, scale }) {
      const moments = await openMoments(context);
      const networks: NamedArrays[] = [];
      for (let sample = 0; sample < samples; sample += 1) {
        yield { kind: 'progress', cursor: null, done: sample, total: samples };
        const draws = context.stream(`swag/sample${sample}`);
        const z2 = moments.deviations.map(() => draws.normal());
        networks.push(
          await withTrainingNorms(
            context,
            drawn(moments, scale, () => draws.normal(), z2),
          ),
        );
      }
      return { predictor: openEnsemble(context, networks).predictor(meanAnswers) };
    },
  },
);
