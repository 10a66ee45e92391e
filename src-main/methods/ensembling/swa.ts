import { defineMethod } from '../define.ts';
import { averagedFields } from '../training/train-averaged.ts';
import { momentsRequest, openMoments, withTrainingNorms } from './shared/averaged.ts';
import { openEnsemble } from './shared/members.ts';

/**
 * Stochastic weight averaging (Izmailov et al. 2018, algorithm 1): the network whose parameters are the mean of those
 * at the ends of the last epochs of one training, θ_SWA = n⁻¹ Σ θ_i.
 */
export default defineMethod(
  {
    id: 'swa',
    version: 1,
    title: 'Stochastic weight averaging (SWA)',
    summary: 'The mean of the weights at the ends of the last epochs of one training, which go on at a constant rate.',
    paper: {
      title: 'Averaging Weights Leads to Wider Optima and Better Generalization',
      authors: 'Izmailov, Podoprikhin, Garipov, Vetrov, Wilson',
      year: 2018,
      reference: 'arXiv:1803.05407',
      equations: 'Algorithm 1, with the schedule of the authors’ code (timgaripov/swa, train.py)',
      deviations:
        'Averaging is within the suite’s budget. The schedule moves by epochs. Batch-norm statistics are the ' +
        'cumulative averages over the training inputs, in batches of about 500. The deviations that SWAG needs are ' +
        'kept by the shared training.',
    },
    asks: ['extra-passes'],
    targets: ['classes', 'numbers'],
    fields: averagedFields,
  },
  {
    family: 'ensembling',
    protocol: 'rows',
    trials: momentsRequest,
    async *run(context) {
      const { mean } = await openMoments(context);
      yield { kind: 'progress', cursor: null, done: 0, total: 1 };
      const arrays = await withTrainingNorms(context, mean);
      const model = { kind: 'model', spec: context.network.spec, arrays, note: 'mean of the weights' } as const;
      return { predictor: openEnsemble(context, []).merged(arrays), artefacts: { model } };
    },
  },
);
