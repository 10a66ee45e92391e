import type { Method } from '../contract.ts';
import { layerGrams } from './shared/layer-statistics.ts';
import { expertStatistics, openMeasured } from './shared/expert-statistics.ts';

/**
 * Gram matrices of one expert, on inputs of its own task: XᵀX / rows of what each dense layer is given. A hidden trial,
 * so that every merge that needs them shares one measurement.
 */
const expertGrams: Method = expertStatistics({
  id: 'expert-grams',
  title: 'Gram matrices of one expert',
  summary: "What the layers of an expert are given on its own task's training inputs; made once, shared by all merges.",
  artefact: 'gram',
  async measure(context, values) {
    const { network, arrays, tasks, task, take } = await openMeasured(context, values);
    const { inputs, ids } = take(tasks[task].trainingInputs(), task, values.examples);
    return layerGrams(context.engine, network, arrays, { inputs, ids });
  },
});
export default expertGrams;
