import { defineTrainingMethod } from '../training/shared/driver.ts';
import { gatedFields, gatedFits, gatedHooks } from './shared/gated-layers.ts';

/**
 * Mixture of experts (Jacobs et al. 1991, in the form of Eigen et al. 2013, section 2): z = Σ g_i(x) f_i(x), the gates
 * g a softmax of a small network, and a linear softmax layer on z.
 */
export default defineTrainingMethod({
  id: 'mixture-of-experts',
  version: 1,
  title: 'Mixture of experts',
  summary: 'One layer of experts whose answers a gating network weighs, example by example.',
  family: 'ensembling',
  paper: {
    title: 'Adaptive Mixtures of Local Experts',
    authors: 'Jacobs, Jordan, Nowlan, Hinton',
    year: 1991,
    reference: '10.1162/neco.1991.3.1.79',
    equations: 'The mixture of Eigen et al. 2013, section 2, eq. 1, with one layer',
    deviations:
      'Hidden features of the experts are mixed, and one softmax answers, where Jacobs et al. mix the answers. ' +
      'Assignments are balanced batch by batch in the first half of the training, as in Eigen et al., section 3.',
  },
  fields: gatedFields,
  fits: gatedFits,
  hooks: (values, context) => gatedHooks(context, 1, values),
});
