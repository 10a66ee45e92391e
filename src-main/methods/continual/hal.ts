import { z } from 'zod';
import { crossEntropyPerExample, valueAndGradients } from '../../engine/losses.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { Tensors } from '../../engine/types.ts';
import type { LossScope } from './contract.ts';
import { replaying } from './shared/bases.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { stepped } from './shared/interference.ts';
import { stepReplay } from './shared/replay.ts';

/** Mean over the entries of `counted` anchors [A] of (after − now)², by answers [A, outputs]; 0 where none is. */
export function anchorDistance(after: Tensor, now: Tensor, counted: Tensor): Scalar {
  const each = tf.mean(tf.square(tf.sub(after, now)), -1);
  return tf.div(tf.sum(tf.mul(each, counted)), tf.maximum(tf.sum(counted), 1)).asScalar();
}

/**
 * What an anchor is sought to make small, summed over anchors: the loss of the present network less that of hindsight,
 * and γ times the squared distance of its feature to the mean one (eq. 8, as in Mammoth).
 */
export function anchorObjective(present: Tensor, hindsight: Tensor, distance: Tensor, gamma: number): Scalar {
  return tf.sum(tf.add(tf.sub(present, hindsight), tf.mul(tf.sum(tf.square(distance), -1), gamma))).asScalar();
}

/**
 * Hindsight anchor learning (Chaudhry et al. 2020, eqs. 5 to 8): replay that also pays for how far a step on the batch
 * alone would move the answers to anchors, an input for each class. They are sought by gradient as a task ends: what a
 * network fitted to the memory answers worse than the present one, near the mean feature of the task.
 */
