import { buildNetwork } from '../../engine/networks/networks.ts';
import type { Method } from '../contract.ts';
import { expertStatistics, openMeasured } from './shared/expert-statistics.ts';
import { diagonalFisher } from './shared/layer-statistics.ts';

/**
 * The diagonal Fisher information of one expert, on inputs of its own task and with the head of this task: labels are
 * expected over the expert's own distribution. A hidden trial, shared by all merges that need it.
 */
const expertFishers: Method = expertStatistics({
  id: 'expert-fishers',
  title: 'Fisher information of one expert',
  summary: "How much an expert's answers hang on each of its parameters; made once, shared by all merges.",
  artefact: 'fisher',
  async measure(context, values) {
    const { network, arrays, tasks, task, take } = await openMeasured(context, values);
    const heads = network.spec.heads.filter(({ name }) => name === tasks[task].head);
    const alone = buildNetwork({ ...network.spec, heads: [heads[0]] });
    const rows = take(tasks[task].trainingInputs(), task, values.examples);
    context.meter.passes({ forward: rows.ids.length, backward: rows.ids.length * alone.outputs });
    return diagonalFisher(context.engine, alone, arrays, rows);
  },
});
export default expertFishers;
