import { z } from 'zod';
import { buildNetwork } from '../../engine/networks/networks.ts';
import { MODEL } from '../contract.ts';
import { defineMethod } from '../define.ts';
import { openModel, trainedModel } from '../shared/artefacts.ts';
import { IidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { openExperts } from './shared/experts.ts';
import { expertRequests, expertsOf } from './shared/protocol.ts';

/** Where training goes on: a merge by its id with the values that it has by itself, or one of the two nets. */
const STARTS = ['clafusion', 'otfusion', 'weight-average', 'first', 'second'] as const;
const FUSED = 'fused';

/**
 * What a fused net is worth as a start (Singh & Jaggi 2020, section 5.3; Nguyen et al. 2023, algorithm 1, last step):
 * it is trained on, on the rows of its parents and with their optimiser anew. The parents can be trained on for as
 * long, so that fusion is not credited with the training.
 */
export default defineMethod(
  {
    id: 'fine-tuned-fusion',
    version: 1,
    title: 'Fine-tuning after fusion',
    summary: 'Trains a fused net, or one of its parents, for some more epochs on the rows of its parents.',
    paper: {
      title: 'On Cross-Layer Alignment for Model Fusion of Heterogeneous Neural Networks',
      authors: 'Nguyen, Nguyen, Nguyen, Phung, Bui, Ho',
      year: 2023,
      reference: 'arXiv:2110.15538',
      equations: 'Algorithm 1, the last step',
      deviations: "The rate is the parents', constant.",
    },
    fields: {
      of: z.enum(STARTS).default('clafusion').describe('Which net is trained on: a merge, or one of the two parents'),
      epochs: z.number().int().min(1).max(1000).default(10).describe('Epochs'),
      rate: z.number().min(0).max(100).default(1).describe("Learning rate, as a multiple of the parents'"),
    },
    asks: ['all-tasks', 'extra-passes'],
    fits: ({ id, tasks, experts }) =>
      tasks === 1 && experts?.members.length === 2 ? true : `${id} has no two networks of one task to be fused.`,
  },
  {
    family: 'merging',
    protocol: 'experts',
    driver: TRAINING_DRIVER,
    trials: (suite, { of }, seed) => [
      ...expertRequests(suite, seed),
      ...(of === 'first' || of === 'second'
        ? []
        : [{ name: FUSED, suite: suite.id, method: of, hyperParameters: {}, seed }]),
    ],
    async *run(context, { of, epochs, rate }) {
      const { facts, tasks } = expertsOf(context);
      const [task] = tasks;
      const startsFrom = of === 'first' ? facts.members[0].name : of === 'second' ? facts.members[1].name : FUSED;
      const { spec } = await openModel(context, startsFrom);
      const optimiser = { ...task.optimiser, lr: rate * task.optimiser.lr };
      const outcome = yield* runTraining(
        { ...context, protocol: new IidProtocol('experts', { ...task, epochs, optimiser }) },
        { network: spec, startsFrom },
        false,
      );
      const model = trainedModel(outcome);
      const experts = await openExperts(context);
      return {
        predictor: experts.merged(buildNetwork(spec), model.arrays),
        parameterSets: experts.declared,
        artefacts: { [MODEL]: { ...model, note: `trained on for ${epochs} epochs` } },
      };
    },
  },
);
