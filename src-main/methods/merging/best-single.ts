import { logSoftmaxRows } from '../shared/softmax.ts';
import { defineMergingMethod } from './shared/define.ts';

/** The lower reference of merging: of all nets, the one with the smallest mean cross-entropy on validation data. */
export default defineMergingMethod({
  id: 'best-single',
  version: 1,
  title: 'Best single net',
  summary: 'The one of the nets with the smaller loss on validation data.',
  paper: null,
  reference: 'lower',
  asks: ['validation'],
  anyWidth: true,
  fields: {},
  async *merge({ models, tasks, logits }) {
    const losses: number[] = [];
    for (const model of models.keys()) {
      let [sum, rows] = [0, 0];
      for (const [index, task] of tasks.entries()) {
        const validation = await task.validation();
        const logs = logSoftmaxRows(await logits(model, index, validation), task.outputs);
        sum -= validation.labels.reduce((total, label, row) => total + logs[row * task.outputs + label], 0);
        rows += validation.rows;
      }
      losses.push(sum / rows);
      yield (model + 1) / models.length;
    }
    const best = losses.indexOf(Math.min(...losses));
    return {
      kind: 'predictions',
      models: [best],
      combine: ([only]) => only,
      notes: [`Net ${best}: validation losses ${losses.map((loss) => loss.toFixed(4)).join(' and ')}.`],
    };
  },
});
