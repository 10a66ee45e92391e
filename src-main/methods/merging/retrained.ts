import { MODEL } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { openModel } from '../shared/artefacts.ts';
import { openExperts } from './shared/experts.ts';
import { expertRequests } from './shared/protocol.ts';

/** The name under which the network is opened that never knew what is to be forgotten. */
const RETRAINED = 'retrained';

/**
 * The upper reference of forgetting: nothing is taken away, the start is trained anew without what is to be forgotten,
 * which is what unlearning hopes to come near to without a training.
 */
export default defineMethod(
  {
    id: 'retrained',
    version: 1,
    title: 'Trained without it',
    summary: 'The start trained anew on all but what is to be forgotten.',
    paper: null,
    reference: 'upper',
    fields: {},
    fits: ({ id, experts }) => experts?.forgets !== undefined || `Nothing is to be forgotten on ${id}.`,
  },
  {
    family: 'merging',
    protocol: 'experts',
    trials(suite, _values, seed) {
      const { id, experts } = suite;
      if (experts?.start == null) return [];
      const { start, suite: makers = id } = experts;
      const { method, hyperParameters } = start;
      return [
        ...expertRequests(suite, seed),
        { name: RETRAINED, suite: makers, method, hyperParameters: { ...hyperParameters, retained: true }, seed },
      ];
    },
    async *run(context) {
      const experts = await openExperts(context);
      const made = await openModel(context, RETRAINED);
      yield { kind: 'progress', cursor: null, done: 1, total: 1 };
      return {
        predictor: experts.merged(context.network, made.arrays),
        parameterSets: experts.declared,
        artefacts: { [MODEL]: made },
      };
    },
  },
);
