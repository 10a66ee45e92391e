import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { NamedArrays } from '../../engine/types.ts';
import { MODEL } from '../contract.ts';
import type { ExpertsFacts, Method } from '../contract.ts';
import { openModel } from '../shared/artefacts.ts';
import { IidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { expertsOf, START } from './shared/protocol.ts';
import { predictorOfTasks } from './shared/own-heads.ts';

const schema = z.object({
  expert: z.number().int().min(0).max(1000).default(0).describe('Which of the experts that the suite declares'),
});

/**
 * One expert of a suite: the network, from the common start where there is one, trained on its task alone with the head
 * of that task. Frozen heads stay as the start has them.
 */
const trainExpert: Method = {
  id: 'train-expert',
  version: 1,
  driver: TRAINING_DRIVER,
  title: 'One expert',
  family: 'merging',
  protocol: 'experts',
  paper: null,
  hidden: true,
  summary: 'An expert as the suite declares it; made once a seed and shared by all merges.',
  schema,
  asks: ['all-tasks'],
  fits: ({ id, experts }) =>
    experts?.members.some(({ method }) => method === 'train-expert') === true
      ? true
      : `The networks of ${id} are trained otherwise.`,
  trials: ({ id, experts }, _values, seed) =>
    experts?.start == null ? [] : [{ name: START, suite: id, ...experts.start, seed }],
  async *run(context, values) {
    const { facts, tasks } = expertsOf(context);
    const { task, network = context.network.spec } = memberOf(facts, schema.parse(values).expert);
    const own = facts.heads[task];
    const start = facts.start === null ? null : (await openModel(context, START)).arrays;
    const heads = network.heads.filter(({ name }) => name === own);
    const outcome = yield* runTraining(
      { ...context, protocol: new IidProtocol('experts', tasks[task]) },
      {
        network: { ...network, heads: [heads[0]] },
        ...(start === null ? {} : { startsFrom: START }),
        ...(facts.frozenHeads ? { trains: (parameter: string) => !parameter.startsWith(`${own}/`) } : {}),
      },
      false,
    );
    const model = outcome.artefacts?.[MODEL];
    if (model?.kind !== 'model') throw new Error('The training of the expert left no network.');
    const arrays: NamedArrays = { ...start, ...model.arrays };
    return {
      predictor: predictorOfTasks(context, facts, { network: buildNetwork(network), values: arrays }),
      artefacts: { [MODEL]: { kind: 'model', spec: network, arrays, note: `trained on task ${task + 1}` } },
    };
  },
};
export default trainExpert;

function memberOf({ members }: ExpertsFacts, index: number): ExpertsFacts['members'][number] {
  const found = members[index];
  if (found === undefined)
    throw new Error(`The suite declares ${members.length} experts; there is no expert ${index}.`);
  return found;
}
