import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { Predictor } from '../contract.ts';
import type { Model } from '../models.ts';
import { evaluated, networkPredictor } from '../shared/network-predictor.ts';
import { EXCLUDED, type LossScope } from './contract.ts';
import { prototypeScores } from './icarl.ts';
import { supervisedContrast } from './shared/contrastive.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { prototype } from './shared/nearest-mean.ts';
import { stepReplay } from './shared/replay.ts';

/**
 * Supervised contrastive replay (Mai et al. 2021): each step contrasts the batch of the stream and a batch from a
 * reservoir, class against class, through a projection. The class whose mean of stored examples is nearest answers.
 */
export default defineContinualMethod({
  id: 'supervised-contrastive-replay',
  version: 1,
  title: 'Supervised contrastive replay (SCR)',
  summary: 'Learns features by contrast of new and stored examples, and answers with the nearest mean of stored ones.',
  paper: {
    title:
      'Supervised Contrastive Replay: Revisiting the Nearest Class Mean Classifier in Online Class-Incremental ' +
      'Continual Learning',
    authors: 'Mai, Li, Kim, Sanner',
    year: 2021,
    reference: 'arXiv:2103.13885',
    equations: 'eqs. 2 to 5, algorithm 1',
    deviations:
      'A second view of each example is made where the suite augments; elsewhere each has one. Means are measured on ' +
      'the memory whenever the method is asked.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(100).describe('Images drawn from memory for each step'),
    temperature: z.number().min(0.001).max(10).default(0.07).describe('Temperature τ of the contrast'),
    projection: z.number().int().min(1).max(10000).default(128).describe('Width of the projection'),
  },
  asks: ['replay-memory', 'extra-passes'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'Means of classes stand for classes; it is for class-IL, where each is of one task.',
  create: (run, { memory, memoryBatch, temperature, projection }) => {
    const { context, models, protocol } = run;
    const { engine, network } = context;
    const [{ name: head }] = network.spec.heads;
    const width = network.params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0;
    const replay = stepReplay(run, memory, memoryBatch, ['replay']);
    const projector = (): Model =>
      models.open('projector', {
        architecture: { kind: 'projector', input: width, hidden: width, outputs: projection },
        input: [width],
        layers: [{ kind: 'dense', name: 'hidden', units: width }, { kind: 'relu' }],
        heads: [{ name: 'projection', outputs: projection }],
        init: network.spec.init,
      });
    const views = protocol.augmentation === null ? [0] : [0, 2];
    const prototypes = run.variable('prototypes', { shape: [protocol.outputs, width], dtype: 'float32' });
    const nearest = networkPredictor(engine, network, run, {
      kind: 'scores',
      answer: (scope, x) => {
        const known = scope.read(prototypes);
        const isUnknown = tf.cast(tf.equal(tf.sum(tf.square(known), 1), 0), 'float32');
        return tf.add(prototypeScores(evaluated(scope, network, run, x).features, known), tf.mul(isUnknown, EXCLUDED));
      },
    });
    const measure = async (): Promise<void> => {
      const stored = Int32Array.from({ length: replay.buffer.size }, (_, slot) => replay.buffer.idAt(slot));
      const means = new Float32Array(protocol.outputs * width);
      for (let output = 0; output < protocol.outputs; output += 1) {
        const ids = stored.filter((id) => protocol.labelOf(id) === output);
        if (ids.length > 0) means.set(prototype({ values: await run.features(ids), width }), output * width);
      }
      engine.write(prototypes, means);
    };
    const predictor: Predictor = {
      ...nearest,
      answer: async (question) => {
        await measure();
        return nearest.answer(question);
      },
    };
    const projected = ({ apply, features }: LossScope, x: Tensor): Tensor => apply(projector(), features(x)).logits;
    return {
      trains: [run.model, projector()],
      inputs: replay.inputs,
      feed: replay.feed,
      passes: {
        forward: replay.passes.forward * views.length,
        backward: replay.passes.backward * views.length,
      },
      predictor: () => predictor,
      loss: (losses) => {
        const ids = tf.concat([losses.inputs['ids'], losses.inputs['replayIds']]);
        const seen = views.map((use) => losses.examples(ids, use));
        const { weights } = replay.together(losses, 'replay');
        return supervisedContrast(
          tf.concat(
            seen.map(({ x }) => projected(losses, x)),
            0,
          ),
          tf.concat(seen.map(({ y }) => y)),
          temperature,
          tf.concat(seen.map(() => weights)),
        );
      },
    };
  },
});
