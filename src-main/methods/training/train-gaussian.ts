import type { Method, Predictor, TrialContext } from '../contract.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { networkPredictor } from '../shared/network-predictor.ts';
import type { NetworkVariables } from '../shared/network-variables.ts';
import { iidProtocol } from './contract.ts';
import type { TargetScale } from './contract.ts';
import { defineTrainingMethod } from './shared/driver.ts';
import { gaussianLoss, mixture, withVariances } from './shared/gaussian.ts';

/** How the suite's numbers are scaled. @throws Error where it asks for classes */
export function targetScaleOf(context: TrialContext): TargetScale {
  const { numbers } = iidProtocol(context);
  if (numbers === null) throw new Error('A normal distribution is about numbers; this suite asks for classes.');
  return numbers;
}

/** What one such network answers: mean and deviation in the units of the target. */
function gaussianPredictor(
  context: TrialContext,
  network: Network,
  variables: Pick<NetworkVariables, 'parameters' | 'statistics'>,
): Predictor {
  const raw = networkPredictor(context.engine, network, variables);
  const scale = targetScaleOf(context);
  return {
    uses: raw.uses,
    answer: async (question) => mixture([(await raw.answer(question)).values], scale),
  };
}

/** Members of Gaussian ensembles: the suite's network tells mean and variance, and is trained by their likelihood. */
const trainGaussian: Method = {
  ...defineTrainingMethod({
    id: 'train-gaussian',
    version: 1,
    title: 'One network with a variance',
    summary: 'Trains the suite’s network to tell a number and its variance, with the suite’s optimiser and budget.',
    paper: {
      title: 'Estimating the mean and variance of the target probability distribution',
      authors: 'Nix, Weigend',
      year: 1994,
      reference: '10.1109/ICNN.1994.374138',
      equations: 'Eq. 1',
    },
    targets: ['numbers'],
    fields: {},
    hooks: (_values, context) => ({
      network: withVariances(context.network.spec),
      loss: ({ x, y, logits }) => gaussianLoss(logits(x), y),
      predictor: ({ network, variables }) => gaussianPredictor(context, network, variables),
    }),
  }),
  hidden: true,
};
export default trainGaussian;
