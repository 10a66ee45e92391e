import { z } from 'zod';
import type { Method } from '../contract.ts';
import { runTraining, TRAINING_DRIVER } from './shared/driver.ts';

/**
 * Trains the suite's own network with the suite's own budget: the experts and members that merging and ensembling
 * methods ask for.
 */
const trainNetwork: Method = {
  id: 'train-network',
  version: 1,
  driver: TRAINING_DRIVER,
  title: 'One network',
  family: 'training',
  protocol: 'rows',
  paper: null,
  hidden: true,
  summary:
    "The suite's network trained with the suite's optimiser and budget; made once and shared by the " +
    'methods that need it.',
  schema: z.object({}),
  asks: [],
  fits: ({ id, kind }) =>
    kind === 'rows' || kind === 'experts'
      ? true
      : `${id} is ${kind === 'stream' ? 'a stream of tasks' : 'an experiment of its own'}; ` +
        'this trains on one training set.',
  run: (context) => runTraining(context, {}, false),
};
export default trainNetwork;
