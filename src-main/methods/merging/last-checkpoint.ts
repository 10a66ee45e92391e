import { hasCheckpoints } from './shared/checkpoint-mixes.ts';
import { defineMergingMethod } from './shared/define.ts';

/** The lower reference of merges of checkpoints: the network as its training ended. */
export default defineMergingMethod({
  id: 'last-checkpoint',
  version: 1,
  title: 'Last checkpoint',
  summary: 'The network at the end of the run whose checkpoints are merged.',
  paper: null,
  reference: 'lower',
  fields: {},
  fits: hasCheckpoints,
  *merge({ models }) {
    yield 0;
    return { kind: 'parameters', merged: models[models.length - 1] };
  },
});
