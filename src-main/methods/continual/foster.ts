import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { Predictor } from '../contract.ts';
import type { Model } from '../models.ts';
import { evaluated, networkPredictor, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { EXCLUDED, type LossScope } from './contract.ts';
import { indicator, softenedCrossEntropy } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, outputsBefore, withExemplars } from './shared/exemplars.ts';
import { former, keepFormer } from './shared/former.ts';
import { alignment } from './shared/weight-alignment.ts';

/**
 * Weights of classes by their numbers of examples (Cui et al. 2019): (1 − β) / (1 − βⁿ), scaled so that their sum is
 * the number of classes. With β = 1 they would be 1/n.
 */
export function effectiveWeights(counts: readonly number[], beta: number): number[] {
  const raw = counts.map((count) => (1 - beta) / (1 - beta ** count));
  const total = raw.reduce((sum, weight) => sum + weight, 0);
  return raw.map((weight) => (weight / total) * counts.length);
}

/**
 * Inside a step (eq. 12): distillation where the teacher's probabilities at temperature T are multiplied by weights of
 * classes [C] and brought to a sum of 1 again; the mean over examples. Outputs with a 0 in `active` [C] take no part.
 */
export function balancedDistillation(
  student: Tensor,
  teacher: Tensor,
  weights: Tensor,
  temperature: number,
  active: Tensor,
): Scalar {
  const excluded = tf.mul(tf.sub(1, active), EXCLUDED);
  const soft = tf.mul(tf.softmax(tf.add(tf.div(teacher, temperature), excluded)), weights);
  const target = tf.div(soft, tf.sum(soft, -1, true));
  const answer = tf.logSoftmax(tf.add(tf.div(student, temperature), excluded));
  return tf.neg(tf.mean(tf.sum(tf.mul(target, answer), -1))).asScalar();
}

/**
 * FOSTER (Wang et al. 2022): a task first boosts, with new features beside the frozen ones of before and one head on
 * both, and then compresses what it has into one network again, by distillation that weighs classes alike.
 */
