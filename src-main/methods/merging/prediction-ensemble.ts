import { meanAnswers } from '../ensembling/shared/combine.ts';
import { defineMergingMethod } from './shared/define.ts';

/**
 * The upper reference of merging: the mean of the nets' softmax distributions (Lakshminarayanan et al. 2017, section
 * 2.4), at twice the cost of one net.
 */
export default defineMergingMethod({
  id: 'prediction-ensemble',
  version: 1,
  title: 'Prediction ensemble',
  summary: "The mean of the nets' distributions: twice the cost of one net, and what merging hopes to reach with one.",
  reference: 'upper',
  paper: {
    title: 'Simple and Scalable Predictive Uncertainty Estimation using Deep Ensembles',
    authors: 'Lakshminarayanan, Pritzel, Blundell',
    year: 2017,
    reference: 'arXiv:1612.01474',
    equations: 'Section 2.4: p(y|x) = M⁻¹ Σ p_m(y|x)',
    deviations: 'Two members, without adversarial training.',
  },
  anyWidth: true,
  fields: {},
  *merge() {
    yield 0;
    return { kind: 'predictions', combine: meanAnswers };
  },
});
