import { defineMergingMethod } from './shared/define.ts';

/** The lower reference of suites with a common start: this start, with what it knows before any expert was trained. */
export default defineMergingMethod({
  id: 'start',
  version: 1,
  title: 'Start of the experts',
  summary: 'The network that the experts start from, as it is.',
  paper: null,
  reference: 'lower',
  needsStart: true,
  fields: {},
  *merge({ base }) {
    yield 0;
    return { kind: 'parameters', merged: base };
  },
});
