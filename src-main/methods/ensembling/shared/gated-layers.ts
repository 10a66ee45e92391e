import { z } from 'zod';
import { mlp } from '../../../engine/networks/architectures/mlp.ts';
import { softmaxCrossEntropy } from '../../../engine/losses.ts';
import { tf } from '../../../engine/tf.ts';
import type { Tensor } from '../../../engine/tf.ts';
import type { SuiteFacts, TrialContext } from '../../contract.ts';
import type { ValuesOf } from '../../define.ts';
import type { Model } from '../../models.ts';
import { evaluationLogits, steppedPredictor, usedModel } from '../../shared/network-predictor.ts';
import { stepsOf } from '../../shared/phases.ts';
import { rowsPerEvaluation } from '../../shared/work-sizes.ts';
import { iidProtocol, phaseSizes } from '../../training/contract.ts';
import type { TrainingHooks } from '../../training/contract.ts';

export const gatedFields = {
  experts: z.number().int().min(2).max(64).default(4).describe('Experts of a layer'),
  units: z.number().int().min(1).max(1024).default(50).describe('Units that each expert of a layer answers with'),
  gateUnits: z.number().int().min(1).max(1024).default(50).describe('Hidden units of a gating network'),
  balanced: z.number().min(0).max(1).default(0.5).describe('Share of the steps in which assignments are balanced'),
  margin: z
    .number()
    .min(0)
    .max(1000)
    .default(0.3)
    .describe('m: an expert whose total assignment is so far above the mean of all waits'),
} as const;

/** True where a row is a list of numbers and classes are asked for, or the sentence that says why not. */
export const gatedFits = ({ id, target, network: { input } }: SuiteFacts): true | string =>
  (target === 'classes' && input.length === 1) ||
  `The experts take rows of numbers and tell classes; ${id} has others.`;

/** Applies a model, in training or to answer. */
type Apply = (model: Model, x: Tensor) => Tensor;

/** Σ g_i ReLU(W_i x + b_i) [B, units] for gates g [B, experts] and all affine answers [B, experts × units]. */
export function mixed(gates: Tensor, affine: Tensor): Tensor {
  const experts = gates.shape[1] ?? 0;
  const units = (affine.shape[1] ?? 0) / experts;
  const each = tf.relu(tf.reshape(affine, [-1, experts, units]));
  return tf.sum(tf.mul(each, tf.expandDims(gates, 2)), 1);
}

/**
 * Eigen, Ranzato & Sutskever 2013, section 3: gates of experts whose total assignment is more than the margin above the
 * mean are 0, and those that are left add up to 1 again. `strength` 1 does that, 0 leaves all gates.
 */
export function balancedGates(gates: Tensor, totals: Tensor, margin: number, strength: Tensor | number): Tensor {
  const over = tf.cast(tf.greater(tf.sub(totals, tf.mean(totals)), margin), 'float32');
  const left = tf.mul(gates, tf.sub(1, tf.mul(over, strength)));
  return tf.div(left, tf.add(tf.sum(left, -1, true), 1e-12));
}

/** A network of so many gated layers of experts and a linear head, trained by the suite's optimiser. */
export function gatedHooks(
  context: TrialContext,
  layers: number,
  { experts, units, gateUnits, balanced, margin }: ValuesOf<typeof gatedFields>,
): TrainingHooks {
  const { engine, models, state, network } = context;
  const protocol = iidProtocol(context);
  const { outputs } = protocol;
  const { init } = network.spec;
  const stages = Array.from({ length: layers }, (_, at) => {
    const input = at === 0 ? network.spec.input[0] : units;
    return {
      experts: models.open(`experts${at + 1}`, mlp({ input, hidden: [], outputs: experts * units, init })),
      gate: models.open(`gate${at + 1}`, mlp({ input, hidden: [gateUnits], outputs: experts, init })),
      totals: state.variable(
        `assigned/${at + 1}`,
        { shape: [experts], dtype: 'float32' },
        () => new Float32Array(experts),
      ),
    };
  });
  const head = models.open('head', mlp({ input: units, hidden: [], outputs, init }));
  const all = [...stages.flatMap((stage) => [stage.experts, stage.gate]), head];
  const balancedSteps = balanced * stepsOf(phaseSizes(protocol));
  type Stage = (typeof stages)[number];
  const answer = (apply: Apply, x: Tensor, gatesOf: (stage: Stage, free: Tensor) => Tensor): Tensor => {
    let z = x;
    for (const stage of stages) z = mixed(gatesOf(stage, tf.softmax(apply(stage.gate, z))), apply(stage.experts, z));
    return apply(head, z);
  };
  return {
    models: all,
    inputs: { balanced: { shape: [], dtype: 'float32' } },
    feed: ({ globalStep }) => ({ balanced: Float32Array.of(globalStep < balancedSteps ? 1 : 0) }),
    loss({ scope, x, y, inputs, apply }) {
      const gatesOf = ({ totals }: Stage, free: Tensor): Tensor => {
        const before = scope.read(totals);
        const gates = balancedGates(free, before, margin, inputs['balanced']);
        scope.assign(totals, tf.add(before, tf.mean(gates, 0)));
        return gates;
      };
      return softmaxCrossEntropy(answer(apply, x, gatesOf), y);
    },
    predictor: () =>
      steppedPredictor(engine, {
        kind: 'logits',
        width: outputs,
        rowsAtOnce: Math.min(...all.map((model) => rowsPerEvaluation(model.network))),
        uses: all.map(usedModel),
        answer: (scope, x) =>
          answer(
            (model, of) => evaluationLogits(scope, model.network, model, of),
            x,
            (_stage, free) => free,
          ),
      }),
  };
}
