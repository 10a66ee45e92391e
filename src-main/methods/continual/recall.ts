import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { indicator } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { outputsBefore } from './shared/exemplars.ts';
import { former, keepFormer, TAUGHT } from './shared/former.ts';
import { localCrossEntropy } from './shared/local-loss.ts';
import { trainingLogits } from './shared/training-logits.ts';

/**
 * Inside a step: mean over examples and the outputs with a 1 in `old` [C] of (logit − recalled)², each divided by
 * `scale` [C] before it is squared.
 */
export function recallLoss(logits: Tensor, recalled: Tensor, old: Tensor, scale: Tensor): Scalar {
  const each = tf.mul(tf.square(tf.div(tf.sub(logits, recalled), scale)), old);
  return tf.mean(tf.div(tf.sum(each, 1), tf.sum(old))).asScalar();
}

/** Population variance of each column of answers [rows × outputs], row-major. */
export function columnVariances(values: ArrayLike<number>, outputs: number): Float64Array {
  const rows = values.length / outputs;
  const [sums, squares] = [new Float64Array(outputs), new Float64Array(outputs)];
  for (let at = 0; at < values.length; at += 1) sums[at % outputs] += values[at] / rows;
  for (let at = 0; at < values.length; at += 1) squares[at % outputs] += (values[at] - sums[at % outputs]) ** 2 / rows;
  return squares;
}

/**
 * RECALL (Knauer, Denninger & Triebel 2022): before a task, what the network answers for the old classes on the new
 * data is recalled. The task trains a cross-entropy among its own classes, and regression of the old logits to these.
 */
export default defineContinualMethod({
  id: 'recall',
  version: 1,
  title: 'RECALL',
  summary: 'Regresses the logits of old classes to what they were for the new data; stores no data.',
  paper: {
    title: 'RECALL: Rehearsal-free Continual Learning for Object Classification',
    authors: 'Knauer, Denninger, Triebel',
    year: 2022,
    reference: 'arXiv:2209.14774',
    equations: 'section IV, regression and Mahalanobis losses',
    deviations:
      "The suite's whole network is trained, not heads of sines on features of a network trained elsewhere. `divide` " +
      "is `twice` in the authors' code: the difference is divided by the variance, then squared.",
  },
  fields: {
    lambda: z.number().min(0).max(1e4).default(1).describe('Weight of the regression'),
    divide: z
      .enum(['none', 'once', 'twice'])
      .default('once')
      .describe('How often the squared difference is divided by the variance of the recalled logit'),
  },
  asks: ['extra-passes', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'Each task brings outputs of its own; it is for class-IL.',
  create: (run, { lambda, divide }) => {
    const { protocol, context } = run;
    const { outputs } = protocol;
    const logitsOf = trainingLogits(run);
    const scale = run.variable('scale', { shape: [outputs], dtype: 'float32' }, () =>
      new Float32Array(outputs).fill(1),
    );
    return {
      beginTask: async (task) => {
        if (task === 0) return;
        await keepFormer(run, task);
        if (divide === 'none') return;
        const variances = columnVariances(await logitsOf(protocol.tasks[task].ids), outputs);
        const power = divide === 'once' ? 0.5 : 1;
        context.engine.write(
          scale,
          Float32Array.from(variances, (variance) => Math.max(variance, 1e-6) ** power),
        );
      },
      phases: (task) => [
        {
          name: '',
          loss: ({ scope, batch, batchLogits, apply }) => {
            const fresh = localCrossEntropy(run, task, batchLogits, batch);
            if (task === 0) return fresh;
            const old = indicator(outputs, outputsBefore(run, task));
            const recalled = apply(former(run), batch.x).logits;
            return tf.add(fresh, tf.mul(recallLoss(batchLogits, recalled, old, scope.read(scale)), lambda)).asScalar();
          },
          ...(task === 0 ? {} : { passes: TAUGHT }),
        },
      ],
    };
  },
});
