import { defineEnsemblingMethod } from './shared/define.ts';

/** The lower reference of ensembling: the first member of the ensembles, as it was trained. */
export default defineEnsemblingMethod({
  id: 'single',
  version: 1,
  title: 'Single network',
  summary: 'One network as it was trained: the first member of the ensembles.',
  paper: null,
  reference: 'lower',
  targets: ['classes', 'numbers'],
  fields: {},
  members: () => 1,
  fit: async () => ({ combine: ([only]) => only }),
});
