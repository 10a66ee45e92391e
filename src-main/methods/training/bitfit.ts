import { z } from 'zod';
import { defineTrainingMethod } from './shared/driver.ts';

/** BitFit (Ben Zaken et al. 2022, section 3): of a trained network only biases and head are trained on. */
export default defineTrainingMethod({
  id: 'bitfit',
  version: 1,
  title: 'BitFit',
  summary: 'Adapts a trained network by its biases and its head alone.',
  paper: {
    title: 'BitFit: Simple Parameter-efficient Fine-tuning for Transformer-based Masked Language-models',
    authors: 'Ben Zaken, Goldberg, Ravfogel',
    year: 2022,
    reference: 'arXiv:2106.10199',
    equations: 'Section 3',
  },
  fields: { learningRate: z.number().positive().max(1).default(3e-3).describe('Learning rate of Adam') },
  fits: ({ id, start }) =>
    start !== undefined || `BitFit adapts a network that was trained before; ${id} declares none.`,
  hooks: ({ learningRate }, { network: { spec } }) => ({
    optimiser: { kind: 'adam', lr: learningRate },
    trains: (parameter) => /\/(bias|offset)$/.test(parameter) || parameter.startsWith(`${spec.heads[0].name}/`),
  }),
});
