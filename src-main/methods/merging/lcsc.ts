import { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import { averagingCoefficients, combination, DECAYS, hasCheckpoints } from './shared/checkpoint-mixes.ts';
import { defineMergingMethod } from './shared/define.ts';
import { meanOf, validationJudge } from './shared/validation-judge.ts';

/** Coefficients of checkpoints that add up to 1, with what they were judged as; lower is better. */
interface Candidate {
  readonly alpha: Float64Array;
  readonly loss: number;
}

export interface SearchSettings {
  readonly population: number;
  readonly generations: number;
  /** Deviation of a mutation, as a share of 1/n. */
  readonly mutation: number;
}

/**
 * The last coefficient from the others, so that all add up to 1 (Liu et al. 2025, section 4.2: n − 1 are free).
 * Negative ones are allowed.
 */
export function completed(free: ArrayLike<number>): Float64Array {
  const all = Float64Array.from({ length: free.length + 1 }, (_, at) => free[at] ?? 0);
  all[free.length] = 1 - all.reduce((sum, value) => sum + value, 0);
  return all;
}

/**
 * The evolutionary search of LCSC (algorithm 1): the population begins with moving averages of several decays and the
 * plain mean; in each generation two of the better half are crossed entry by entry, the child mutates, and the worst
 * makes room for it. So the best is never worse than the best moving average.
 *
 * @param loss of a combination, lower is better
 * @yields the best after the first population and after each generation
 */
export async function* evolved(
  checkpoints: number,
  loss: (alpha: Float64Array) => Promise<number>,
  { population, generations, mutation }: SearchSettings,
  stream: (name: string) => Stream,
): AsyncGenerator<Candidate, Candidate, void> {
  const first = [
    ...DECAYS.map((decay) => averagingCoefficients(checkpoints, decay)),
    new Float64Array(checkpoints).fill(1 / checkpoints),
  ];
  let all: Candidate[] = [];
  for (const alpha of first) all.push({ alpha, loss: await loss(alpha) });
  const ranked = (of: Candidate[]): Candidate[] => of.sort((a, b) => a.loss - b.loss).slice(0, population);
  all = ranked(all);
  yield all[0];
  for (let generation = 0; generation < generations; generation += 1) {
    const draws = stream(`lcsc/generation${generation}`);
    const half = Math.max(1, Math.ceil(all.length / 2));
    const children: Candidate[] = [];
    for (let child = 0; child < population; child += 1) {
      const [one, other] = [all[draws.integer(half)].alpha, all[draws.integer(half)].alpha];
      const free = Float64Array.from({ length: checkpoints - 1 }, (_, at) => {
        const inherited = draws.uniform() < 0.5 ? one[at] : other[at];
        return inherited + (draws.uniform() < 0.5 ? (draws.normal() * mutation) / checkpoints : 0);
      });
      const alpha = completed(free);
      children.push({ alpha, loss: await loss(alpha) });
    }
    all = ranked([...all, ...children]);
    yield all[0];
  }
  return all[0];
}

export default defineMergingMethod({
  id: 'lcsc',
  version: 1,
  title: 'LCSC',
  summary: 'Searches a linear combination of the checkpoints of one run, negative weights allowed, on validation rows.',
  paper: {
    title: 'Linear Combination of Saved Checkpoints Makes Consistency and Diffusion Models Better',
    authors: 'Liu, Zhu, Liu, Yan, Ning, Lin, Yekhanin, Dai, Wang',
    year: 2025,
    reference: 'arXiv:2404.02241',
    equations: 'Section 4.2, algorithm 1: Σ α_i θ_i with Σ α_i = 1',
    deviations:
      'The search code is not published: population, crossing and mutation are ours. Classifiers in place of ' +
      'generative models; the mean cross-entropy on validation rows in place of FID.',
  },
  asks: ['validation'],
  fits: hasCheckpoints,
  fields: {
    population: z.number().int().min(2).max(500).default(16).describe('Combinations in a generation'),
    generations: z.number().int().min(0).max(1000).default(30).describe('Generations after the first population'),
    mutation: z.number().positive().max(10).default(0.5).describe('Deviation of a mutation, in shares of 1/n'),
  },
  async *merge(input, settings) {
    const { models, stream } = input;
    const judge = await validationJudge(input);
    const loss = async (alpha: Float64Array): Promise<number> =>
      meanOf(await judge.all(combination(models, alpha)), 'loss');
    const search = evolved(models.length, loss, settings, stream);
    let [done, step, before] = [0, await search.next(), Number.NaN];
    while (step.done !== true) {
      if (done === 0) before = step.value.loss;
      yield done / (settings.generations + 1);
      done += 1;
      step = await search.next();
    }
    const { alpha, loss: after } = step.value;
    return {
      kind: 'parameters',
      merged: combination(models, alpha),
      scalars: { 'loss.before': before, 'loss.after': after },
      notes: [`Coefficients: ${[...alpha].map((value) => value.toFixed(3)).join(' ')}`],
    };
  },
});
