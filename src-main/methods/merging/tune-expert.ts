import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import { MODEL } from '../contract.ts';
import type { Method } from '../contract.ts';
import { trainedModel } from '../shared/artefacts.ts';
import { IidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { predictorOfTasks } from './shared/own-heads.ts';
import { expertRequests, expertsOf, memberOf } from './shared/protocol.ts';

const schema = z.object({
  expert: z.number().int().min(0).max(1000).default(0).describe('Which of the experts that the suite declares'),
  from: z.number().int().min(0).max(1000).default(0).describe('Which of them it starts from'),
});

/** The name under which the network that is tuned is opened. */
const BEFORE = 'before';

/** One expert of a suite that starts as another one and is trained on its task: nets of two sizes share no start. */
const tuneExpert: Method = {
  id: 'tune-expert',
  version: 1,
  driver: TRAINING_DRIVER,
  title: 'One expert, from another',
  family: 'merging',
  protocol: 'experts',
  paper: null,
  hidden: true,
  summary: 'An expert that starts as another one of the suite; made once a seed and shared by all merges.',
  schema,
  asks: ['all-tasks'],
  fits: ({ id, experts }) =>
    experts?.members.some(({ method }) => method === 'tune-expert') === true
      ? true
      : `No network of ${id} starts from another one.`,
  trials(suite, values, seed) {
    if (suite.experts === undefined) return [];
    const { name } = memberOf(suite.experts, schema.parse(values).from);
    return expertRequests(suite, seed)
      .filter((request) => request.name === name)
      .map((request) => ({ ...request, name: BEFORE }));
  },
  async *run(context, values) {
    const { facts, tasks } = expertsOf(context);
    const { task, network = context.network.spec } = memberOf(facts, schema.parse(values).expert);
    const outcome = yield* runTraining(
      { ...context, protocol: new IidProtocol('experts', tasks[task]) },
      { network, startsFrom: BEFORE },
      false,
    );
    const model = trainedModel(outcome);
    return {
      predictor: predictorOfTasks(context, facts, { network: buildNetwork(network), values: model.arrays }),
      artefacts: { [MODEL]: { ...model, note: `tuned on task ${task + 1}` } },
    };
  },
};
export default tuneExpert;
