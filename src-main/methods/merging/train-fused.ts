import { z } from 'zod';
import { MODEL } from '../contract.ts';
import type { Method } from '../contract.ts';
import { trainedModel } from '../shared/artefacts.ts';
import { IidProtocol } from '../training/contract.ts';
import { runTraining, TRAINING_DRIVER } from '../training/shared/driver.ts';
import { foldBatchNorms, withBatchNorm } from './shared/batch-norm.ts';
import { predictorOfTasks } from './shared/own-heads.ts';
import { expertsOf } from './shared/protocol.ts';

/**
 * One expert as REPAIR's MLPs are made (Jordan et al. 2023, Train-and-Permute-MNIST-MLP-BatchNorm): the suite's network
 * with batch norm after every hidden layer is trained in the suite's budget, then each norm is folded into the layer
 * before it. What is handed out is the suite's network itself: dense layers with biases.
 */
const trainFused: Method = {
  id: 'train-fused',
  version: 1,
  driver: TRAINING_DRIVER,
  title: 'One network, batch norm fused',
  family: 'merging',
  protocol: 'experts',
  paper: null,
  hidden: true,
  summary: "The suite's network trained with batch norm, which is then folded into its weights; shared by all merges.",
  schema: z.object({}),
  asks: ['all-tasks'],
  fits: ({ id, experts }) =>
    experts?.members.some(({ method }) => method === 'train-fused') === true
      ? true
      : `The networks of ${id} are trained otherwise.`,
  async *run(context) {
    const { facts, tasks } = expertsOf(context);
    const { network } = context;
    const outcome = yield* runTraining(
      { ...context, protocol: new IidProtocol('experts', tasks[0]) },
      { network: withBatchNorm(network.spec) },
      false,
    );
    const model = trainedModel(outcome);
    const arrays = foldBatchNorms(model.arrays);
    return {
      predictor: predictorOfTasks(context, facts, { network, values: arrays }),
      artefacts: { [MODEL]: { kind: 'model', spec: network.spec, arrays, note: 'batch norm folded into the weights' } },
    };
  },
};
export default trainFused;
