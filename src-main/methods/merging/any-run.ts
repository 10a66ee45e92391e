import { classAnswers } from '../answers.ts';
import { defineMergingMethod } from './shared/define.ts';

/**
 * The lower reference of soups: what to expect of one run of those there are. Each row is answered by a run that is
 * drawn for it, so the expected accuracy is the mean of the runs' own.
 */
export default defineMergingMethod({
  id: 'any-run',
  version: 1,
  title: 'A run drawn at random',
  summary: 'Each row is answered by one of the runs, drawn anew: the mean accuracy of the runs by themselves.',
  paper: null,
  reference: 'lower',
  fields: {},
  fits: ({ id, tasks }) => tasks === 1 || `The networks of ${id} were trained on several tasks.`,
  *merge({ tasks: [{ outputs }], stream }) {
    yield 0;
    return {
      kind: 'predictions',
      combine(answers) {
        const rows = answers[0].values.length / outputs;
        const draws = stream(`run of each of ${rows} rows`);
        const values = new Float32Array(rows * outputs);
        const all = answers.map((one) => classAnswers(one, rows, outputs));
        for (let row = 0; row < rows; row += 1) {
          const [from, to] = [row * outputs, (row + 1) * outputs];
          values.set(all[draws.integer(all.length)].values.subarray(from, to), from);
        }
        return { ...all[0], values };
      },
    };
  },
});
