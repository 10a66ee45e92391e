import { defineMergingMethod } from './shared/define.ts';

/**
 * The upper reference of suites with several tasks: nothing is merged, each task is answered by the expert that was
 * trained on it, at the storage of all of them. Normalised accuracies are shares of this.
 */
export default defineMergingMethod({
  id: 'own-experts',
  version: 1,
  title: 'Every expert on its own task',
  summary: 'Each task is answered by the expert that was trained on it: what merging hopes to reach with one network.',
  paper: null,
  reference: 'upper',
  anyWidth: true,
  fields: {},
  fits: ({ id, tasks }) => tasks > 1 || `All networks of ${id} were trained on one task.`,
  *merge({ whole }) {
    yield 0;
    return { kind: 'a net a model', nets: whole };
  },
});
