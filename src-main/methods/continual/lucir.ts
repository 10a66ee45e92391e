import { z } from 'zod';
import { kthLargest } from '../../engine/kth-largest.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { evaluated, networkPredictor } from '../shared/network-predictor.ts';
import type { LossScope } from './contract.ts';
import { cosines, imprinted, unit } from './shared/cosine-head.ts';
import { indicator } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, outputsBefore, withExemplars } from './shared/exemplars.ts';
import { former, keepFormer, TAUGHT } from './shared/former.ts';
import { meanRow, unitRows } from './shared/nearest-mean.ts';

/** Inside a step (eq. 6): mean over examples of 1 − the cosine between features now and before, both [B, F]. */
export const lessForget = (features: Tensor, before: Tensor): Scalar =>
  tf.mean(tf.sub(1, tf.sum(tf.mul(unit(features, 1), unit(before, 1)), 1))).asScalar();

/**
 * Inside a step (eq. 8): over the examples of old classes, the mean of max(margin − cosine of the own class + cosine of
 * a new class, 0) for the `hardest` new classes; 0 where the batch has none. cosines [B, C], labels int32 [B].
 */
export function marginRanking(
  similarity: Tensor,
  labels: Tensor,
  given: {
    readonly old: readonly number[];
    readonly fresh: readonly number[];
    readonly margin: number;
    readonly hardest: number;
  },
): Scalar {
  const { old, fresh, margin, hardest } = given;
  const outputs = similarity.shape[1] ?? 0;
  const hot = tf.cast(tf.oneHot(tf.cast(labels, 'int32'), outputs), 'float32');
  const own = tf.sum(tf.mul(similarity, hot), 1, true);
  const isOld = tf.sum(tf.mul(hot, indicator(outputs, old)), 1);
  const chosen = tf.cast(tf.oneHot(tf.tensor1d([...fresh], 'int32'), outputs), 'float32');
  const all = tf.matMul(similarity.as2D(-1, outputs), chosen.as2D(fresh.length, outputs), false, true);
  const rivals =
    hardest >= fresh.length
      ? all
      : tf.concat(
          Array.from({ length: hardest }, (_, k) => kthLargest(all, k + 1)),
          1,
        );
  const each = tf.mean(tf.relu(tf.add(tf.sub(margin, own), rivals)), 1);
  return tf.div(tf.sum(tf.mul(each, isOld)), tf.maximum(tf.sum(isOld), 1)).asScalar();
}

/**
 * LUCIR (Hou et al. 2019): a head of cosines with a learned scale, features held to the direction that they had, and a
 * margin between old classes and the new ones nearest to them, on new data and exemplars.
 */
export default defineContinualMethod({
  id: 'lucir',
  version: 1,
  title: 'LUCIR',
  summary: 'A cosine head, features held to their former direction, and a margin between old and new classes.',
  paper: {
    title: 'Learning a Unified Classifier Incrementally via Rebalancing',
    authors: 'Hou, Pan, Loy, Wang, Lin',
    year: 2019,
    reference: '10.1109/CVPR.2019.00092',
    equations: 'eqs. 4 to 9',
    deviations:
      "The suite's features are used as they are: its last rectifier is kept. Weights of old classes do not change, " +
      "as in the authors' code. No balanced fine-tuning, which they have on ImageNet only.",
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    lambda: z
      .number()
      .min(0)
      .max(1000)
      .default(5)
      .describe('Weight of the less-forget loss, times the root of old over new classes'),
    margin: z.number().min(0).max(2).default(0.5).describe('Margin between cosines'),
    scale: z.number().min(0.1).max(1000).default(1).describe('Scale η of the cosines at the start; it is learned'),
    hardest: z.number().int().min(1).max(100).default(2).describe('New classes that an old one is held away from (K)'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'It balances old and new classes that one head tells apart; it is for class-IL.',
  create: (run, { memory, lambda, margin, hardest, scale: start }) => {
    const { protocol, context } = run;
    const { engine, network } = context;
    const [{ name: head }] = network.spec.heads;
    const kernelName = `${head}/kernel`;
    const width = network.params.find(({ name }) => name === kernelName)?.shape[0] ?? 0;
    const exemplars = herdedExemplars(run, memory);
    const scale = run.trainable('scale', { eta: { shape: [], initial: () => Float32Array.of(start) } });
    const predictor = networkPredictor(engine, network, run, {
      kind: 'logits',
      answer: (scope, x) => {
        const { features } = evaluated(scope, network, run, x);
        return tf.mul(cosines(features, scope.read(run.parameters[kernelName])), scope.read(scale.parameters['eta']));
      },
    });
    const loss = (task: number, { batch, batchFeatures, tensors, apply, crossEntropy }: LossScope): Scalar => {
      const similarity = cosines(batchFeatures, tensors(run.model)[kernelName]);
      const fresh = crossEntropy(tf.mul(similarity, tensors(scale)['eta']), batch);
      if (task === 0) return fresh;
      const old = outputsBefore(run, task);
      const own = protocol.tasks[task].outputs;
      const kept = lessForget(batchFeatures, apply(former(run), batch.x).features);
      const apart = marginRanking(similarity, batch.y, { old, fresh: own, margin, hardest });
      return tf.addN([fresh, tf.mul(kept, lambda * Math.sqrt(old.length / own.length)), apart]).asScalar();
    };
    return {
      predictor: () => predictor,
      beginTask: async (task) => {
        if (task === 0) return;
        await keepFormer(run, task);
        const means = new Map<number, Float64Array>();
        for (const output of protocol.tasks[task].outputs) {
          const ids = protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output);
          means.set(output, meanRow(unitRows({ values: await run.features(ids), width })));
        }
        const kernel = run.parameters[kernelName];
        const values = Float32Array.from(await engine.read(kernel));
        engine.write(kernel, imprinted(values, protocol.outputs, outputsBefore(run, task), means));
      },
      phases: (task) => [
        {
          name: '',
          ids: () => withExemplars(run, exemplars, task),
          trains: [run.model, scale],
          loss: (losses) => loss(task, losses),
          ...(task === 0
            ? {}
            : {
                passes: TAUGHT,
                afterUpdate: (scope, { before }) => {
                  const isOld = indicator(protocol.outputs, outputsBefore(run, task));
                  const [kernel, was] = [run.parameters[kernelName], before[kernelName]];
                  const moved = tf.mul(scope.read(kernel), tf.sub(1, isOld));
                  scope.assign(kernel, tf.add(moved, tf.mul(was, isOld)));
                },
              }),
        },
      ],
      endTask: (task) => exemplars.admit(task),
    };
  },
});
