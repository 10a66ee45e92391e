import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import { modelOf } from '../shared/network-variables.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import { iidProtocol } from '../training/contract.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { inTargetUnits } from '../training/shared/target.ts';

/** w̄ ← ρ w̄ + (1 − ρ) w. */
export const movedAverage = (average: Tensor, values: Tensor, rho: Tensor | number): Tensor =>
  tf.add(tf.mul(average, rho), tf.mul(values, tf.sub(1, rho)));

/** ρ after so many steps: the first ones weigh more, or the average would long be near the start. */
export const warmedUp = (decay: number, step: number): number => Math.min(decay, (1 + step) / (10 + step));

/**
 * Exponential moving average of the weights: at each step w̄ ← ρ w̄ + (1 − ρ) w, and w̄ answers (Polyak & Juditsky 1992
 * with geometric weights).
 */
export default defineTrainingMethod({
  id: 'weight-ema',
  version: 1,
  title: 'Moving average of weights (EMA)',
  summary: 'Trains as the suite says; what answers is the exponential moving average of the weights.',
  family: 'ensembling',
  paper: {
    title: 'Acceleration of Stochastic Approximation by Averaging',
    authors: 'Polyak, Juditsky',
    year: 1992,
    reference: '10.1137/0330046',
    equations: 'Averages of iterates; geometric weights in place of equal ones',
    deviations:
      'Running statistics of batch norm are averaged too. In the first steps ρ is (1 + t)/(10 + t), as in ' +
      'TensorFlow’s ExponentialMovingAverage.',
  },
  targets: ['classes', 'numbers'],
  fields: { decay: z.number().min(0).max(0.99999).default(0.999).describe('ρ: what stays of the average at a step') },
  hooks({ decay }, context) {
    const average = context.models.open('average');
    return {
      inputs: { rho: { shape: [], dtype: 'float32' } },
      // At the first step the average becomes the network.
      feed: ({ globalStep }) => ({ rho: Float32Array.of(globalStep === 0 ? 0 : warmedUp(decay, globalStep)) }),
      afterUpdate(scope, { inputs: { rho }, trained: { variables } }) {
        const own = { ...average.parameters, ...average.statistics };
        for (const [name, variable] of Object.entries({ ...variables.parameters, ...variables.statistics }))
          scope.assign(own[name], movedAverage(scope.read(own[name]), scope.read(variable), rho));
      },
      predictor: () => inTargetUnits(iidProtocol(context), networkPredictor(context.engine, average.network, average)),
      async end() {
        return {
          artefacts: { average: await modelOf(context.engine, average.network, average, 'moving average of weights') },
        };
      },
    };
  },
});
