import { z } from 'zod';
import type { Method, SuiteFacts } from '../contract.ts';
import { ExpertsProtocol } from '../merging/shared/protocol.ts';
import { IidProtocol } from './contract.ts';
import { runTraining, TRAINING_DRIVER } from './shared/driver.ts';
import { startRequests } from './shared/start.ts';

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
  asks: ['all-tasks'],
  fits: (suite) =>
    suite.kind === 'rows' || isOfOneTask(suite)
      ? true
      : `${suite.id} is ${suite.kind === 'stream' ? 'a stream of tasks' : 'an experiment of its own'}; ` +
        'this trains on one training set.',
  trials: startRequests,
  run(context) {
    const { protocol } = context;
    if (!(protocol instanceof ExpertsProtocol)) return runTraining(context, {}, false);
    const [task] = protocol.parts.tasks;
    return runTraining({ ...context, protocol: new IidProtocol('experts', task) }, {}, false);
  },
};
export default trainNetwork;

/** A suite whose experts are this method's: networks of several seeds on one training set. */
const isOfOneTask = ({ experts }: SuiteFacts): boolean =>
  experts?.members.every(({ method }) => method === 'train-network') === true;
