import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { anchoredPenalty, perParameterStep, readAll } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { denseOnly, fisherSum, importanceAverager } from './shared/importance.ts';

/** Online EWC: one running importance Ω ← γ Ω + F and one anchor, the parameters after the latest task. */
export default defineContinualMethod({
  id: 'online-ewc', version: 1, title: 'Online EWC',
  summary: 'EWC with one running importance and one anchor, so that cost does not grow with the number of tasks.',
  paper: { title: 'Progress & Compress: A scalable framework for continual learning', authors: 'Schwarz, Luketina, Czarnecki et al.', year: 2018, reference: 'arXiv:1805.06370', equations: 'eqs. 8 and 9' },
  fields: {
    lambda: z.number().min(0).max(1e12).default(800).describe('Strength λ of (λ/2) Σ Ω (θ − θ*)²'),
    gamma: z.number().min(0).max(1).default(1).describe('Decay γ of the running importance'),
    labels: z.enum(['predicted', 'given', 'expected']).default('predicted').describe("Labels for the Fisher information: most likely, given, or expected over the model's own distribution"),
  },
  needs: { extraPasses: true },
  fits: denseOnly('Online EWC'),
  create: (run, { lambda, gamma, labels }) => {
    const penalty = anchoredPenalty(run, lambda / 2);
    const fisher = run.perParameter('fisher');
    const estimate = importanceAverager(run, 'online-ewc', 500, fisher, (scope, batch) =>
      fisherSum(run.context.network, { params: run.readParameters(scope), state: readAll(scope, run.statistics) }, batch, scope.gather(run.mask, batch.tasks), labels));
    const consolidate = perParameterStep(run, 'online-ewc/consolidate', (scope, name, value) => {
      scope.assign(penalty.importance[name], tf.add(tf.mul(scope.read(penalty.importance[name]), gamma), scope.read(fisher[name])));
      scope.assign(penalty.anchor[name], value);
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
