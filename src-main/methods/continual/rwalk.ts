import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import { anchoredPenalty, tasksFollow } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';

/** Kept from a division by 0: the rounding of float64, as in the reference. */
const EPSILON = 2 ** -52;

/** Inside a step: F ← α g² + (1 − α) F. The first F is g², where α is given as 1. */
export const runningFisher = (fisher: Tensor, gradient: Tensor, alpha: Tensor | number): Tensor =>
  tf.add(tf.mul(tf.square(gradient), alpha), tf.mul(fisher, tf.sub(1, alpha)));

/** Inside a step: s + path / (½ F Δ² + ε), for a parameter that moved by Δ while the loss fell by `path` along it. */
export const raisedScore = (score: Tensor, path: Tensor, fisher: Tensor, moved: Tensor): Tensor =>
  tf.add(score, tf.div(path, tf.add(tf.mul(tf.mul(fisher, 0.5), tf.square(moved)), EPSILON)));

/** Inside a step: F / max F + relu(s) / max s, the maxima over all parameters. */
export function walkImportance(fishers: readonly Tensor[], scores: readonly Tensor[]): Tensor[] {
  const largest = (tensors: readonly Tensor[]): Tensor =>
    tf.add(tf.max(tf.stack(tensors.map((tensor) => tf.max(tensor)))), EPSILON);
  const [mostFisher, mostScore] = [largest(fishers), largest(scores.map((score) => tf.relu(score)))];
  return fishers.map((fisher, i) => tf.add(tf.div(fisher, mostFisher), tf.div(tf.relu(scores[i]), mostScore)));
}

/**
 * Riemannian walk (Chaudhry et al. 2018, eqs. 8 to 10): parameters are held by their running Fisher information and by
 * how much the loss fell along their path for the distance on the manifold that they went; both as shares of the
 * largest. Scores of past tasks are averaged with those of the latest.
 */
export default defineContinualMethod({
  id: 'rwalk',
  version: 1,
  title: 'Riemannian walk (RWalk)',
  summary: 'Holds parameters by running Fisher information and by what their path did for the loss.',
  paper: {
    title: 'Riemannian Walk for Incremental Learning: Understanding Forgetting and Intransigence',
    authors: 'Chaudhry, Dokania, Ajanthan, Torr',
    year: 2018,
    reference: 'arXiv:1801.10112',
    equations: 'eqs. 8 to 10',
    deviations:
      'As in Avalanche: Fisher information from the gradient of the batch mean, α on the newest, maxima over all ' +
      'parameters, λ without ½. Without the stored examples that the paper adds.',
  },
  fields: {
    lambda: z.number().min(0).max(1e6).default(0.1).describe('Strength λ of λ Σ Ω (θ − θ*)²'),
    alpha: z.number().min(0).max(1).default(0.9).describe('Share α of the newest gradient in the Fisher information'),
    every: z.number().int().min(1).max(10000).default(10).describe('Steps Δt between two updates of the scores'),
  },
  asks: ['boundaries'],
  create: (run, { lambda, alpha, every }) => {
    const penalty = anchoredPenalty(run, lambda);
    const [fisher, score, kept, path, since] = ['fisher', 'score', 'score-kept', 'path', 'since'].map((name) =>
      run.perParameter(`rwalk/${name}`),
    );
    const steps = run.variable('rwalk/steps', { shape: [], dtype: 'float32' });
    const started = run.variable('rwalk/started', { shape: [], dtype: 'float32' });
    const names = Object.keys(run.parameters);
    const begin = run.context.engine.compileStep({
      name: 'rwalk/begin',
      inputs: {},
      body: (_inputs, scope) => {
        for (const [name, value] of Object.entries(run.readParameters(scope))) {
          scope.assign(since[name], value);
          scope.assign(score[name], tf.zerosLike(value));
          scope.assign(path[name], tf.zerosLike(value));
        }
        scope.assign(steps, tf.scalar(0));
        return { done: tf.scalar(1) };
      },
    });
    const consolidate = run.context.engine.compileStep({
      name: 'rwalk/consolidate',
      inputs: { share: { shape: [], dtype: 'float32' } },
      body: ({ share }, scope) => {
        const values = run.readParameters(scope);
        const scores = names.map((name) =>
          tf.add(tf.mul(scope.read(kept[name]), tf.sub(1, share)), tf.mul(scope.read(score[name]), share)),
        );
        const fishers = names.map((name) => scope.read(fisher[name]));
        walkImportance(fishers, scores).forEach((importance, i) => {
          scope.assign(kept[names[i]], scores[i]);
          scope.assign(penalty.importance[names[i]], importance);
          scope.assign(penalty.anchor[names[i]], values[names[i]]);
        });
        return { done: tf.scalar(1) };
      },
    });
    return {
      addedGradients: penalty.gradients,
      beginTask: async () => void (await begin.run([{}])),
      afterUpdate: (scope, { before, gradients }) => {
        const count = tf.add(scope.read(steps), 1);
        const isFolded = tf.equal(tf.mod(count, every), 0);
        scope.assign(steps, count);
        const newest = tf.where(tf.equal(scope.read(started), 0), tf.scalar(1), tf.scalar(alpha));
        scope.assign(started, tf.scalar(1));
        for (const name of names) {
          const [now, gradient] = [scope.read(run.parameters[name]), gradients[name]];
          const information = runningFisher(scope.read(fisher[name]), gradient, newest);
          const walked = tf.sub(scope.read(path[name]), tf.mul(gradient, tf.sub(now, before[name])));
          const [start, known] = [scope.read(since[name]), scope.read(score[name])];
          const raised = raisedScore(known, walked, information, tf.sub(now, start));
          scope.assign(fisher[name], information);
          scope.assign(score[name], tf.where(isFolded, raised, known));
          scope.assign(path[name], tf.where(isFolded, tf.zerosLike(walked), walked));
          scope.assign(since[name], tf.where(isFolded, now, start));
        }
      },
      endTask: async (task) => {
        if (tasksFollow(run, task)) await consolidate.run([{ share: Float32Array.of(task === 0 ? 1 : 0.5) }]);
      },
    };
  },
});