export default defineContinualMethod({
  id: 'hal',
  version: 1,
  title: 'Hindsight anchor learning (HAL)',
  summary: 'Replay that also holds the answers to learnt anchors, the inputs that are forgotten most.',
  paper: {
    title: 'Using Hindsight to Anchor Past Knowledge in Continual Learning',
    authors: 'Chaudhry, Gordo, Dokania, Torr, Lopez-Paz',
    year: 2020,
    reference: 'arXiv:2002.08165',
    equations: 'eqs. 5 to 8',
    deviations:
      'Memory is a reservoir: λ = 0 is experience replay. As in Mammoth the tried step is not differentiated, ' +
      'and hindsight is the present network after steps on memory. The tried step is plain descent at the learning ' +
      'rate also where the optimiser is another.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(500).describe('Images stored'),
    memoryBatch: z.number().int().min(1).max(10000).default(32).describe('Images drawn from memory for each step'),
    lambda: z.number().min(0).max(100).default(0.1).describe('Weight λ of the distance at anchors'),
    beta: z.number().min(0).max(1).default(0.5).describe('Share β of the mean feature that a step keeps'),
    gamma: z.number().min(0).max(100).default(0.1).describe('Weight γ of an anchor’s distance to the mean feature'),
    anchorSteps: z.number().int().min(0).max(10000).default(100).describe('Steps in which anchors are sought'),
    hindsightSteps: z.number().int().min(0).max(1000).default(1).describe('Steps on memory towards hindsight'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ network }) =>
    network.layers.every(({ kind }) => !kind.endsWith('-norm')) ||
    'Steps that are only tried would move the statistics of norms.',
  create: (run, { memory, memoryBatch, lambda, beta, gamma, anchorSteps, hindsightSteps }) => {
    const { context, protocol, models, optimiserSpec } = run;
    const { engine, network, meter } = context;
    const { lr } = optimiserSpec;
    const [low, high] = protocol.inputRange;
    const each = Math.max(...protocol.tasks.map(({ outputs }) => outputs.length));
    const total = each * protocol.tasks.length;
    const [head] = network.spec.heads;
    const width = network.params.find(({ name }) => name === `${head.name}/kernel`)?.shape[0] ?? network.outputs;
    const anchors = run.variable('anchors', { shape: [total, ...network.spec.input], dtype: 'float32' });
    const counted = run.variable('anchors/counted', { shape: [total], dtype: 'float32' });
    const meanFeature = run.variable('mean-feature', { shape: [width], dtype: 'float32' });
    const replay = stepReplay(run, memory, memoryBatch, ['replay']);
    const base = replaying(replay);
    const answers = (losses: LossScope, parameters: Tensors): Tensor =>
      losses.logits(losses.scope.read(anchors), parameters);

    const hindsight = () => models.open('hindsight');
    const look = engine.compileStep({
      name: 'hal/hindsight',
      inputs: { ids: { shape: [-1], dtype: 'int32' }, ...run.training.inputs },
      body: (inputs, scope) => {
        const { parameters } = hindsight();
        const batch = run.training.examples(scope, inputs, inputs.ids, 0);
        const before = Object.fromEntries(Object.entries(parameters).map(([name, of]) => [name, scope.read(of)]));
        const { value, gradients } = valueAndGradients((at) => {
          const losses = run.lossScope(scope, at, batch, inputs, { isTrial: true });
          return losses.crossEntropy(losses.logits(batch.x, at), batch);
        }, before);
        for (const [name, next] of Object.entries(stepped(before, gradients, lr))) scope.assign(parameters[name], next);
        return { loss: value };
      },
    });
    const draft = engine.variable('anchors-in-the-making', {
      shape: [each, ...network.spec.input],
      dtype: 'float32',
    });
    const seek = engine.compileStep({
      name: 'hal/anchors',
      inputs: { y: { shape: [each], dtype: 'int32' }, tasks: { shape: [each], dtype: 'int32' } },
      body: ({ y, tasks }, scope) => {
        const x = scope.read(draft);
        const batch = { x, y, tasks };
        const { value, gradients } = valueAndGradients(
          ({ x: at }) => {
            const losses = run.lossScope(scope, run.readParameters(scope), batch, {}, { isTrial: true });
            const loss = (logits: Tensor): Tensor => crossEntropyPerExample(losses.masked(logits, tasks), y);
            const now = losses.apply(run.model, at);
            const distance = tf.sub(now.features, scope.read(meanFeature));
            return anchorObjective(loss(now.logits), loss(losses.apply(hindsight(), at).logits), distance, gamma);
          },
          { x },
        );
        scope.assign(draft, tf.sub(x, tf.mul(gradients.x, lr)));
        return { value };
      },
    });
    const findAnchors = async (task: number): Promise<void> => {
      const { outputs } = protocol.tasks[task];
      await models.copy(run.model, 'hindsight');
      for (let step = 0; step < hindsightSteps; step++) {
        const slots = replay.buffer.draw(memoryBatch, run.stream(`hindsight/task${task}/${step}`));
        await look.run([{ ids: slots.map((slot) => replay.buffer.idAt(slot)), ...run.training.feed(step) }]);
      }
      const start = run.stream(`anchors/task${task}`);
      const size = draft.shape.reduce((product, n) => product * n, 1);
      engine.write(
        draft,
        Float32Array.from({ length: size }, () => low + (high - low) * start.uniform()),
      );
      const y = Int32Array.from({ length: each }, (_, i) => outputs[i % outputs.length]);
      const tasks = new Int32Array(each).fill(task);
      await seek.run(Array.from({ length: anchorSteps }, () => ({ y, tasks })));
      meter.passes({
        forward: hindsightSteps * memoryBatch + 2 * anchorSteps * each,
        backward: hindsightSteps * memoryBatch + 2 * anchorSteps * each,
      });
      const [all, known] = [await engine.read(anchors), await engine.read(counted)];
      all.set(await engine.read(draft), task * size);
      known.fill(1, task * each, task * each + outputs.length);
      engine.write(anchors, all);
      engine.write(counted, known);
      engine.write(meanFeature, new Float32Array(width));
    };
    const share = total / protocol.batchSize;
    return {
      ...base,
      passes: { forward: 2 * base.passes.forward + 2 * share, backward: 2 * base.passes.backward + share },
      lookahead: (losses) => {
        const { scope, parameters } = losses;
        const kept = tf.mul(scope.read(meanFeature), beta);
        scope.assign(meanFeature, tf.add(kept, tf.mul(tf.mean(losses.batchFeatures, 0), 1 - beta)));
        const tried = stepped(
          parameters,
          losses.gradients((at) => base.loss(at)),
          lr,
        );
        return { after: answers(losses, tried) };
      },
      loss: (losses) => {
        const { inputs, parameters, scope } = losses;
        const held = anchorDistance(inputs['after'], answers(losses, parameters), scope.read(counted));
        return tf.add(base.loss(losses), tf.mul(held, lambda)).asScalar();
      },
      endTask: async (task) => {
        if (task < protocol.tasks.length - 1) await findAnchors(task);
      },
    };
  },
});
