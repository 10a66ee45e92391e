import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import type { NamedArrays } from '../../engine/types.ts';
import type { Method } from '../contract.ts';
import { MODEL } from '../contract.ts';
import { trainedModel } from '../shared/artefacts.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { IidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { headNamed, madeHead } from './shared/made-head.ts';
import { expertsOf } from './shared/protocol.ts';
import { predictorOfTasks } from './shared/own-heads.ts';

/** What the head is called with which a start is trained; its artefact has none of it. */
const SOURCE = 'source';

const schema = z.object({
  head: z.enum(['trained']).optional().describe('The source has the classes of the tasks: its head is kept'),
  retained: z.literal(true).optional().describe('Trained without what experts are to forget'),
});

/**
 * The start that experts of a suite share: the network is trained on the suite's source with a head of its own, which
 * is thrown away. Then every task's head is made of a few labelled rows: the mean of each class's features, of unit
 * length, or a linear probe where the network's heads have biases. As in CLIP, heads say something before any expert
 * was trained. Where the source has the classes of the tasks, its own head is theirs.
 */
const trainStart: Method = {
  id: 'train-start',
  version: 1,
  driver: TRAINING_DRIVER,
  title: 'Shared start',
  family: 'merging',
  protocol: 'experts',
  paper: null,
  hidden: true,
  summary: "The network that a suite's experts start from, with a frozen head for each task; made once a seed.",
  schema,
  asks: ['all-tasks'],
  fits: ({ id, experts }) => (experts?.start == null ? `The experts of ${id} have no common start.` : true),
  async *run(context, values) {
    const { facts, source } = expertsOf(context);
    const { head, retained } = schema.parse(values);
    const opened = await source?.open();
    const rows = retained === true ? opened?.retained : opened;
    if (source === null || opened === undefined || rows == null)
      throw new Error('The suite has nothing to train this start on.');
    const { spec } = context.network;
    const ownHead = head === 'trained';
    const network = ownHead
      ? context.network
      : buildNetwork({ ...spec, heads: [{ name: SOURCE, outputs: opened.outputs }] });
    const outcome = yield* runTraining(
      { ...context, protocol: new IidProtocol('experts', rows) },
      { network: network.spec },
      false,
    );
    const model = trainedModel(outcome);
    const variables = networkVariables(context.engine, network, 'start');
    variables.load(model.arrays);
    const arrays: NamedArrays = {};
    for (const [name, values] of Object.entries(model.arrays))
      if (!name.startsWith(`${SOURCE}/`)) arrays[name] = values;
    for (const name of ownHead ? [] : facts.heads)
      Object.assign(
        arrays,
        await madeHead(context.engine, network, variables, source.shots(name), headNamed(spec, name)),
      );
    return {
      predictor: predictorOfTasks(context, facts, { network: context.network, values: arrays }),
      artefacts: {
        [MODEL]: {
          kind: 'model',
          spec,
          arrays,
          note: `trunk after the source, heads ${ownHead ? 'too' : 'of class means'}`,
        },
      },
    };
  },
};
export default trainStart;
