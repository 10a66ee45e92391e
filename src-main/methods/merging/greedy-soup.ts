import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { meanOf, validationJudge } from './shared/validation-judge.ts';
import { MODEL_SOUPS } from '../shared/papers.ts';

/** Whether a soup must be better than the one before, or may be as good. */
export type Acceptance = 'better' | 'as good';

/** A model that was tried, the score of the soup with it, and whether it stayed. */
export interface Tasted {
  readonly model: number;
  readonly score: number;
  readonly accepted: boolean;
}

/**
 * Greedy soup (Wortsman et al. 2022, recipe 1): models in the order of their own scores, the best first; each joins the
 * mean of those before where the mean's score on held-out data then is better. Of equal models the earlier comes first.
 *
 * @param scores of the models by themselves; higher is better
 * @param score of the mean of some models
 * @yields after each model that was tried
 */
export async function* greedySoup(
  models: readonly NamedArrays[],
  scores: readonly number[],
  score: (soup: NamedArrays) => Promise<number>,
  accept: Acceptance,
): AsyncGenerator<Tasted, { readonly chosen: readonly number[]; readonly soup: NamedArrays }, void> {
  const order = [...models.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
  const [first, ...others] = order;
  let chosen = [first];
  let best = { soup: models[first], score: scores[first] };
  yield { model: first, score: best.score, accepted: true };
  for (const model of others) {
    const soup = averageParameters([...chosen, model].map((index) => models[index]));
    const now = await score(soup);
    const accepted = accept === 'better' ? now > best.score : now >= best.score;
    if (accepted) {
      chosen = [...chosen, model];
      best = { soup, score: now };
    }
    yield { model, score: now, accepted };
  }
  return { chosen, soup: best.soup };
}

export default defineMergingMethod({
  id: 'greedy-soup',
  version: 1,
  title: 'Greedy soup',
  summary: 'Adds runs to a mean of weights, the best first, as long as its accuracy on validation rows rises.',
  paper: {
    ...MODEL_SOUPS,
    equations: 'Recipe 1 (greedy soup)',
    deviations:
      "Strictly better, as in the authors' code, where the text says not worse; `as good` is that, and the " +
      'restricted selection of DiWA (Rame et al. 2022). With several tasks their mean accuracy decides.',
  },
  asks: ['validation'],
  measures: [
    {
      id: 'measure.ingredients',
      title: 'Ingredients',
      formula: 'models in the soup',
      direction: 'none',
      unit: 'count',
    },
  ],
  fields: {
    accept: z
      .enum(['better', 'as good'])
      .default('better')
      .describe('Whether a soup must be better than the one before it, or may be as good'),
  },
  async *merge(input, { accept }) {
    const { models } = input;
    const judge = await validationJudge(input);
    const score = async (values: NamedArrays): Promise<number> => meanOf(await judge.all(values), 'accuracy');
    const scores: number[] = [];
    for (const [index, model] of models.entries()) {
      scores.push(await score(model));
      yield (index + 1) / (2 * models.length);
    }
    const tasting = greedySoup(models, scores, score, accept);
    let [tried, step] = [0, await tasting.next()];
    while (step.done !== true) {
      tried += 1;
      yield 0.5 + tried / (2 * models.length);
      step = await tasting.next();
    }
    const { chosen, soup } = step.value;
    return {
      kind: 'parameters',
      merged: soup,
      scalars: { 'measure.ingredients': chosen.length },
      notes: [`Ingredients in their order: ${chosen.join(', ')}, of ${models.length}.`],
    };
  },
});
