import { z } from 'zod';
import { defineMergingMethod } from './shared/define.ts';
import { averageParameters } from './shared/average.ts';
import { permuteNetwork } from './shared/permutations.ts';
import { crossMoments, matchAnswers } from './shared/unit-moments.ts';

/**
 * Git Re-Basin by matching activations (Ainsworth et al. 2023, section 3.1): hidden units of the second net are
 * reordered so that they answer most like the first's, layer by layer, each by one linear assignment; then the
 * midpoint of the two aligned nets. Which layers may be reordered together is read from the network's permutation
 * specification.
 */
export default defineMergingMethod({
  id: 'git-rebasin-activation-matching',
  version: 1,
  title: 'Git Re-Basin (activation matching)',
  summary: "Reorders the second net's hidden units so that they answer most like the first net's, then averages.",
  paper: {
    title: 'Git Re-Basin: Merging Models modulo Permutation Symmetries',
    authors: 'Ainsworth, Hayase, Srinivasa',
    year: 2023,
    reference: 'arXiv:2209.04836',
    equations: 'Section 3.1, equation 1; correlations as in REPAIR (Jordan et al. 2023)',
    deviations:
      'Inner products are not centred, as in the scripts of the authors (their line with correlations is commented ' +
      'out). On 10,000 training inputs unless told, where the scripts take all.',
  },
  models: 2,
  asks: ['training-inputs', 'extra-passes'],
  fields: {
    similarity: z
      .enum(['inner-product', 'correlation'])
      .default('inner-product')
      .describe('How alike two units are: the mean product of their answers, or their correlation'),
    examples: z
      .number()
      .int()
      .min(2)
      .max(100_000)
      .default(10_000)
      .describe('Training inputs on which units are compared; all where there are fewer'),
  },
  async *merge({ context, networks, models: [a], whole, heads, statistics }, { similarity, examples }) {
    yield 0;
    const parts = statistics.inputs(examples);
    const nets = [0, 1].map((index) => ({ network: networks[index], values: whole[index] }));
    const moments = await crossMoments(context.engine, [nets[0], nets[1]], parts);
    context.meter.passes({ forward: 2 * parts.reduce((sum, { ids }) => sum + ids.length, 0) });
    yield 0.5;
    const aligned = permuteNetwork(networks[1], whole[1], matchAnswers(moments, similarity));
    const merged = averageParameters([a, aligned]);
    return Object.keys(heads).length === 0
      ? { kind: 'parameters', merged, ends: [a, aligned] }
      : { kind: 'a net a model', nets: [whole[0], aligned].map((net) => ({ ...net, ...merged })) };
  },
});
