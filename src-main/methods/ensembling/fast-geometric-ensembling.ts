import { fgeFields } from '../training/train-fge.ts';
import { meanAnswers } from './shared/combine.ts';
import { defineEnsemblingMethod } from './shared/define.ts';

/**
 * Fast geometric ensembling (Garipov et al. 2018): the mean of the distributions of one network in the middles of short
 * cycles at the end of its training.
 */
export default defineEnsemblingMethod({
  id: 'fast-geometric-ensembling',
  version: 1,
  title: 'Fast geometric ensembling (FGE)',
  summary: 'The mean over networks of one training, kept in short cycles of the learning rate at its end.',
  paper: {
    title: 'Loss Surfaces, Mode Connectivity, and Fast Ensembling of DNNs',
    authors: 'Garipov, Izmailov, Podoprikhin, Vetrov, Wilson',
    year: 2018,
    reference: 'arXiv:1802.10026',
    equations: 'Section 5, eq. 5; rates and cycles of the authors’ code (timgaripov/dnn-mode-connectivity, fge.py)',
    deviations: 'The cycles are the last epochs of the suite’s budget. Batch-norm statistics are as they were trained.',
  },
  targets: ['classes', 'numbers'],
  fields: fgeFields,
  members: ({ cycles }) => cycles,
  request: (training, { suite, seed, member }) => ({
    suite,
    artefact: `fge/${member + 1}`,
    method: 'train-fge',
    hyperParameters: training,
    seed,
  }),
  fit: async () => ({ combine: meanAnswers }),
});
