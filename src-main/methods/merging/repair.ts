import { z } from 'zod';
import { defineMergingMethod } from './shared/define.ts';
import { averageParameters } from './shared/average.ts';
import { permuteNetwork } from './shared/permutations.ts';
import { answerStatistics, goalsBetween, repaired } from './shared/repair.ts';
import { crossMoments, matchAnswers } from './shared/unit-moments.ts';
import { matchWeights } from './shared/weight-matching.ts';

/** Places of the path between the two nets at which the mean of the two is repaired: both ends and so many between. */
const BETWEEN = [0.25, 0.5, 0.75];

/**
 * REPAIR (Jordan et al. 2023): where two aligned nets are averaged, their units no longer move together and the
 * variance of what they answer collapses, layer after layer. So every affine answer of a hidden layer is rescaled to
 * the mean and the deviation that lie between those of the two nets, from the input on; the result is folded into the
 * weights. The head stays as it is. A net with batch norm has its statistics estimated anew, which is the same.
 */
export default defineMergingMethod({
  id: 'repair',
  version: 1,
  title: 'REPAIR',
  summary: 'Aligns two nets, averages them, and gives every hidden unit the mean and deviation that the nets had.',
  paper: {
    title: 'REPAIR: REnormalizing Permuted Activations for Interpolation Repair',
    authors: 'Jordan, Sedghi, Saukh, Entezari, Neyshabur',
    year: 2023,
    reference: 'arXiv:2211.08403',
    equations: "Section 4, with the constants of the authors' notebook",
    deviations:
      'Statistics are of 10,000 training inputs unless told, where the notebook takes all. A layer is brought to its ' +
      'goal by the unbiased variance of a batch, where their batch norm has the biased one (batches of 2,000).',
  },
  models: 2,
  asks: ['training-inputs', 'extra-passes'],
  fits: ({ network, experts }) =>
    network.layers.some(({ kind }) => kind === 'batch-norm' || kind === 'residual')
      ? 'Where networks have batch norm, its statistics are estimated anew for every merge, which is REPAIR.'
      : experts?.heads.length === 1 || 'REPAIR merges two networks of one task.',
  fields: {
    align: z
      .enum(['correlation', 'inner-product', 'weights', 'none'])
      .default('correlation')
      .describe('How units are matched first: by their answers, by their weights, or not at all'),
    examples: z
      .number()
      .int()
      .min(2)
      .max(100_000)
      .default(10_000)
      .describe('Training inputs for matching and statistics; all where there are fewer'),
  },
  async *merge({ context, network, models: [a, b], statistics, stream }, { align, examples }) {
    const { engine, meter } = context;
    const [rows] = statistics.inputs(examples);
    const net = (values: typeof a) => ({ network, values });
    yield 0;
    let permutations = {};
    if (align === 'weights') {
      const work = matchWeights(network, a, b, stream('weight-matching'), 100);
      let step = work.next();
      for (; step.done !== true; step = work.next()) yield 0;
      ({ permutations } = step.value);
    } else if (align !== 'none')
      permutations = matchAnswers(await crossMoments(engine, [net(a), net(b)], [rows]), align);
    const aligned = permuteNetwork(network, b, permutations);
    yield 0.4;
    const first = await answerStatistics(engine, net(a), rows);
    const second = await answerStatistics(engine, net(aligned), rows);
    const path = [];
    for (const share of BETWEEN) {
      yield 0.5 + share / 2;
      const goals = goalsBetween(first, second, share);
      const between = averageParameters([a, aligned], [1 - share, share]);
      path.push(repaired(between, await answerStatistics(engine, net(between), rows, goals), goals));
    }
    const passes = (align === 'none' || align === 'weights' ? 0 : 2) + 2 + BETWEEN.length;
    meter.passes({ forward: passes * rows.ids.length });
    return { kind: 'parameters', merged: path[1], path: [a, ...path, aligned] };
  },
});
