import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import { baseFields, baseHooks } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** Inside a step: m · mean + (1 − m) · value. */
export const movedMean = (mean: Tensor, value: Tensor, m: number): Tensor =>
  tf.add(tf.mul(mean, m), tf.mul(value, 1 - m));

/**
 * Temporal ensemble (Soutif-Cormerais, Carta & van de Weijer 2023, section 3): the exponential moving average of the
 * network over all steps answers, m · mean + (1 − m) · network after each; the network itself trains as its base does.
 * The average starts as the initial network and holds batch-norm statistics too, as the authors' code.
 */
export default defineContinualMethod({
  id: 'temporal-ensemble',
  version: 1,
  title: 'Temporal ensemble',
  summary: 'Answers with a moving average of the network of another method, over all steps.',
  paper: {
    title: 'Improving Online Continual Learning Performance and Stability with Temporal Ensembles',
    authors: 'Soutif-Cormerais, Carta, van de Weijer',
    year: 2023,
    reference: 'arXiv:2306.16817',
    equations: 'section 3, exponential moving average',
    deviations: 'DER++ as a base has the weights that its method has by default.',
  },
  fields: {
    momentum: z
      .number()
      .min(0)
      .max(0.9999)
      .default(0.99)
      .describe('Share m of the average that is kept in each step; 0 is the base alone'),
    ...baseFields,
  },
  asks: ['replay-memory', 'extra-passes'],
  create: (run, { momentum, ...base }) => {
    const { context, models } = run;
    const average = models.open('average', undefined, (network) => network.init(context.stream('init')));
    const predictor = networkPredictor(context.engine, average.network, average);
    return {
      ...baseHooks(run, base),
      afterUpdate: (scope) => {
        for (const [means, values] of [
          [average.parameters, run.parameters],
          [average.statistics, run.statistics],
        ])
          for (const [name, mean] of Object.entries(means))
            scope.assign(mean, movedMean(scope.read(mean), scope.read(values[name]), momentum));
      },
      predictor: () => predictor,
    };
  },
});
