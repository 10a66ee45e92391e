import { z } from 'zod';
import { tf, type Scalar, type Tensor } from '../../engine/tf.ts';
import type { LossScope } from './contract.ts';
import { indicator, softenedCrossEntropy } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';
import { herdedExemplars, withExemplars } from './shared/exemplars.ts';
import { former, keepFormer } from './shared/former.ts';

/**
 * Inside a step: the distillation of eq. 3, head by head: the sum over `heads`, each the outputs of an earlier task, of
 * the mean cross-entropy between softened answers.
 */
export function headwiseDistillation(
  teacher: Tensor,
  student: Tensor,
  temperature: number,
  heads: readonly (readonly number[])[],
): Scalar {
  const outputs = student.shape[1] ?? 0;
  return tf
    .addN(heads.map((head) => softenedCrossEntropy(teacher, student, temperature, indicator(outputs, head))))
    .asScalar();
}

/**
 * End-to-end incremental learning (Castro et al. 2018): new data and exemplars are learned with distillation of each
 * earlier head, then all classes once more by equally many exemplars at a small rate, where the newest head is
 * distilled too.
 */
export default defineContinualMethod({
  id: 'eeil',
  version: 1,
  title: 'End-to-end incremental learning (EEIL)',
  summary: 'Learns with exemplars and distillation, then fine-tunes on equally many exemplars of every class.',
  paper: {
    title: 'End-to-End Incremental Learning',
    authors: 'Castro, Marín-Jiménez, Guil, Schmid, Alahari',
    year: 2018,
    reference: 'arXiv:1807.09536',
    equations: 'eqs. 1 to 3, section 4.2 (balanced fine-tuning)',
    deviations:
      "No augmentation and no noise on gradients; the optimiser's state is kept from one stage to the other. Epochs " +
      'and rate of the fine-tuning are those of FACIL.',
  },
  fields: {
    memory: z.number().int().min(1).max(100000).default(2000).describe('Images stored over all classes'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of both softmaxes'),
    lambda: z.number().min(0).max(100).default(1).describe('Weight of the distillation'),
    balance: z.boolean().default(true).describe('Fine-tune on balanced exemplars'),
    balancedEpochs: z.number().int().min(1).max(1000).default(40).describe('Epochs of the fine-tuning'),
    balancedRate: z
      .number()
      .min(0)
      .max(10)
      .default(0.1)
      .describe('Learning rate of the fine-tuning, as a share of that before'),
  },
  asks: ['replay-memory', 'extra-passes', 'boundaries'],
  fits: ({ scenario }) =>
    scenario === 'class-il' || 'It balances old and new classes that one head tells apart; it is for class-IL.',
  create: (run, { memory, temperature, lambda, balance, balancedEpochs, balancedRate }) => {
    const { protocol, models } = run;
    const exemplars = herdedExemplars(run, memory);
    const headsBefore = (task: number): (readonly number[])[] => protocol.tasks.slice(0, task).map((t) => t.outputs);
    /** The network after the first stage, which teaches the newest head in the second. */
    const trained = () => models.open('trained');
    const oldHeads = ({ batch, batchLogits, apply }: LossScope, task: number): Tensor =>
      tf.mul(
        headwiseDistillation(apply(former(run), batch.x).logits, batchLogits, temperature, headsBefore(task)),
        lambda,
      );
    /** Equally many of each class; before those of the new classes are chosen, their first images stand for them. */
    const balanced = (task: number): Int32Array => {
      const each = exemplars.quota(task);
      return Int32Array.from(
        protocol.tasks.slice(0, task + 1).flatMap(({ outputs }) =>
          outputs.flatMap((output) => {
            const chosen = exemplars.ofClass(output);
            const from =
              chosen.length > 0 ? chosen : protocol.tasks[task].ids.filter((id) => protocol.labelOf(id) === output);
            return [...from.slice(0, each)];
          }),
        ),
      );
    };
    const { lr } = run.optimiserSpec;
    return {
      beginTask: (task) => keepFormer(run, task),
      phases: (task) => [
        {
          name: '',
          ids: () => withExemplars(run, exemplars, task),
          loss: (losses) => {
            const fresh = losses.crossEntropy(losses.batchLogits, losses.batch);
            return task === 0 ? fresh : tf.add(fresh, oldHeads(losses, task)).asScalar();
          },
          ...(task === 0 ? {} : { passes: { forward: 2, backward: 1 } }),
        },
        ...(task === 0 || !balance
          ? []
          : [
              {
                name: 'balanced',
                ids: () => balanced(task),
                epochs: balancedEpochs,
                rate: () => lr * balancedRate,
                begin: async () => {
                  await exemplars.admit(task);
                  await models.copy(run.model, 'trained');
                },
                loss: (losses: LossScope) => {
                  const { batch, batchLogits, apply, crossEntropy } = losses;
                  const newest = headwiseDistillation(apply(trained(), batch.x).logits, batchLogits, temperature, [
                    protocol.tasks[task].outputs,
                  ]);
                  return tf
                    .addN([crossEntropy(batchLogits, batch), oldHeads(losses, task), tf.mul(newest, lambda)])
                    .asScalar();
                },
                passes: { forward: 3, backward: 1 },
              },
            ]),
      ],
      endTask: async (task) => {
        if (task === 0 || !balance) await exemplars.admit(task);
      },
    };
  },
});
