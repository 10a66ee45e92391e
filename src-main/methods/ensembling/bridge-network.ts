import { z } from 'zod';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import type { DenseSpec } from '../../engine/networks/layers/dense.ts';
import type { LayerSpec } from '../../engine/networks/layers/kinds.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import type { StepScope } from '../../engine/types.ts';
import { defineMethod } from '../define.ts';
import { openModel } from '../shared/artefacts.ts';
import { evaluated, evaluationLogits, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import type { NetworkVariables } from '../shared/network-variables.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { iidProtocol } from '../training/contract.ts';
import { symmetricBeta } from '../training/mixup.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { MIDDLE } from '../training/train-bezier.ts';
import { memberRequests } from './shared/members.ts';
import { divergence } from './shared/teachers.ts';

/** α of the mixing weights of inputs, as in the authors' configuration. */
const MIXUP = 0.4;

/**
 * Bridge networks (Yun et al. 2023): a small network on the features of one trained network, or of two, answers as the
 * network in the middle of a low-loss curve between the two would: members of an ensemble at a fraction of their cost.
 */
export default defineMethod(
  {
    id: 'bridge-network',
    version: 1,
    title: 'Bridge network',
    summary: 'A small network on another’s features answers for the middle of a curve between two trained networks.',
    paper: {
      title: 'Traversing Between Modes in Function Space for Fast Ensembling',
      authors: 'Yun, Lee, Kim, Yang, Lee',
      year: 2023,
      reference: 'arXiv:2306.11304',
      equations: 'Section 3: KL from the answers in the middle of the Bézier curve (t = ½), with mixup of the inputs',
      deviations:
        'The bridge is one hidden layer on the features of the middle hidden layer, where the paper has blocks of ' +
        'convolutions; without its regulariser. Dense networks only. Optimiser and budget are the suite’s.',
    },
    asks: ['extra-passes'],
    fields: {
      from: z
        .enum(['one', 'both'])
        .default('one')
        .describe('Whose features the bridge sees, and who answers beside it: one network (type I) or both (type II)'),
      units: z.number().int().min(1).max(1024).default(32).describe('Hidden units of the bridge'),
    },
    fits: ({ id, target, network: { layers } }) =>
      (target === 'classes' && middleLayer(layers) !== undefined) ||
      `A bridge learns distributions of classes from a hidden layer of a dense network; ${id} has no such.`,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    trials: ({ id: suite }, _values, seed) => [
      ...memberRequests(suite, seed, 2),
      { name: MIDDLE, artefact: MIDDLE, suite, method: 'train-bezier', hyperParameters: {}, seed },
    ],
    async *run(context, { from, units }) {
      const { engine, models, network, stream } = context;
      const { outputs } = iidProtocol(context);
      const layer = middleLayer(network.spec.layers);
      if (layer === undefined) throw new Error('The network has no hidden dense layer.');
      const opened = async (name: string): Promise<NetworkVariables> => {
        const variables = networkVariables(engine, network, name);
        variables.load((await openModel(context, name)).arrays);
        return variables;
      };
      const modes = [await opened('member/0')];
      if (from === 'both') modes.push(await opened('member/1'));
      const middle = await opened(MIDDLE);
      const bridge = models.open(
        'bridge',
        mlp({ input: modes.length * layer.units, hidden: [units], outputs, init: network.spec.init }),
      );
      /** Log-probabilities of the modes, and what the bridge is given of them. */
      const seen = (scope: StepScope, x: Tensor): { readonly said: Tensor[]; readonly features: Tensor } => {
        const features: Tensor[] = [];
        const said = modes.map((mode) => {
          const keep = (name: string, activation: Tensor): Tensor => {
            if (name === layer.name) features.push(activation);
            return activation;
          };
          return tf.logSoftmax(evaluated(scope, network, mode, x, { gate: keep }).logits);
        });
        return { said, features: tf.concat(features, 1) };
      };
      return yield* runTraining(
        context,
        {
          models: [bridge],
          // Each example passes through the modes and the middle of the curve, and forward and back through the bridge.
          passes: { forward: 2 + modes.length, backward: 1 },
          inputs: { partners: { shape: [-1], dtype: 'int32' }, share: { shape: [-1, 1], dtype: 'float32' } },
          feed({ globalStep }, rows) {
            const draws = stream(`mixup/step${globalStep}`);
            return {
              partners: draws.permutation(rows.length).map((index) => rows[index]),
              share: Float32Array.from(rows, () => symmetricBeta(draws, MIXUP)),
            };
          },
          loss({ scope, x, inputs: { partners, share }, examples, apply }) {
            const mixed = tf.add(tf.mul(x, share), tf.mul(examples(partners).x, tf.sub(1, share)));
            const target = tf.softmax(evaluationLogits(scope, network, middle, mixed));
            return divergence(apply(bridge, seen(scope, mixed).features), target);
          },
          predictor: () =>
            steppedPredictor(engine, {
              kind: 'log-probabilities',
              width: outputs,
              rowsAtOnce: rowsPerEvaluation(network),
              uses: [
                ...modes.map(({ parameters, statistics }) => ({ network, values: { ...parameters, ...statistics } })),
                usedModel(bridge),
              ],
              answer(scope, x) {
                const { said, features } = seen(scope, x);
                const all = [...said, tf.logSoftmax(evaluationLogits(scope, bridge.network, bridge, features))];
                return tf.sub(tf.logSumExp(tf.stack(all), 0), Math.log(all.length));
              },
            }),
        },
        true,
      );
    },
  },
);

/** The hidden dense layer in the middle of a chain; the earlier one of two. */
function middleLayer(layers: readonly LayerSpec[]): DenseSpec | undefined {
  const dense = layers.filter((layer) => layer.kind === 'dense');
  return dense[Math.ceil(dense.length / 2) - 1];
}
