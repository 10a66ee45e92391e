import { z } from 'zod';
import { mlp } from '../../engine/networks/architectures/mlp.ts';
import { buildNetwork } from '../../engine/networks/networks.ts';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { schedule } from '../../engine/optimisers/schedules.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import type { StepScope } from '../../engine/types.ts';
import { defineMethod } from '../define.ts';
import type { Model } from '../models.ts';
import { openModel } from '../shared/artefacts.ts';
import { memberSeed } from '../shared/member-seeds.ts';
import { evaluated, evaluationLogits, steppedPredictor, usedModel } from '../shared/network-predictor.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { keyOf } from '../shared/trainables.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import { iidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';

/**
 * Rich representations (Zhang & Bottou 2023, "Cat-n"): the features of n networks that were trained from different
 * seeds on the same data stand side by side, and a linear probe on them learns the new task.
 */
export default defineMethod(
  {
    id: 'rich-representations',
    version: 1,
    title: 'Rich representations (Cat-n)',
    summary: 'A linear probe on the features of several networks side by side, each trained on the source data.',
    paper: {
      title: 'Learning useful representations for shifting tasks and distributions',
      authors: 'Zhang, Bottou',
      year: 2023,
      reference: 'arXiv:2212.07346',
      equations: 'Section 3, Cat-n with linear probing; the control of section 4.1 is one network n times as wide',
      deviations:
        'The probe is trained by Adam for the suite’s epochs, its rate falls as a cosine; its penalty is a setting. ' +
        'Fully connected networks in place of residual ones.',
    },
    asks: ['extra-passes'],
    measures: [
      {
        id: 'measure.features',
        title: 'Features',
        formula: 'inputs of the probe',
        direction: 'none',
        unit: 'count',
      },
    ],
    fields: {
      networks: z.number().int().min(1).max(20).default(4).describe('n: networks whose features are joined'),
      source: z
        .enum(['several', 'wide'])
        .default('several')
        .describe('n networks, or as control one network that is n times as wide'),
      learningRate: z.number().positive().max(1).default(0.005).describe('Learning rate of the probe at the start'),
      penalty: z.number().min(0).max(10).default(1e-4).describe('λ: half the squared norm of its weights costs this'),
    },
    fits: ({ id, start }) =>
      start?.method === 'train-network' ||
      `Features come from networks that were trained on other data as a suite says; ${id} begins from none.`,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    driver: TRAINING_DRIVER,
    trials({ start }, { networks, source }, seed) {
      if (start === undefined) return [];
      const { suite } = start;
      if (source === 'wide')
        return [
          { name: 'source/0', suite, method: 'train-wide', hyperParameters: { factor: networks }, seed, fold: null },
        ];
      return Array.from({ length: networks }, (_, member) => ({
        name: `source/${member}`,
        suite,
        method: 'train-network',
        hyperParameters: {},
        seed: memberSeed(seed, member),
        fold: null,
      }));
    },
    async *run(context, { networks, source, learningRate, penalty }) {
      const { engine, models, network } = context;
      const { outputs } = iidProtocol(context);
      const sources: Model[] = [];
      for (let at = 0; at < (source === 'wide' ? 1 : networks); at += 1) {
        const name = `source/${at}`;
        const { spec, arrays } = await openModel(context, name);
        const of = buildNetwork(spec);
        const variables = networkVariables(engine, of, name);
        variables.load(arrays);
        sources.push({ name: `source${at}`, network: of, ...variables });
      }
      const width = sources.reduce((sum, { network: { spec, params } }) => {
        const kernel = params.find(({ name }) => name === `${spec.heads[0].name}/kernel`);
        return sum + (kernel?.shape[0] ?? 0);
      }, 0);
      const probe = models.open('probe', mlp({ input: width, hidden: [], outputs, init: network.spec.init }));
      const features = (scope: StepScope, x: Tensor): Tensor =>
        tf.concat(
          sources.map((of) => evaluated(scope, of.network, of, x).features),
          1,
        );
      return yield* runTraining(
        context,
        {
          models: [probe],
          optimiser: { kind: 'adam', lr: learningRate },
          schedule: (lr, steps) => schedule({ kind: 'cosine', steps }, lr),
          // Each example passes through every source, and forward and back through the probe.
          passes: { forward: 1 + sources.length, backward: 1 },
          loss: ({ scope, x, y, apply, parameters }) =>
            tf.add(
              softmaxCrossEntropy(apply(probe, features(scope, x)), y),
              tf.mul(tf.sum(tf.square(parameters[keyOf(probe, 'output/kernel')])), penalty / 2),
            ),
          predictor: () =>
            steppedPredictor(engine, {
              kind: 'logits',
              width: outputs,
              rowsAtOnce: Math.min(...sources.map((of) => rowsPerEvaluation(of.network))),
              uses: [...sources, probe].map(usedModel),
              answer: (scope, x) => evaluationLogits(scope, probe.network, probe, features(scope, x)),
            }),
          end: async () => ({ scalars: { 'measure.features': width } }),
        },
        true,
      );
    },
  },
);
