import { z } from 'zod';
import { schedule } from '../../engine/optimisers/schedules.ts';
import { collapse } from './shared/collapse.ts';
import { defineProbeMethod } from './shared/define.ts';
import { featuresOf } from './shared/features.ts';
import { judged, largestOfRows } from '../shared/judged.ts';

/**
 * Training far beyond zero training error: after every epoch the features of the last hidden layer on the training rows
 * are compared with their class means, and these with the weights of the last layer (NC1 to NC4).
 */
export default defineProbeMethod({
  id: 'neural-collapse',
  version: 1,
  title: 'Neural collapse',
  summary: 'Trains by SGD past zero training error and measures NC1 to NC4 of the last features after every epoch.',
  paper: {
    title: 'Prevalence of neural collapse during the terminal phase of deep learning training',
    authors: 'Papyan, Han, Donoho',
    year: 2020,
    reference: '10.1073/pnas.2015509117',
    equations: 'Sections 2.E and 3: NC1 to NC4',
    deviations:
      'A multi-layer perceptron on a part of the data instead of a convolutional net on all of it, ' +
      'fewer epochs, and ten ' +
      ('times the weight decay; NC2 takes the mean distance of the cosines from −1/(C − 1), where the ' +
        'paper shows their ') +
      'spread and that distance apart.',
  },
  fields: {
    learningRate: z.number().positive().max(10).default(0.1).describe('Learning rate at the start'),
    momentum: z.number().min(0).max(0.999).default(0.9).describe('Momentum'),
    weightDecay: z.number().min(0).max(1).default(5e-3).describe('Weight decay, added to the gradient'),
  },
  fits: ({ id, scenario }) => scenario === 'neural-collapse' || `${id} does not train past zero training error.`,
  hooks: ({ learningRate, momentum, weightDecay }, { train, test, outputs }, context) => {
    const { engine, network } = context;
    let trained: ReturnType<typeof featuresOf> | undefined;
    return {
      optimiser: { kind: 'sgd', lr: learningRate, momentum, weightDecay },
      // Divided by ten after a third and after two thirds of the epochs.
      schedule: (lr, steps) =>
        schedule({ kind: 'step', milestones: [Math.ceil(steps / 3), Math.ceil((2 * steps) / 3)], factor: 0.1 }, lr),
      async endEpoch({ variables, predictor }) {
        trained ??= featuresOf(engine, network, variables, train());
        const { features, logits } = await trained();
        const labels = await engine.read(train().y);
        const answers = largestOfRows(logits, outputs);
        const weights = await engine.read(variables.parameters[`${network.spec.heads[0].name}/kernel`]);
        const measured = {
          'error.train': answers.filter((answer, row) => answer !== labels[row]).length / labels.length,
          'error.test': 1 - (await judged(context, predictor, test())).accuracy,
          ...collapse({ features, labels, answers, classes: outputs, weights }),
        };
        return Object.entries(measured).map(([curve, y]) => ({ curve, y, axis: 'epoch' }));
      },
    };
  },
});
