import { z } from 'zod';
import type { LayerSpec } from '../../../engine/networks/layers/kinds.ts';
import type { NetworkSpec } from '../../../engine/networks/specification.ts';
import { tf } from '../../../engine/tf.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { OptimiserSpec } from '../../../engine/types.ts';
import type { Predictor, TrialContext } from '../../contract.ts';
import { memberMean, repeated } from '../../ensembling/batch-ensemble.ts';
import { evaluationLogits, networkPredictor } from '../../shared/network-predictor.ts';
import { iidProtocol } from '../../training/contract.ts';
import type { TrainedNetwork, TrainingHooks } from '../../training/contract.ts';
import { inTargetUnits, supervisedLoss } from '../../training/shared/target.ts';

/** Hyper-parameters of the optimiser of nets on tables. */
export const adamWFields = {
  learningRate: z.number().positive().max(1).default(1e-3).describe('Learning rate'),
  weightDecay: z.number().min(0).max(1).default(3e-4).describe('Decoupled weight decay'),
} as const;

export const adamW = ({
  learningRate,
  weightDecay,
}: {
  readonly learningRate: number;
  readonly weightDecay: number;
}): OptimiserSpec =>
  weightDecay === 0 ? { kind: 'adam', lr: learningRate } : { kind: 'adamw', lr: learningRate, weightDecay };

/** Hyper-parameters of plain blocks: affine map, rectifier, dropout. */
export const blockFields = {
  blocks: z.number().int().min(1).max(8).default(2).describe('Hidden layers'),
  width: z.number().int().min(1).max(2048).default(128).describe('Units of a hidden layer'),
  dropout: z.number().min(0).max(0.9).default(0.1).describe('Share of the units that are left out in training'),
} as const;

export interface Blocks {
  readonly blocks: number;
  readonly width: number;
  readonly dropout: number;
}

/** What follows the affine map of a block; `draw` tells blocks apart. */
export const activated = (dropout: number, draw: number): readonly LayerSpec[] => [
  { kind: 'relu' },
  { kind: 'dropout', rate: dropout, draw },
];

/** A network with the inputs and outputs of the suite's, and layers of a method's own. */
export function tableNetwork(
  { input, heads: [head] }: NetworkSpec,
  architecture: NetworkSpec['architecture'],
  layers: readonly LayerSpec[],
  headLayer?: LayerSpec,
): NetworkSpec {
  const own = { name: head.name, outputs: head.outputs };
  return {
    architecture,
    input,
    layers,
    heads: [headLayer === undefined ? own : { ...own, layer: headLayer }],
    init: 'torch-default',
  };
}

/** Mean answers of the members: of their distributions as log-probabilities, or of their numbers. */
export function meanOfMembers(outputs: Tensor, members: number, classes: boolean): Tensor {
  if (classes) return memberMean(outputs, members);
  const [rows, width] = outputs.shape;
  return tf.mean(tf.reshape(outputs, [members, rows / members, width]), 0);
}

/**
 * Training and answering of a network whose members see a batch one behind the other: the mean of the members' losses,
 * and the mean of their answers.
 */
export function memberHooks(
  context: TrialContext,
  members: number,
): Required<Pick<TrainingHooks, 'loss' | 'predictor' | 'passes'>> {
  const protocol = iidProtocol(context);
  return {
    passes: { forward: members, backward: members },
    loss: ({ x, y, logits }) => supervisedLoss(protocol, logits(repeated(x, members)), repeated(y, members)),
    predictor: ({ network, variables }: TrainedNetwork): Predictor =>
      inTargetUnits(
        protocol,
        networkPredictor(context.engine, network, variables, {
          kind: protocol.numbers === null ? 'log-probabilities' : 'logits',
          answer: (scope, x) =>
            meanOfMembers(
              evaluationLogits(scope, network, variables, repeated(x, members)),
              members,
              protocol.numbers === null,
            ),
        }),
      ),
  };
}
