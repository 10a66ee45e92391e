import { z } from 'zod';
import { snapshotFields } from '../training/train-snapshots.ts';
import { defineEnsemblingMethod } from './shared/define.ts';
import { meanAnswers } from './shared/combine.ts';

/**
 * Snapshot ensemble (Huang et al. 2017): the mean of the distributions of one network at the ends of the last m of M
 * cycles of one training.
 */
export default defineEnsemblingMethod({
  id: 'snapshot-ensemble',
  version: 1,
  title: 'Snapshot ensemble',
  summary: 'The mean over snapshots of one training, taken wherever its learning rate has fallen to 0.',
  paper: {
    title: 'Snapshot Ensembles: Train 1, Get M for Free',
    authors: 'Huang, Li, Pleiss, Liu, Hopcroft, Weinberger',
    year: 2017,
    reference: 'arXiv:1704.00109',
    equations: 'Eq. 2 and section 3',
    deviations: 'The last cycle is shorter where M does not divide the steps.',
  },
  targets: ['classes', 'numbers'],
  fields: {
    ...snapshotFields,
    used: z
      .number()
      .int()
      .min(0)
      .max(50)
      .default(0)
      .describe('m: how many of the last snapshots answer')
      .meta({ defaultMeans: 'all' }),
  },
  members: ({ cycles, used }) => (used === 0 ? cycles : Math.min(used, cycles)),
  request({ used: _all, ...training }, { suite, seed, member, members }) {
    const artefact = `snapshot/${training.cycles - members + member + 1}`;
    return { suite, artefact, method: 'train-snapshots', hyperParameters: training, seed };
  },
  fit: async () => ({ combine: meanAnswers }),
});
