import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope } from '../../engine/types.ts';
import { evaluationLogits } from '../shared/network-predictor.ts';
import { perParameterStep } from './shared/anchored-penalty.ts';
import { distillation } from './shared/distillation.ts';
import { defineContinualMethod } from './shared/driver.ts';

/**
 * Learning without forgetting (Li & Hoiem 2017, eqs. 1 to 3): the network before the task teaches its outputs on the
 * new task's inputs. Task-IL: each earlier head is distilled by itself; class-IL: all outputs seen so far together;
 * domain-IL: all outputs.
 */
export default defineContinualMethod({
  id: 'lwf',
  version: 1,
  title: 'Learning without forgetting (LwF)',
  summary: "Keeps the old network's answers on the new task's inputs by distillation; stores no data.",
  paper: {
    title: 'Learning without Forgetting',
    authors: 'Li, Hoiem',
    year: 2017,
    reference: 'arXiv:1606.09282',
    equations: 'eqs. 1 to 3',
    deviations:
      'The distillation term carries T² (Hinton et al. 2015); no warm-up of new heads; in networks with ' +
      'batch norm the teacher normalises by the running statistics of now. With `weighting = tasks` the ' +
      'new loss weighs 1/n and distillation 1 − 1/n at the n-th task (van de Ven & Tolias 2019).',
  },
  fields: {
    lambda: z.number().min(0).max(1e4).default(1).describe('Weight λ of the distillation term, for weighting = fixed'),
    temperature: z.number().min(0.1).max(100).default(2).describe('Temperature T of both softmaxes'),
    weighting: z
      .enum(['fixed', 'tasks'])
      .default('tasks')
      .describe("'fixed': loss + λ·distillation; 'tasks': loss/n + (1 − 1/n)·distillation at the n-th task"),
  },
  asks: ['extra-passes', 'boundaries'],
  create: (run, { lambda, temperature, weighting }) => {
    const { protocol } = run;
    const teacher = run.perParameter('teacher');
    const keepTeacher = perParameterStep(run, 'lwf/keep', (scope, name, value) => scope.assign(teacher[name], value));
    const groups = protocol.tasks.length;
    // one row per group of outputs that is distilled together, with the group's weight: 0 where it does not exist yet
    const masks = run.variable('distilled-outputs', { shape: [groups, protocol.outputs], dtype: 'float32' });
    const weights = run.variable('distilled-weights', { shape: [groups], dtype: 'float32' });
    const balance = run.variable('loss-weights', { shape: [2], dtype: 'float32' }, () => Float32Array.of(1, 0));
    const groupsBefore = (task: number): (readonly number[])[] => {
      const before = protocol.tasks.slice(0, task);
      if (task === 0) return [];
      if (protocol.scenario === 'task-il') return before.map((t) => t.outputs);
      return [
        protocol.scenario === 'domain-il'
          ? Array.from({ length: protocol.outputs }, (_, i) => i)
          : before.flatMap((t) => [...t.outputs]),
      ];
    };
    /** Mean distillation loss over the groups that exist. */
    const distilled = (scope: StepScope, student: Tensor, x: Tensor): Tensor => {
      const teacherLogits = evaluationLogits(
        scope,
        run.context.network,
        { parameters: teacher, statistics: run.statistics },
        x,
      );
      const slots = protocol.scenario === 'task-il' ? groups - 1 : 1;
      return tf.addN(
        Array.from({ length: slots }, (_, g) => {
          const active = tf.reshape(scope.gather(masks, tf.tensor1d([g], 'int32')), [protocol.outputs]);
          return tf.mul(
            distillation(teacherLogits, student, temperature, active),
            tf.reshape(scope.gather(weights, tf.tensor1d([g], 'int32')), []),
          );
        }),
      );
    };
    return {
      passes: { forward: 2, backward: 1 },
      beginTask: async (task) => {
        if (task > 0) await keepTeacher();
        const present = groupsBefore(task);
        const rows = new Float32Array(groups * protocol.outputs).fill(1);
        present.forEach((outputs, g) => {
          for (let o = 0; o < protocol.outputs; o++) rows[g * protocol.outputs + o] = outputs.includes(o) ? 1 : 0;
        });
        run.context.engine.write(masks, rows);
        run.context.engine.write(
          weights,
          Float32Array.from({ length: groups }, (_, g) => (g < present.length ? 1 / present.length : 0)),
        );
        const share = task === 0 ? [1, 0] : weighting === 'tasks' ? [1 / (task + 1), 1 - 1 / (task + 1)] : [1, lambda];
        run.context.engine.write(balance, Float32Array.from(share));
      },
      loss: ({ scope, batch, batchLogits, crossEntropy }) => {
        const share = scope.read(balance);
        const kept = distilled(scope, batchLogits, batch.x);
        return tf
          .add(
            tf.mul(crossEntropy(batchLogits, batch), tf.reshape(tf.slice(share, [0], [1]), [])),
            tf.mul(kept, tf.reshape(tf.slice(share, [1], [1]), [])),
          )
          .asScalar();
      },
    };
  },
});
