import { z } from 'zod';
import type { Method } from '../contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { stepsOf } from '../shared/phases.ts';
import { iidProtocol, phaseSizes } from './contract.ts';
import { cycleEnds, cyclicCosine } from './shared/cyclic.ts';
import { keptNetworks } from './shared/kept-networks.ts';

/** Hyper-parameters of a training that ends in a minimum several times. */
export const snapshotFields = {
  cycles: z
    .number()
    .int()
    .min(1)
    .max(50)
    .default(5)
    .describe('M: cycles of the learning rate, each ends in a snapshot'),
  learningRate: z.number().positive().max(10).default(0.1).describe('α₀: learning rate at the start of each cycle'),
  momentum: z.number().min(0).max(0.999).default(0.9).describe('Momentum'),
  weightDecay: z.number().min(0).max(1).default(1e-4).describe('Weight decay, added to the gradient'),
} as const;

/**
 * One training by SGD whose rate falls to 0 and jumps back M times (Huang et al. 2017, section 3). The network at the
 * end of each cycle is the artefact `snapshot/1` … `snapshot/M`; the last is also `model`.
 */
const trainSnapshots: Method = {
  ...defineTrainingMethod({
    id: 'train-snapshots',
    version: 1,
    title: 'Snapshots of one training',
    summary: 'Trains one network through several cycles of the learning rate and keeps it at the end of each.',
    paper: {
      title: 'Snapshot Ensembles: Train 1, Get M for Free',
      authors: 'Huang, Li, Pleiss, Liu, Hopcroft, Weinberger',
      year: 2017,
      reference: 'arXiv:1704.00109',
      equations: 'Eq. 2',
    },
    targets: ['classes', 'numbers'],
    fields: snapshotFields,
    hooks({ cycles, learningRate, momentum, weightDecay }, context) {
      const total = stepsOf(phaseSizes(iidProtocol(context)));
      const ends = cycleEnds(total, cycles);
      return {
        optimiser: { kind: 'sgd', lr: learningRate, momentum, weightDecay },
        schedule: (lr, steps) => cyclicCosine(lr, steps, cycles),
        ...keptNetworks(context, 'snapshot', ends, (k) => `the network at the end of cycle ${k} of ${cycles}`),
      };
    },
  }),
  hidden: true,
};
export default trainSnapshots;
