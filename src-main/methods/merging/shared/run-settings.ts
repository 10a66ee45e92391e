import { z } from 'zod';
import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import { tf } from '../../../engine/tf.ts';
import type { Scalar, Tensor } from '../../../engine/tf.ts';
import type { TrialContext } from '../../contract.ts';
import type { IidProtocolParts, TrainingHooks } from '../../training/contract.ts';
import { smoothedCrossEntropy } from '../../training/label-smoothing.ts';
import { symmetricBeta } from '../../training/mixup.ts';
import { keptNetworks } from '../../training/shared/kept-networks.ts';
import { phaseSizes } from '../../training/contract.ts';
import { stepsOf } from '../../shared/phases.ts';

/**
 * How one fine-tuning differs from what its suite says. Without defaults: what a suite does not tell is not part of a
 * trial's settings.
 */
export const runFields = {
  order: z.number().int().min(1).max(1000).optional().describe('Which order of batches; that of the seed unless told'),
  learningRate: z.number().positive().max(10).optional().describe('Learning rate; the suite’s unless told'),
  weightDecay: z.number().min(0).max(1).optional().describe('Decoupled weight decay (AdamW); none unless told'),
  epochs: z.number().int().min(1).max(10_000).optional().describe('Epochs; the suite’s unless told'),
  smoothing: z.number().min(0).max(0.9).optional().describe('ε of label smoothing'),
  mixup: z.number().positive().max(10).optional().describe('α of mixup'),
  noise: z.number().positive().max(1).optional().describe('Deviation of uniform noise on the inputs'),
  rank: z.number().int().min(1).max(256).optional().describe('Trains changes of this rank beside dense layers only'),
  checkpoints: z.number().int().min(1).max(200).optional().describe('How often the network is kept, evenly over steps'),
} as const;
export type RunSettings = z.output<z.ZodObject<typeof runFields>>;

/** The same trial with streams of its own, where the run has an order of its own. */
export const inOrder = (context: TrialContext, { order }: RunSettings): TrialContext =>
  order === undefined ? context : { ...context, stream: (name) => context.stream(`run${order}/${name}`) };

/** The task's budget with the run's epochs. */
export const budgetOf = (task: IidProtocolParts, { epochs = task.epochs }: RunSettings): IidProtocolParts => ({
  ...task,
  epochs,
  get trainRows() {
    return task.trainRows;
  },
});

/** What the run does beyond the suite's plain training. */
export function runHooks(context: TrialContext, task: IidProtocolParts, settings: RunSettings): TrainingHooks {
  const { learningRate, weightDecay, smoothing = 0, mixup, noise, checkpoints } = settings;
  const augmented = mixup !== undefined || noise !== undefined;
  const loss = (logits: Tensor, labels: Tensor): Scalar =>
    smoothing === 0 ? softmaxCrossEntropy(logits, labels) : smoothedCrossEntropy(logits, labels, smoothing);
  return {
    ...(learningRate === undefined && weightDecay === undefined
      ? {}
      : { optimiser: optimiserOf(task.optimiser, learningRate, weightDecay) }),
    ...(augmented ? augmentedLoss(context, loss, { mixup, noise }) : smoothing === 0 ? {} : plainLoss(loss)),
    ...(checkpoints === undefined ? {} : keptEvenly(context, task, checkpoints)),
  };
}

type Loss = (logits: Tensor, labels: Tensor) => Scalar;

const plainLoss = (loss: Loss): TrainingHooks => ({ loss: ({ x, y, logits }) => loss(logits(x), y) });

function optimiserOf(own: OptimiserSpec, lr = own.lr, weightDecay?: number): OptimiserSpec {
  return weightDecay === undefined ? { ...own, lr } : { kind: 'adamw', lr, weightDecay };
}

/** Noise on the inputs, drawn in the step, and then mixup with partners of the same batch. */
function augmentedLoss(
  context: TrialContext,
  loss: Loss,
  { mixup, noise }: Pick<RunSettings, 'mixup' | 'noise'>,
): TrainingHooks {
  return {
    inputs: {
      ...(mixup === undefined
        ? {}
        : { partners: { shape: [-1], dtype: 'int32' }, lambda: { shape: [], dtype: 'float32' } }),
      ...(noise === undefined ? {} : { noiseKey: { shape: [2], dtype: 'int32' } }),
    },
    feed({ globalStep }, rows) {
      const stream = context.stream(`mixup/step${globalStep}`);
      return {
        ...(mixup === undefined
          ? {}
          : {
              partners: stream.permutation(rows.length).map((index) => rows[index]),
              lambda: Float32Array.of(symmetricBeta(stream, mixup)),
            }),
        ...(noise === undefined ? {} : { noiseKey: context.stream(`noise/step${globalStep}`).key() }),
      };
    },
    loss({ scope, x, y, inputs, examples, logits }) {
      const { partners, lambda, noiseKey } = inputs;
      const noisy = (input: Tensor): Tensor => {
        if (noise === undefined) return input;
        // Uniform on ±√3 has deviation 1.
        const draws = scope.randomUniform([input.shape[0], ...input.shape.slice(1)], noiseKey);
        return tf.add(input, tf.mul(tf.sub(draws, 0.5), 2 * Math.sqrt(3) * noise));
      };
      if (mixup === undefined) return loss(logits(noisy(x)), y);
      const other = examples(partners);
      const rest = tf.sub(1, lambda);
      const mixed = logits(noisy(tf.add(tf.mul(x, lambda), tf.mul(other.x, rest))));
      return tf.add(tf.mul(loss(mixed, y), lambda), tf.mul(loss(mixed, other.y), rest)).asScalar();
    },
  };
}

function keptEvenly(context: TrialContext, task: IidProtocolParts, checkpoints: number): TrainingHooks {
  const total = stepsOf(phaseSizes(task));
  const steps = Array.from({ length: checkpoints }, (_, k) => Math.round((total * (k + 1)) / checkpoints));
  if (new Set(steps).size < checkpoints)
    throw new Error(`${checkpoints} checkpoints of ${total} steps cannot be told apart: keep fewer, or train longer.`);
  return keptNetworks(context, 'checkpoint', steps, (k) => `after step ${steps[k - 1]} of ${total}`);
}