export default defineContinualMethod({
  id: 'foster',
  version: 1,
  title: 'FOSTER',
  summary: 'Adds a network for what the old one cannot tell, then distils both into one.',
  paper: {
    title: 'FOSTER: Feature Boosting and Compression for Class-Incremental Learning',
    authors: 'Wang, Zhou, Ye, Zhan',
    year: 2022,
    reference: 'arXiv:2204.04662',
    equations: 'eqs. 6 to 12',
    deviations:
      'As in PyCIL: the new network starts as the old one, logits are divided by the weights of classes. Each stage ' +
      'has the budget of the suite and its optimiser; no weight decay, and the rate is not annealed.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of distillation'),
    beta1: z.number().min(0).max(0.99999).default(0.96).describe('β of the class weights while boosting'),
    beta2: z.number().min(0).max(0.99999).default(0.97).describe('β of the class weights while compressing'),
    lambda: z.number().min(0).max(100).default(1).describe('Weight of distillation while boosting'),
    align: z
      .boolean()
      .default(false)
      .describe('Scale the weights of new classes to the length of the others after each stage'),
    answer: z
      .enum(['compressed', 'boosted'])
      .default('compressed')
      .describe('Who answers after a task: the compressed network, or both networks before compression'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) => scenario === 'class-il' || 'The head tells all classes apart; it is for class-IL.',
  create: (run, { memory, temperature, beta1, beta2, lambda, align, answer }) => {
    const { context, models, protocol } = run;
    const { engine, network } = context;
    const { outputs } = protocol;
    const [{ name: head }] = network.spec.heads;
    const width = network.params.find(({ name }) => name === `${head}/kernel`)?.shape[0] ?? 0;
    const exemplars = herdedExemplars(run, memory);
    /** The network that learns new features; its head is the auxiliary one. */
    const booster = (): Model => models.open('booster');
    const jointSpec: NetworkSpec = {
      architecture: { kind: 'head', extractors: 2, width, outputs },
      input: [2 * width],
      layers: [],
      heads: [{ name: head, outputs }],
      init: network.spec.init,
    };
    const joint = (): Model => models.open('joint', jointSpec);
    const countsAt = (task: number): number[] => [
      ...outputsBefore(run, task).map((output) => exemplars.ofClass(output).length),
      ...protocol.tasks[task].outputs.map(
        (output) => protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output).length,
      ),
    ];
    /** [C]: weights of the classes seen, 1 for the others. */
    const weightsOf = (task: number, beta: number): Tensor => {
      const own = effectiveWeights(countsAt(task), beta);
      const seen = outputsBefore(run, task + 1);
      return tf.tensor1d(
        Float32Array.from({ length: outputs }, (_, output) => {
          const at = seen.indexOf(output);
          return at < 0 ? 1 : own[at];
        }),
      );
    };
    const both = (features: readonly Tensor[]): Tensor =>
      tf.concat(
        features.map((part) => part.as2D(-1, width)),
        1,
      );
    const boosting = (task: number, { batch, apply, masked }: LossScope): Scalar => {
      const [old, fresh] = [apply(former(run), batch.x), apply(booster(), batch.x)];
      const { logits } = apply(joint(), both([old.features, fresh.features]));
      const among = (values: Tensor): Scalar => softmaxCrossEntropy(masked(values, batch.tasks), batch.y);
      const kept = softenedCrossEntropy(old.logits, logits, temperature, indicator(outputs, outputsBefore(run, task)));
      return tf
        .addN([among(tf.div(logits, weightsOf(task, beta1))), among(fresh.logits), tf.mul(kept, lambda)])
        .asScalar();
    };
    const compressing = (task: number, { batch, batchLogits, apply }: LossScope): Scalar => {
      const features = [former(run), booster()].map((model) => apply(model, batch.x).features);
      const teacher = apply(joint(), both(features)).logits;
      const seen = indicator(outputs, outputsBefore(run, task + 1));
      return balancedDistillation(batchLogits, teacher, weightsOf(task, beta2), temperature, seen);
    };
    const boosted = (): Predictor =>
      steppedPredictor(engine, {
        width: outputs,
        rowsAtOnce: rowsPerEvaluation(network),
        uses: [former(run), booster(), joint()].map(usedModel),
        kind: 'logits',
        answer: (scope, x) => {
          const features = [former(run), booster()].map((model) => evaluated(scope, network, model, x).features);
          return evaluated(scope, joint().network, joint(), both(features)).logits;
        },
      });
    const single = networkPredictor(engine, network, run);
    let boostedNow: Predictor | null = null;
    return {
      beginTask: async (task) => {
        if (task === 0) return;
        await keepFormer(run, task);
        await models.copy(run.model, 'booster');
        const kernel = await engine.read(run.parameters[`${head}/kernel`]);
        const start = joint().network.init(run.stream(`init/joint/task${task}`)).params;
        const [wide, bias] = [Float32Array.from(start[`${head}/kernel`]), Float32Array.from(start[`${head}/bias`])];
        const before = outputsBefore(run, task);
        const oldBias = await engine.read(run.parameters[`${head}/bias`]);
        for (const output of before) {
          bias[output] = oldBias[output];
          for (let row = 0; row < width; row += 1) wide[row * outputs + output] = kernel[row * outputs + output];
        }
        engine.write(joint().parameters[`${head}/kernel`], wide);
        engine.write(joint().parameters[`${head}/bias`], bias);
        run.resetOptimiser(booster());
        run.resetOptimiser(joint());
      },
      phases: (task) =>
        task === 0
          ? [{ name: '' }]
          : [
              {
                name: 'boost',
                ids: () => withExemplars(run, exemplars, task),
                trains: [booster(), joint()],
                loss: (losses) => boosting(task, losses),
                passes: { forward: 2, backward: 1 },
              },
              {
                name: 'compress',
                ids: () => withExemplars(run, exemplars, task),
                begin: async () => {
                  if (align) await alignment(engine, joint().parameters[`${head}/kernel`], protocol, task);
                  run.resetOptimiser();
                },
                loss: (losses) => compressing(task, losses),
                passes: { forward: 3, backward: 1 },
              },
            ],
      endTask: async (task) => {
        if (task > 0 && align) await alignment(engine, run.parameters[`${head}/kernel`], protocol, task);
        await exemplars.admit(task);
      },
      predictor: () => {
        if (answer === 'compressed' || !models.has('joint')) return single;
        return (boostedNow ??= boosted());
      },
    };
  },
});
