import { z } from 'zod';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { tf } from '../../engine/tf.ts';
import type { Scalar, Tensor } from '../../engine/tf.ts';
import { defineMethod } from '../define.ts';
import { openModel } from '../shared/artefacts.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import { modelOf } from '../shared/network-variables.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { startedFrom } from '../training/shared/start.ts';
import { memberRequests } from './shared/members.ts';
import { divergence, teacherTargets } from './shared/teachers.ts';

/** log D(teachers) + log(1 − D(student)), the mean over rows, from the discriminator's logits [B, 1]. */
export const discrimination = (ofTeachers: Tensor, ofStudent: Tensor): Scalar =>
  tf.neg(tf.add(tf.mean(tf.softplus(tf.neg(ofTeachers))), tf.mean(tf.softplus(ofStudent)))).asScalar();

/**
 * MEAL V2 (Shen & Savvides 2020): a trained network is trained on, without labels, towards the mean distribution of
 * several teachers, while a discriminator learns to tell its answers from theirs.
 */
export default defineMethod(
  {
    id: 'meal-v2',
    version: 1,
    title: 'MEAL V2',
    summary:
      'A trained network goes on learning the mean answers of an ensemble, without labels, and a discriminator judges.',
    paper: {
      title: 'MEAL V2: Boosting Vanilla ResNet-50 to 80%+ Top-1 Accuracy on ImageNet without Tricks',
      authors: 'Shen, Savvides',
      year: 2020,
      reference: 'arXiv:2009.08453',
      equations: 'Section 3: the similarity loss KL(mean softmax ‖ student) and the discriminator on final answers',
      deviations:
        'Teachers are networks of the suite from other seeds, the student is another one. The discriminator sees ' +
        'log-probabilities, and is trained by the same optimiser in the same step, its gradient with the opposite ' +
        'sign; its width and weight are ours.',
    },
    asks: ['extra-passes'],
    fields: {
      members: z.number().int().min(1).max(50).default(5).describe('Networks that teach'),
      adversarial: z.number().min(0).max(10).default(0.1).describe('Weight of the discriminator; 0: without'),
      units: z.number().int().min(1).max(1024).default(32).describe('Hidden units of the discriminator'),
    },
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    trials: ({ id }, { members }, seed) =>
      // The student is one more of the networks that a larger ensemble would have.
      memberRequests(id, seed, members + 1),
    async *run(context, { members, adversarial, units }) {
      const { engine, models, network, stream } = context;
      const names = Array.from({ length: members }, (_, member) => `member/${member}`);
      const targets = await teacherTargets(context, names, 1);
      const { arrays } = await openModel(context, `member/${members}`);
      const student = models.open('student', undefined, (made) => startedFrom(made.init(stream('init')), arrays));
      const judge = models.open(
        'discriminator',
        mlp({ input: network.outputs, hidden: [units], outputs: 1, init: network.spec.init }),
      );
      const note = 'parameters and batch-norm statistics of the student';
      return yield* runTraining(
        context,
        {
          models: adversarial === 0 ? [student] : [student, judge],
          loss({ scope, x, rows, apply }) {
            const [logits, wanted] = [apply(student, x), scope.gather(targets, rows)];
            const similarity = divergence(logits, wanted);
            if (adversarial === 0) return similarity;
            const told = discrimination(
              apply(judge, tf.log(tf.maximum(wanted, 1e-7))),
              apply(judge, tf.logSoftmax(logits)),
            );
            return tf.add(similarity, tf.mul(told, adversarial)).asScalar();
          },
          // The discriminator goes up where the student goes down.
          transformGradients: (_scope, gradients) =>
            Object.fromEntries(
              Object.entries(gradients).map(([name, gradient]) => [
                name,
                name.startsWith('discriminator/') ? tf.neg(gradient) : gradient,
              ]),
            ),
          predictor: () => networkPredictor(engine, student.network, student),
          end: async () => ({ artefacts: { student: await modelOf(engine, student.network, student, note) } }),
        },
        true,
      );
    },
  },
);
