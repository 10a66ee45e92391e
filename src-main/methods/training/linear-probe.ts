import { z } from 'zod';
import { defineTrainingMethod } from './shared/driver.ts';

/** Transfer at its least (Alain & Bengio 2017): the network stays as it starts, only its head is trained, by Adam. */
export default defineTrainingMethod({
  id: 'linear-probe',
  version: 1,
  title: 'Linear probe',
  summary: 'Trains the head alone on the features of the network as it was trained before.',
  reference: 'lower',
  paper: {
    title: 'Understanding intermediate layers using linear classifier probes',
    authors: 'Alain, Bengio',
    year: 2017,
    reference: 'arXiv:1610.01644',
    equations: 'Section 3, for the last hidden layer',
    deviations: 'The head goes on from the trained one where the classes are as many.',
  },
  fields: { learningRate: z.number().positive().max(1).default(1e-3).describe('Learning rate') },
  fits: ({ id, start }) =>
    start !== undefined || `A linear probe reads a network that was trained before; ${id} declares none.`,
  hooks: ({ learningRate }, { network: { spec } }) => ({
    optimiser: { kind: 'adam', lr: learningRate },
    trains: (parameter) => parameter.startsWith(`${spec.heads[0].name}/`),
  }),
});
