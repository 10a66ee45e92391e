import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import type { Method } from '../contract.ts';
import { stepsOf, stepsPerEpoch } from '../shared/phases.ts';
import { iidProtocol, phaseSizes } from './contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { averagingRate, takeIn } from './shared/weight-moments.ts';
import type { WeightMoments } from './shared/weight-moments.ts';

/** Hyper-parameters of a training whose last part goes on at a constant rate and is averaged. */
export const averagedFields = {
  learningRate: z.number().positive().max(10).default(0.05).describe('Learning rate at the start'),
  averagingRate: z.number().positive().max(10).default(0.01).describe('Learning rate while networks are averaged'),
  start: z.number().min(0.05).max(1).default(0.75).describe('Share of the epochs after which averaging begins'),
  momentum: z.number().min(0).max(0.999).default(0.9).describe('Momentum'),
  weightDecay: z.number().min(0).max(1).default(5e-4).describe('Weight decay, added to the gradient'),
  rank: z.number().int().min(0).max(100).default(20).describe('K: how many of the last deviations are kept'),
} as const;

/** The name of the artefact: arrays `mean/<tensor>`, `square/<tensor>`, `deviation/<k>/<tensor>`. */
export const MOMENTS = 'moments';

/**
 * The training of SWA (Izmailov et al. 2018) and SWAG (Maddox et al. 2019): SGD that comes down to a constant rate; at
 * the end of each epoch from `start` on, mean, second moment and deviations of the parameters take the network in.
 */
const trainAveraged: Method = {
  ...defineTrainingMethod({
    id: 'train-averaged',
    version: 1,
    title: 'A training that is averaged',
    summary: 'Trains one network, the last epochs at a constant rate, and keeps the moments of its parameters there.',
    paper: {
      title: 'A Simple Baseline for Bayesian Uncertainty in Deep Learning',
      authors: 'Maddox, Garipov, Izmailov, Vetrov, Wilson',
      year: 2019,
      reference: 'arXiv:1902.02476',
      equations: 'Algorithm 1, left',
    },
    targets: ['classes', 'numbers'],
    fields: averagedFields,
    hooks({ learningRate, averagingRate: last, start, momentum, weightDecay, rank }, context) {
      const { engine, state } = context;
      const sizes = phaseSizes(iidProtocol(context));
      const [perEpoch, total] = [stepsPerEpoch(sizes), stepsOf(sizes)];
      const epochs = Math.ceil(total / perEpoch);
      const from = Math.max(1, Math.round(start * epochs));
      const steps = Array.from({ length: epochs - from + 1 }, (_, k) => Math.min(total, (from + k) * perEpoch));
      const kept = Math.min(rank, steps.length);
      const momentsOf = (tensor: string, length: number): WeightMoments => ({
        mean: state.float32(`mean/${tensor}`, length),
        square: state.float32(`square/${tensor}`, length),
        deviations: Array.from({ length: kept }, (_, k) => state.float32(`deviation/${k}/${tensor}`, length)),
      });
      return {
        optimiser: { kind: 'sgd', lr: learningRate, momentum, weightDecay },
        schedule: (lr) => (step) => averagingRate(Math.floor(step / perEpoch), from, lr, last),
        between: {
          steps,
          async act(step, { variables: { parameters } }) {
            for (const [tensor, variable] of Object.entries(parameters)) {
              const values = await engine.read(variable);
              takeIn(momentsOf(tensor, values.length), values, steps.indexOf(step));
            }
          },
        },
        async end({ network: { params }, variables: { statistics } }) {
          const arrays: NamedArrays = {};
          for (const { name, shape } of params) {
            const { mean, square, deviations } = momentsOf(
              name,
              shape.reduce((size, length) => size * length, 1),
            );
            arrays[`mean/${name}`] = mean;
            arrays[`square/${name}`] = square;
            for (const [k, deviation] of deviations.entries()) arrays[`deviation/${k}/${name}`] = deviation;
          }
          // Statistics of batch norm are those of the last network; who averages estimates them anew.
          for (const [name, variable] of Object.entries(statistics))
            arrays[`mean/${name}`] = Float32Array.from(await engine.read(variable));
          const note = `moments of ${steps.length} networks, one an epoch, and the last ${kept} deviations`;
          return { artefacts: { [MOMENTS]: { kind: 'arrays', arrays, note } } };
        },
      };
    },
  }),
  hidden: true,
};
export default trainAveraged;
