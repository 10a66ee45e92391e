import { z } from 'zod';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import type { StepScope } from '../../engine/types.ts';
import { defineMethod } from '../define.ts';
import type { Model } from '../models.ts';
import { evaluated, evaluationLogits, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { iidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { memberRequests, openMembers } from './shared/members.ts';

/** [g₁ h₁, …, g_M h_M] for the members' features side by side, each [B, F], and gates [B, M]. */
export const fused = (features: readonly Tensor[], gates: Tensor): Tensor =>
  tf.concat(
    tf.split(gates, features.length, 1).map((gate, member) => tf.mul(features[member], gate)),
    1,
  );

/**
 * Gated fusion of features, in the spirit of "Adaptive Ensemble Learning" (Mungoli 2023): a gating network weighs the
 * features of trained networks example by example, and a new head answers from all of them.
 */
export default defineMethod(
  {
    id: 'gated-fusion',
    version: 1,
    title: 'Gated fusion of features',
    summary: 'A gate weighs the features of trained networks, example by example; a new head answers from them.',
    paper: {
      title:
        'Adaptive Ensemble Learning: Boosting Model Performance through Intelligent Feature Fusion in Deep ' +
        'Neural Networks',
      authors: 'Mungoli',
      year: 2023,
      reference: 'arXiv:2304.02653',
      deviations:
        'In the spirit of the paper, which gives no equations to follow: softmax gates of a small network on all ' +
        'features, a linear head on the weighed features side by side. The networks stay as they were trained.',
    },
    asks: ['extra-passes'],
    fields: {
      members: z.number().int().min(2).max(50).default(5).describe('Networks whose features are fused'),
      gateUnits: z.number().int().min(1).max(1024).default(32).describe('Hidden units of the gating network'),
    },
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    trials: ({ id }, { members }, seed) => memberRequests(id, seed, members),
    async *run(context, { members: count, gateUnits }) {
      const { engine, models, network } = context;
      const { outputs } = iidProtocol(context);
      const { init, heads } = network.spec;
      const members = (await openMembers(context, count)).map((values, at) => {
        const variables = networkVariables(engine, network, `member${at}`);
        variables.load(values);
        return { network, ...variables };
      });
      const each = network.params.find(({ name }) => name === `${heads[0].name}/kernel`)?.shape[0] ?? 0;
      const gate = models.open('gate', mlp({ input: count * each, hidden: [gateUnits], outputs: count, init }));
      const head = models.open('head', mlp({ input: count * each, hidden: [], outputs, init }));
      const answer = (scope: StepScope, x: Tensor, apply: (model: Model, of: Tensor) => Tensor): Tensor => {
        const features = members.map((member) => evaluated(scope, network, member, x).features);
        return apply(head, fused(features, tf.softmax(apply(gate, tf.concat(features, 1)))));
      };
      return yield* runTraining(
        context,
        {
          models: [gate, head],
          // Each example passes through every member, and forward and back through gate and head.
          passes: { forward: 1 + count, backward: 1 },
          loss: ({ scope, x, y, apply }) => softmaxCrossEntropy(answer(scope, x, apply), y),
          predictor: () =>
            steppedPredictor(engine, {
              kind: 'logits',
              width: outputs,
              rowsAtOnce: rowsPerEvaluation(network),
              uses: [
                ...members.map(({ parameters, statistics }) => ({ network, values: { ...parameters, ...statistics } })),
                ...[gate, head].map(usedModel),
              ],
              answer: (scope, x) => answer(scope, x, (model, of) => evaluationLogits(scope, model.network, model, of)),
            }),
        },
        true,
      );
    },
  },
);
