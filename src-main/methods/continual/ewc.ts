import { z } from 'zod';
import { anchoredPenalty, mergedPenalty, perParameterStep, readAll } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { denseOnly, fisherSum, importanceAverager } from './shared/importance.ts';

/**
 * Elastic weight consolidation: after each task the diagonal Fisher information F and the parameters θ* are kept, and later tasks pay
 * (λ/2) Σ_tasks Σ F (θ − θ*)². The sum over tasks is kept as one merged quadratic with the same gradient.
 */
export default defineContinualMethod({
  id: 'ewc', version: 1, title: 'EWC',
  summary: 'Slows down parameters that were important for earlier tasks, by their Fisher information; one penalty per task.',
  paper: {
    title: 'Overcoming catastrophic forgetting in neural networks', authors: 'Kirkpatrick, Pascanu, Rabinowitz et al.', year: 2017, reference: '10.1073/pnas.1611835114',
    equations: 'eq. 3; the sum over tasks as the supplement states',
    deviations: 'The sum over tasks is stored as one quadratic (Ω, θ*) with the same gradient. The Fisher information is exact per example; labels by choice.',
  },
  fields: {
    lambda: z.number().min(0).max(1e12).default(200).describe('Strength λ of (λ/2) Σ F (θ − θ*)²'),
    labels: z.enum(['predicted', 'given', 'expected']).default('predicted').describe("Labels for the Fisher information: most likely, given, or expected over the model's own distribution"),
  },
  needs: { extraPasses: true },
  fits: denseOnly('EWC'),
  create: (run, { lambda, labels }) => {
    const penalty = anchoredPenalty(run, lambda / 2);
    const fisher = run.perParameter('fisher');
    const estimate = importanceAverager(run, 'ewc', 500, fisher, (scope, batch) =>
      fisherSum(run.context.network, { params: run.readParameters(scope), state: readAll(scope, run.statistics) }, batch, scope.gather(run.mask, batch.tasks), labels));
    const consolidate = perParameterStep(run, 'ewc/consolidate', (scope, name, value) => {
      const merged = mergedPenalty({ importance: scope.read(penalty.importance[name]), anchor: scope.read(penalty.anchor[name]) }, { importance: scope.read(fisher[name]), anchor: value });
      scope.assign(penalty.importance[name], merged.importance);
      scope.assign(penalty.anchor[name], merged.anchor);
    });
    return {
      addedGradients: penalty.gradients,
      endTask: async (task) => {
        await estimate(run.protocol.tasks[task].ids);
        await consolidate();
      },
    };
  },
});
