import { REHEARSAL_FREE_BATCHES } from '../shared/papers.ts';
import { copiedWeights } from './shared/copied-weights.ts';
import { defineContinualMethod } from './shared/driver.ts';

/**
 * CWR* (Lomonaco, Maltoni & Pellegrini 2020, algorithm 1): the network is trained on the first task and then frozen but
 * for its head. A task trains weights for its own classes from 0; what they are in the mean is taken off, and they are
 * copied beside those of other classes, which do not change.
 */
export default defineContinualMethod({
  id: 'cwr-star',
  version: 1,
  title: 'CWR*',
  summary: 'Freezes the network after the first task and trains the weights of each task’s classes apart from others.',
  paper: {
    ...REHEARSAL_FREE_BATCHES,
    equations: 'section 3.1, algorithm 1',
    deviations: 'The head has no biases. It starts on features of the first task, not of a network trained elsewhere.',
  },
  fields: {},
  asks: ['boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'It copies weights of classes; it is for class-IL.',
  create: (run) => {
    const weights = copiedWeights(run);
    return {
      beginTask: weights.begin,
      phases: (task) => [
        {
          name: '',
          trains: task === 0 ? [run.model, weights.head] : [weights.head],
          loss: (losses) => weights.loss(losses, losses.apply(run.model, losses.batch.x).features, task),
          passes: { forward: 1, backward: task === 0 ? 1 : 0 },
        },
      ],
      endTask: weights.end,
      predictor: weights.predictor,
    };
  },
});
