import { z } from 'zod';
import type { Method } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { firstMember } from '../shared/member-seeds.ts';
import { iidProtocol } from './contract.ts';
import { runTraining, TRAINING_DRIVER } from './shared/driver.ts';

/**
 * The members of soups: a network of the suite that was trained once, and then trained on with another order and rate.
 * Those of one soup begin from one network: that of its first member's seed.
 */
const fineTunedNetwork: Method = {
  ...defineMethod(
    {
      id: 'fine-tuned-network',
      version: 1,
      title: 'One network, trained on',
      summary: 'A trained network that is trained on within the suite’s budget, at a share of the suite’s rate.',
      paper: null,
      targets: ['classes', 'numbers'],
      fields: { share: z.number().positive().max(1).default(1).describe('Learning rate, as a share of the suite’s') },
    },
    {
      family: 'training',
      protocol: 'rows',
      driver: TRAINING_DRIVER,
      trials: ({ id: suite }, _values, seed) => [
        { name: 'trained', suite, method: 'train-network', hyperParameters: {}, seed: firstMember(seed) },
      ],
      run(context, { share }) {
        const { optimiser } = iidProtocol(context);
        const slower = { ...optimiser, lr: optimiser.lr * share };
        return runTraining(context, { startsFrom: 'trained', optimiser: slower }, false);
      },
    },
  ),
  hidden: true,
};
export default fineTunedNetwork;
