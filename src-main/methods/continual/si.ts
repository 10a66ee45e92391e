import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { anchoredPenalty, perParameterStep, tasksFollow } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { advancedPath, consolidatedImportance } from './shared/path-integral.ts';

/**
 * Synaptic intelligence (Zenke et al. 2017, eqs. 3 to 5): each parameter's share w of the loss's fall is integrated
 * along the path of training (from the gradient of the task loss alone), and Ω ← Ω + w / (Δθ² + ξ) at the end of a task
 * weighs the penalty c Σ Ω (θ − θ*)².
 */
export default defineContinualMethod({
  id: 'si',
  version: 1,
  title: 'Synaptic intelligence (SI)',
  summary: 'Protects parameters by their share in the fall of earlier losses, integrated while training.',
  paper: {
    title: 'Continual Learning Through Synaptic Intelligence',
    authors: 'Zenke, Poole, Ganguli',
    year: 2017,
    reference: 'arXiv:1703.04200',
    equations: 'eqs. 3 to 5',
    deviations: 'Ω is not clamped at 0, as Hsu et al. 2018 have it; the optimiser keeps its state from task to task.',
  },
  fields: {
    c: z.number().min(0).max(1e9).default(300).describe('Strength c of c Σ Ω (θ − θ*)²'),
    xi: z.number().min(1e-12).max(10).default(0.1).describe('Damping ξ in w / (Δθ² + ξ)'),
  },
  asks: ['boundaries'],
  create: (run, { c, xi }) => {
    const penalty = anchoredPenalty(run, c);
    const path = run.perParameter('path-integral');
    const anchorHere = perParameterStep(run, 'si/anchor', (scope, name, value) =>
      scope.assign(penalty.anchor[name], value),
    );
    const consolidate = perParameterStep(run, 'si/consolidate', (scope, name, value) => {
      scope.assign(
        penalty.importance[name],
        consolidatedImportance(
          scope.read(penalty.importance[name]),
          scope.read(path[name]),
          value,
          scope.read(penalty.anchor[name]),
          xi,
        ),
      );
      scope.assign(path[name], tf.zerosLike(value));
      scope.assign(penalty.anchor[name], value);
    });
    return {
      addedGradients: penalty.gradients,
      afterUpdate: (scope, { before, gradients }) => {
        for (const [name, gradient] of Object.entries(gradients)) {
          scope.assign(
            path[name],
            advancedPath(scope.read(path[name]), gradient, before[name], scope.read(run.parameters[name])),
          );
        }
      },
      beginTask: async (task) => {
        if (task === 0) await anchorHere();
      },
      endTask: async (task) => {
        if (tasksFollow(run, task)) await consolidate();
      },
    };
  },
});
