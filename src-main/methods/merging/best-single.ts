import { logSoftmaxRows } from '../shared/softmax.ts';
import { defineMergingMethod } from './contract.ts';

/** The lower reference of merging: of the two nets, the one with the smaller mean cross-entropy on validation data. */
export default defineMergingMethod({
  id: 'best-single',
  version: 1,
  title: 'Best single net',
  summary: 'The one of the two nets with the smaller loss on validation data.',
  paper: null,
  reference: 'lower',
  asks: ['validation'],
  fields: {},
  async *merge({ models, ensemble }) {
    const validation = await ensemble.validation();
    const losses: number[] = [];
    for (const index of models.keys()) {
      const logs = logSoftmaxRows(await ensemble.logits(index, validation), ensemble.outputs);
      losses.push(
        -validation.labels.reduce((sum, label, row) => sum + logs[row * ensemble.outputs + label], 0) / validation.rows,
      );
      yield (index + 1) / models.length;
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
