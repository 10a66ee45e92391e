import type { NamedArrays } from '../../engine/types.ts';
import type { Method } from '../contract.ts';
import { joined } from '../shared/network-predictor.ts';
import { shareOfTask } from './shared/drawn-inputs.ts';
import { hiddenAnswers } from './shared/layer-statistics.ts';
import type { HiddenAnswers } from './shared/layer-statistics.ts';
import { expertStatistics, openMeasured } from './shared/expert-statistics.ts';

/**
 * Answers of the hidden layers of one expert to inputs of all tasks, the same number of each: `before/<layer>` as they
 * are, `after/<layer>` as the next layer is given them. A hidden trial, as that of the Gram matrices.
 */
const expertAnswers: Method = expertStatistics({
  id: 'expert-answers',
  title: 'Hidden answers of one expert',
  summary:
    'What the hidden layers of an expert answer to training inputs of all tasks; made once, shared by all merges.',
  artefact: 'answers',
  async measure(context, values) {
    const { network, arrays, tasks, take } = await openMeasured(context, values);
    const parts: HiddenAnswers[] = [];
    for (const [index, task] of tasks.entries()) {
      const wanted = shareOfTask(values.examples, tasks.length, index);
      parts.push(await hiddenAnswers(context.engine, network, arrays, take(task.trainingInputs(), index, wanted)));
    }
    const found: NamedArrays = { rows: Float32Array.of(parts.reduce((sum, { rows }) => sum + rows, 0)) };
    for (const side of ['before', 'after'] as const)
      parts[0][side].forEach((_, layer) => {
        found[`${side}/${layer}`] = joined(parts.map((part) => part[side][layer]));
      });
    return found;
  },
});
export default expertAnswers;
