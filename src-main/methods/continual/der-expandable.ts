import { z } from 'zod';
import type { Model } from '../models.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { expanding } from './shared/expanding.ts';

/**
 * Dynamically expandable representations (Yan, Xie & He 2021, eqs. 2 to 6): every task adds a feature extractor and
 * freezes those before it. One head on all features together learns the new data and the memory; an auxiliary head on
 * the new features alone tells the new classes from each other and from all earlier ones.
 */
export default defineContinualMethod({
  id: 'der-expandable',
  version: 1,
  title: 'Dynamically expandable representations',
  summary:
    'Adds a feature extractor for each task and freezes the earlier ones; one head on all of them, and a memory.',
  paper: {
    title: 'DER: Dynamically Expandable Representation for Class Incremental Learning',
    authors: 'Yan, Xie, He',
    year: 2021,
    reference: 'arXiv:2103.16788',
    equations: 'eqs. 2 to 6',
    deviations:
      'Extractors are not pruned, and the head is not trained again on a balanced set: the memory is repeated in ' +
      'every epoch until it is about as large as the new data, which leaves nothing to align (looked at on ' +
      'development data). `align` scales the weights for the new classes to the length of the others (Zhao et al. ' +
      '2020), as PyCIL does, which does not repeat the memory. Memory holds an equal share for each task seen, ' +
      'drawn at random.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(200).describe('Images stored over all tasks'),
    auxiliary: z.number().min(0).max(100).default(1).describe('Weight λ of the auxiliary loss'),
    align: z.boolean().default(false).describe('Scale the weights of new classes to the length of the others'),
  },
  asks: ['replay-memory', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'The head tells all classes apart; it is for class-IL.',
  create: (run, settings) => {
    const { models, protocol, context } = run;
    const open = (task: number): Model =>
      models.open(
        `extractor-${task}`,
        { ...context.network.spec, heads: [{ name: 'auxiliary', outputs: protocol.tasks[task].outputs.length + 1 }] },
        (network) => network.init(run.stream(task === 0 ? 'init' : `init/extractor-${task}`)),
      );
    return expanding(run, { open }, settings);
  },
});
