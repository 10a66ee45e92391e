import { averagingCoefficients, combination, DECAYS, hasCheckpoints } from './shared/checkpoint-mixes.ts';
import { defineMergingMethod } from './shared/define.ts';
import { meanOf, validationJudge } from './shared/validation-judge.ts';

/**
 * The exponential moving average over the checkpoints of a run, with the decay whose loss on validation rows is the
 * smallest: what LCSC is held against.
 */
export default defineMergingMethod({
  id: 'ema-of-checkpoints',
  version: 1,
  title: 'Moving average of checkpoints',
  summary: 'The exponential moving average of the checkpoints of a run, its decay chosen on validation rows.',
  paper: {
    title: 'Acceleration of Stochastic Approximation by Averaging',
    authors: 'Polyak, Juditsky',
    year: 1992,
    reference: '10.1137/0330046',
    equations: 'Averages of iterates, with weights that fall geometrically',
    deviations: 'Over checkpoints, not over every step.',
  },
  asks: ['validation'],
  fits: hasCheckpoints,
  fields: {},
  async *merge(input) {
    const { models } = input;
    const judge = await validationJudge(input);
    const losses: number[] = [];
    for (const decay of DECAYS) {
      losses.push(meanOf(await judge.all(combination(models, averagingCoefficients(models.length, decay))), 'loss'));
      yield losses.length / DECAYS.length;
    }
    const decay = DECAYS[losses.indexOf(Math.min(...losses))];
    return {
      kind: 'parameters',
      merged: combination(models, averagingCoefficients(models.length, decay)),
      scalars: { decay },
      notes: [
        `Decay ${decay} of ${DECAYS.join(', ')}; validation losses ${losses.map((loss) => loss.toFixed(4)).join(' ')}.`,
      ],
    };
  },
});
