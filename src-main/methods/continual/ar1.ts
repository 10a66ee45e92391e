import { z } from 'zod';
import { tf } from '../../engine/tf.ts';
import { REHEARSAL_FREE_BATCHES } from '../shared/papers.ts';
import { partOf } from '../shared/trainables.ts';
import { anchoredPenalty, perParameterStep, tasksFollow } from './shared/anchored-penalty.ts';
import { copiedWeights } from './shared/copied-weights.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { advancedPath, consolidatedImportance } from './shared/path-integral.ts';

/**
 * AR1* (Lomonaco, Maltoni & Pellegrini 2020, section 3.2): the head of CWR*, and below it a network that goes on
 * learning under the penalty of synaptic intelligence, whose importances are clipped.
 */
export default defineContinualMethod({
  id: 'ar1',
  version: 1,
  title: 'AR1*',
  summary: 'The head of CWR* on a network that synaptic intelligence holds near what it was.',
  paper: {
    ...REHEARSAL_FREE_BATCHES,
    equations: 'section 3.2; SI: Zenke et al. 2017, eqs. 3 to 5',
    deviations: 'No latent replay and no batch renormalisation; importances are clipped from below as well, at 0.',
  },
  fields: {
    c: z.number().min(0).max(1e9).default(300).describe('Strength c of c Σ Ω (θ − θ*)²'),
    xi: z.number().min(1e-12).max(10).default(0.1).describe('Damping ξ in w / (Δθ² + ξ)'),
    most: z.number().min(0).max(1e6).default(0.001).describe('Largest importance that one task adds'),
  },
  asks: ['boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'It copies weights of classes; it is for class-IL.',
  create: (run, { c, xi, most }) => {
    const weights = copiedWeights(run);
    const penalty = anchoredPenalty(run, c);
    const path = run.perParameter('path-integral');
    const anchorHere = perParameterStep(run, 'ar1/anchor', (scope, name, value) =>
      scope.assign(penalty.anchor[name], value),
    );
    const consolidate = perParameterStep(run, 'ar1/consolidate', (scope, name, value) => {
      const added = consolidatedImportance(
        tf.zerosLike(value),
        scope.read(path[name]),
        value,
        scope.read(penalty.anchor[name]),
        xi,
      );
      const known = scope.read(penalty.importance[name]);
      scope.assign(penalty.importance[name], tf.add(known, tf.clipByValue(added, 0, most)));
      scope.assign(path[name], tf.zerosLike(value));
      scope.assign(penalty.anchor[name], value);
    });
    return {
      beginTask: async (task) => {
        await weights.begin(task);
        if (task === 0) await anchorHere();
      },
      phases: (task) => [
        {
          name: '',
          trains: [run.model, weights.head],
          loss: (losses) => weights.loss(losses, losses.apply(run.model, losses.batch.x).features, task),
          addedGradients: (scope, parameters) => penalty.gradients(scope, partOf(parameters, run.model)),
          afterUpdate: (scope, { before, gradients }) => {
            for (const [name, integral] of Object.entries(path))
              scope.assign(
                integral,
                advancedPath(scope.read(integral), gradients[name], before[name], scope.read(run.parameters[name])),
              );
          },
        },
      ],
      endTask: async (task) => {
        await weights.end(task);
        if (tasksFollow(run, task)) await consolidate();
      },
      predictor: weights.predictor,
    };
  },
});
