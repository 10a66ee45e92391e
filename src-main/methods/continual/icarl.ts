import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { evaluated, evaluationLogits, networkPredictor } from '../shared/network-predictor.ts';
import { EXCLUDED } from './contract.ts';
import { perParameterStep } from './shared/anchored-penalty.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, outputsBefore, withExemplars } from './shared/exemplars.ts';
import { prototype } from './shared/nearest-mean.ts';
import { nearness } from './shared/squared-distances.ts';

/**
 * Inside a step: the loss of algorithm 3. Every output is a classifier of its own: binary cross-entropy with logits
 * [B, C], towards the old network's probabilities where `old` [C] is 1 and the labels [B] elsewhere, as the mean over
 * the entries where `active` [B, C] is 1.
 */
export function icarlLoss(
  logits: Tensor,
  given: { readonly labels: Tensor; readonly teacher: Tensor; readonly old: Tensor; readonly active: Tensor },
): Scalar {
  const { labels, teacher, old, active } = given;
  const hot = tf.oneHot(tf.cast(labels, 'int32'), old.shape[0]);
  const target = tf.add(tf.mul(old, tf.sigmoid(teacher)), tf.mul(tf.sub(1, old), hot));
  const each = tf.sub(tf.softplus(logits), tf.mul(logits, target));
  return tf.div(tf.sum(tf.mul(each, active)), tf.sum(active)).asScalar();
}

/** Inside a step: minus the squared distance of each unit row of features [B, F] to each prototype [C, F]. */
export function prototypeScores(features: Tensor, prototypes: Tensor): Tensor {
  const unit = tf.div(features, tf.maximum(tf.norm(features, 'euclidean', 1, true), 1e-12));
  return nearness(unit, prototypes);
}

/**
 * iCaRL (Rebuffi et al. 2017): exemplars chosen by herding, learned together with the new data under binary
 * cross-entropy and distillation, and recognition by the nearest mean of exemplars in the space of features.
 */
export default defineContinualMethod({
  id: 'icarl',
  version: 1,
  title: 'iCaRL',
  summary: 'Stores examples near the mean of their class and classifies by the nearest mean of what it has stored.',
  paper: {
    title: 'iCaRL: Incremental Classifier and Representation Learning',
    authors: 'Rebuffi, Kolesnikov, Sperl, Lampert',
    year: 2017,
    reference: 'arXiv:1611.07725',
    equations: 'algorithms 1 to 5',
    deviations:
      'The loss is the mean over outputs and examples (a factor of the learning rate beside the sum over outputs); ' +
      'in networks with batch norm the old network normalises by the running statistics of now; ' +
      'images are not mirrored.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes (K)'),
    share: z
      .enum(['seen', 'all'])
      .default('seen')
      .describe("A class's share of the memory: of the classes 'seen' so far (the paper), or of 'all' from the start"),
    temperature: z
      .number()
      .min(0.1)
      .max(100)
      .default(1)
      .describe(
        "What the old network's outputs are divided by before the sigmoid; 1 in the paper, 2 in van de Ven's code",
      ),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) => scenario !== 'domain-il' || 'iCaRL learns new classes; here every task has the same ones.',
  create: (run, { memory, share, temperature }) => {
    const { protocol, context } = run;
    const { engine, network } = context;
    const [{ name: head }] = network.spec.heads;
    const width = network.params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0;
    const exemplars = herdedExemplars(run, memory, share);
    const teacher = run.perParameter('teacher');
    const keepTeacher = perParameterStep(run, 'icarl/keep', (scope, name, value) => scope.assign(teacher[name], value));
    const old = run.variable('old-outputs', { shape: [protocol.outputs], dtype: 'float32' });
    const prototypes = run.variable('prototypes', { shape: [protocol.outputs, width], dtype: 'float32' });
    const predictor = networkPredictor(engine, network, run, {
      kind: 'scores',
      answer: (scope, x) => {
        const known = scope.read(prototypes);
        const isUnknown = tf.cast(tf.equal(tf.sum(tf.square(known), 1), 0), 'float32');
        const scores = prototypeScores(evaluated(scope, network, run, x).features, known);
        return tf.add(scores, tf.mul(isUnknown, EXCLUDED));
      },
    });
    return {
      passes: { forward: 2, backward: 1 },
      predictor: () => predictor,
      epochIds: (task) => withExemplars(run, exemplars, task),
      beginTask: async (task) => {
        if (task > 0) await keepTeacher();
        const before = outputsBefore(run, task);
        engine.write(
          old,
          Float32Array.from({ length: protocol.outputs }, (_, o) => (before.includes(o) ? 1 : 0)),
        );
      },
      loss: ({ scope, batch, batchLogits, masked }) =>
        icarlLoss(batchLogits, {
          labels: batch.y,
          teacher: tf.div(
            evaluationLogits(scope, network, { parameters: teacher, statistics: run.statistics }, batch.x),
            temperature,
          ),
          old: scope.read(old),
          active: tf.exp(masked(tf.zerosLike(batchLogits), batch.tasks)),
        }),
      endTask: async (task) => {
        await exemplars.admit(task);
        const means = new Float32Array(protocol.outputs * width);
        for (const output of outputsBefore(run, task + 1))
          means.set(prototype({ values: await run.features(exemplars.ofClass(output)), width }), output * width);
        engine.write(prototypes, means);
      },
    };
  },
});
