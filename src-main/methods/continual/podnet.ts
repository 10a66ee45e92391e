import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import { evaluated, networkPredictor } from '../shared/network-predictor.ts';
import { EXCLUDED, type LossScope } from './contract.ts';
import { cosines, unit } from './shared/cosine-head.ts';
import { indicator } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, outputsBefore, withExemplars } from './shared/exemplars.ts';
import { former, keepFormer, TAUGHT } from './shared/former.ts';
import { lessForget } from './lucir.ts';

/**
 * Inside a step (eq. 5): the distance between the pooled maps of one layer now and before, both [B, H, W, C]: squares
 * summed over the width and over the height, brought to unit length together, as the mean over examples.
 */
export function pooledDistance(now: Tensor, before: Tensor): Scalar {
  const pooled = (maps: Tensor): Tensor => {
    const [count, squares] = [maps.shape[0], tf.square(maps)];
    return unit(tf.concat([tf.sum(squares, 2).as2D(count, -1), tf.sum(squares, 1).as2D(count, -1)], 1), 1);
  };
  const difference = tf.sub(pooled(now), pooled(before));
  return tf.mean(tf.sqrt(tf.add(tf.sum(tf.square(difference), 1), 1e-12))).asScalar();
}

/**
 * Inside a step (eq. 10): what a class's proxies say, the mean of their cosines by their softmax; cosines [B, C · K],
 * those of a class beside each other → [B, C].
 */
export function localSimilarity(similarity: Tensor, proxies: number): Tensor {
  const grouped = tf.reshape(similarity, [similarity.shape[0], -1, proxies]);
  return tf.sum(tf.mul(tf.softmax(grouped), grouped), 2);
}

/**
 * Inside a step (eq. 11): the mean over examples of max(−ln (exp η(s_y − δ) / Σ_{i≠y} exp η s_i), 0), s [B, C]; outputs
 * with a 0 in `active` [C] take no part.
 */
export function marginProxyLoss(
  similarity: Tensor,
  labels: Tensor,
  eta: Tensor,
  margin: number,
  active: Tensor,
): Scalar {
  const hot = tf.cast(tf.oneHot(tf.cast(labels, 'int32'), similarity.shape[1] ?? 0), 'float32');
  const scaled = tf.mul(similarity, eta);
  const own = tf.sub(tf.sum(tf.mul(scaled, hot), 1), tf.mul(eta, margin));
  const out = tf.mul(tf.sub(1, tf.mul(tf.sub(1, hot), active)), EXCLUDED);
  return tf.mean(tf.relu(tf.sub(tf.logSumExp(tf.add(scaled, out), 1), own))).asScalar();
}

/**
 * PODNet (Douillard et al. 2020): several proxies a class with a margin between classes, and distillation of what the
 * layers answer, pooled, and of the direction of the features, on new data and exemplars.
 */
export default defineContinualMethod({
  id: 'podnet',
  version: 1,
  title: 'PODNet',
  summary: 'Several proxies for each class, and pooled answers of the layers held to what they were.',
  paper: {
    title: 'PODNet: Pooled Outputs Distillation for Small-Tasks Incremental Learning',
    authors: 'Douillard, Cord, Ollion, Robert, Valle',
    year: 2020,
    reference: 'arXiv:2004.13513',
    equations: 'eqs. 5 to 11',
    deviations:
      'Maps are pooled after each convolution; dense networks have none. The flat term is one minus the cosine, as ' +
      'in PyCIL; new proxies start at random; no fine-tuning on balanced exemplars.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    flat: z.number().min(0).max(1000).default(1).describe('Weight of the distillation of features'),
    spatial: z.number().min(0).max(1000).default(5).describe('Weight of the distillation of pooled maps'),
    proxies: z.number().int().min(1).max(100).default(10).describe('Proxies of a class'),
    margin: z.number().min(0).max(2).default(0.6).describe('Margin δ between classes'),
    scale: z.number().min(0.1).max(1000).default(1).describe('Scale η of the similarities at the start; it is learned'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'Proxies stand for classes; it is for class-IL.',
  create: (run, { memory, flat, spatial, proxies, margin, scale: start }) => {
    const { protocol, context } = run;
    const { engine, network } = context;
    const { outputs } = protocol;
    const [{ name: head }] = network.spec.heads;
    const width = network.params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0;
    const exemplars = herdedExemplars(run, memory);
    const classifier = run.trainable('proxies', {
      kernel: {
        shape: [width, outputs * proxies],
        initial: () => {
          const values = new Float32Array(width * outputs * proxies);
          run.stream('init/proxies').fillUniform(values, -1, 1);
          return values;
        },
      },
      eta: { shape: [], initial: () => Float32Array.of(start) },
    });
    // Of the suite's network only the features are in the answer.
    const predictor = networkPredictor(engine, network, run, {
      kind: 'logits',
      answer: (scope, x) => {
        const similarity = cosines(
          evaluated(scope, network, run, x).features,
          scope.read(classifier.parameters['kernel']),
        );
        return tf.mul(localSimilarity(similarity, proxies), scope.read(classifier.parameters['eta']));
      },
    });
    const loss = (task: number, { batch, tensors, apply }: LossScope): Scalar => {
      const mapsNow: Record<string, Tensor> = {};
      const mapsBefore: Record<string, Tensor> = {};
      const into =
        (maps: Record<string, Tensor>) =>
        (layer: string, _input: Tensor, output: Tensor): Tensor => {
          if (output.rank === 4) maps[layer] = output;
          return output;
        };
      const now = apply(run.model, batch.x, { tap: into(mapsNow) }).features.as2D(-1, width);
      const { kernel, eta } = tensors(classifier);
      const seen = outputsBefore(run, task + 1);
      const similarity = localSimilarity(cosines(now, kernel), proxies);
      const apart = marginProxyLoss(similarity, batch.y, eta, margin, indicator(outputs, seen));
      if (task === 0) return apart;
      const before = apply(former(run), batch.x, { tap: into(mapsBefore) }).features.as2D(-1, width);
      const factor = Math.sqrt(seen.length / protocol.tasks[task].outputs.length);
      const layers = Object.keys(mapsNow);
      const pooled = layers.map((layer) =>
        tf.mul(pooledDistance(mapsNow[layer], mapsBefore[layer]), (spatial * factor) / layers.length),
      );
      return tf.addN([apart, tf.mul(lessForget(now, before), flat * factor), ...pooled]).asScalar();
    };
    return {
      predictor: () => predictor,
      beginTask: (task) => keepFormer(run, task),
      phases: (task) => [
        {
          name: '',
          ids: () => withExemplars(run, exemplars, task),
          trains: [run.model, classifier],
          loss: (losses) => loss(task, losses),
          ...(task === 0 ? {} : { passes: TAUGHT }),
        },
      ],
      endTask: (task) => exemplars.admit(task),
    };
  },
});
