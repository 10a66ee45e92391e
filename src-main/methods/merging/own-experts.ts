import { changePictures } from './shared/change-pictures.ts';
import { defineMergingMethod } from './shared/define.ts';
import { expertsOf } from './shared/protocol.ts';

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
  *merge({ context, whole, models, ...input }) {
    yield 0;
    const { start, members } = expertsOf(context).facts;
    // Nets of several shapes have no changes that could be set against each other.
    const isAlike = start !== null && members.every(({ network }) => network === undefined);
    return {
      kind: 'a net a model',
      nets: whole,
      ...(isAlike ? { matrices: changePictures(models, input.base) } : {}),
    };
  },
});
