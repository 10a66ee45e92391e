import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { anchoredPenalty, perParameterStep, readAll } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { activeOutputs, batchSensitivity, denseOnly, importanceAverager, sensitivitySum } from './shared/importance.ts';

/** Memory aware synapses: importance is how much the squared norm of the outputs reacts to a parameter, summed over tasks. */
export default defineContinualMethod({
  id: 'mas', version: 1, title: 'Memory aware synapses (MAS)',
  summary: 'Protects parameters to which the outputs are most sensitive; needs no labels for that.',
  paper: { title: 'Memory Aware Synapses: Learning what (not) to forget', authors: 'Aljundi, Babiloni, Elhoseiny, Rohrbach, Tuytelaars', year: 2018, reference: 'arXiv:1711.09601', equations: 'eqs. 2 to 4 with the squared ℓ2 norm' },
  fields: {
    lambda: z.number().min(0).max(1e9).default(1).describe('Strength λ of λ Σ Ω (θ − θ*)²'),
    estimate: z.enum(['batch', 'example']).default('batch').describe("Gradient of each batch's mean (as the authors' code) or of each example (as the paper)"),
  },
  needs: { extraPasses: true },
  fits: denseOnly('MAS'),
  create: (run, { lambda, estimate }) => {
    const penalty = anchoredPenalty(run, lambda);
    const latest = run.perParameter('sensitivity');
    const average = importanceAverager(run, 'mas', run.protocol.batchSize, latest, (scope, batch) => {
      const values = { params: run.readParameters(scope), state: readAll(scope, run.statistics) };
      const active = activeOutputs(scope, run, batch.tasks);
      if (estimate === 'example') return sensitivitySum(run.context.network, values, batch.x, active);
      // the averager divides by examples; a batch counts as often as it has examples
      return Object.fromEntries(Object.entries(batchSensitivity(run.context.network, values, batch.x, active)).map(([name, value]) => [name, tf.mul(value, batch.x.shape[0])]));
    });
    const consolidate = perParameterStep(run, 'mas/consolidate', (scope, name, value) => {
      scope.assign(penalty.importance[name], tf.add(scope.read(penalty.importance[name]), scope.read(latest[name])));
      scope.assign(penalty.anchor[name], value);
    });
    return {
      addedGradients: penalty.gradients,
      endTask: async (task) => {
        await average(run.protocol.tasks[task].ids);
        await consolidate();
      },
    };
  },
});
