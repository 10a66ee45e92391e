import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { activeOutputs, batchSensitivity, presentValues, sensitivitySum } from './shared/importance.ts';
import { importancePenalty } from './shared/importance-penalty.ts';

/**
 * Memory aware synapses (Aljundi et al. 2018, eqs. 2 to 4): importance Ω is how much the squared norm of the outputs
 * reacts to a parameter, summed over tasks; the loss carries λ Σ Ω (θ − θ*)².
 */
export default defineContinualMethod({
  id: 'mas',
  version: 1,
  title: 'Memory aware synapses (MAS)',
  summary: 'Protects parameters to which the outputs are most sensitive; needs no labels for that.',
  paper: {
    title: 'Memory Aware Synapses: Learning what (not) to forget',
    authors: 'Aljundi, Babiloni, Elhoseiny, Rohrbach, Tuytelaars',
    year: 2018,
    reference: 'arXiv:1711.09601',
    equations: 'eqs. 2 to 4 with the squared ℓ2 norm',
    deviations:
      'Only the outputs of the tasks so far take part in the norm. By default the gradient of each ' +
      "batch's mean is taken, as in the authors' code; `estimate = example` is the paper's eq. 3. Batch " +
      'norm at its running statistics.',
  },
  fields: {
    lambda: z.number().min(0).max(1e9).default(1).describe('Strength λ of λ Σ Ω (θ − θ*)²'),
    estimate: z
      .enum(['batch', 'example'])
      .default('batch')
      .describe("Gradient of each batch's mean (as the authors' code) or of each example (as the paper)"),
  },
  asks: ['extra-passes', 'boundaries'],
  create: (run, { lambda, estimate }) =>
    importancePenalty(run, {
      name: 'mas',
      strength: lambda,
      examplesPerPass: run.protocol.batchSize,
      importance: (scope, batch) => {
        const { network } = run.context;
        const values = presentValues(scope, run);
        const active = activeOutputs(scope, run, batch.tasks);
        if (estimate === 'example') return sensitivitySum(network, values, batch.x, active);
        // importances are averaged over examples; a batch counts as often as it has examples
        return Object.fromEntries(
          Object.entries(batchSensitivity(network, values, batch.x, active)).map(([name, value]) => [
            name,
            tf.mul(value, batch.x.shape[0]),
          ]),
        );
      },
      consolidate: (kept, latest) => ({
        importance: tf.add(kept.importance, latest.importance),
        anchor: latest.anchor,
      }),
    }),
});
