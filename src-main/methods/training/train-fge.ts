import { z } from 'zod';
import type { Method } from '../contract.ts';
import { stepsOf, stepsPerEpoch } from '../shared/phases.ts';
import { iidProtocol, phaseSizes } from './contract.ts';
import { triangularRate } from './shared/cyclic.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { keptNetworks } from './shared/kept-networks.ts';
import { averagingRate } from './shared/weight-moments.ts';

/** Hyper-parameters of a training that ends in short cycles. */
export const fgeFields = {
  cycles: z.number().int().min(1).max(50).default(5).describe('Cycles at the end of training, each gives a network'),
  cycle: z.number().int().min(2).max(100).multipleOf(2).default(2).describe('Epochs of a cycle'),
  learningRate: z.number().positive().max(10).default(0.05).describe('Learning rate at the start'),
  highRate: z.number().positive().max(10).default(0.05).describe('α₁: learning rate at the ends of a cycle'),
  lowRate: z.number().positive().max(10).default(0.01).describe('α₂: learning rate in the middle of a cycle'),
  momentum: z.number().min(0).max(0.999).default(0.9).describe('Momentum'),
  weightDecay: z.number().min(0).max(1).default(5e-4).describe('Weight decay, added to the gradient'),
} as const;

/**
 * The training of fast geometric ensembling (Garipov et al. 2018): as usual first, then in short triangular cycles; the
 * network in the middle of each cycle, where the rate is lowest, is the artefact `fge/1`, `fge/2`, …
 */
const trainFge: Method = {
  ...defineTrainingMethod({
    id: 'train-fge',
    version: 1,
    title: 'A training that ends in short cycles',
    summary: 'Trains one network, at the end in short cycles of the learning rate, and keeps it in each of them.',
    paper: {
      title: 'Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs',
      authors: 'Garipov, Izmailov, Podoprikhin, Vetrov, Wilson',
      year: 2018,
      reference: 'arXiv:1802.10026',
      equations: 'Section 5, eq. 5',
    },
    targets: ['classes', 'numbers'],
    fields: fgeFields,
    hooks({ cycles, cycle, learningRate, highRate, lowRate, momentum, weightDecay }, context) {
      const sizes = phaseSizes(iidProtocol(context));
      const [perEpoch, total] = [stepsPerEpoch(sizes), stepsOf(sizes)];
      const epochs = Math.ceil(total / perEpoch);
      const before = epochs - cycles * cycle;
      if (before < 1)
        throw new Error(
          `${epochs} epochs have no room for ${cycles} cycles of ${cycle}: choose fewer or shorter ones.`,
        );
      const ends = Array.from({ length: cycles }, (_, k) => (before + k * cycle + cycle / 2) * perEpoch);
      return {
        optimiser: { kind: 'sgd', lr: learningRate, momentum, weightDecay },
        // Until the cycles it is the usual schedule over all epochs, down to a hundredth of the rate.
        schedule: (lr) => (step) =>
          step < before * perEpoch
            ? averagingRate(Math.floor(step / perEpoch), epochs, lr, lr / 100)
            : triangularRate(step / perEpoch - before, cycle, highRate, lowRate),
        ...keptNetworks(context, 'fge', ends, (k) => `the network in the middle of cycle ${k} of ${cycles}`),
      };
    },
  }),
  hidden: true,
};
export default trainFge;
