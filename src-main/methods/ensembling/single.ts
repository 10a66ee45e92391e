import { defineEnsemblingMethod } from './contract.ts';

export default defineEnsemblingMethod({
  id: 'single', version: 1, title: 'Single network', summary: 'One network as it was trained: the first member of the ensembles.', paper: null, reference: 'lower', fields: {},
  members: () => 1,
  fit: async () => ({ combine: ([logits]) => logits }),
});
