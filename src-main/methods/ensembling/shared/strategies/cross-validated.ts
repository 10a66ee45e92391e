import { z } from 'zod';
import { COMBINING } from './combining.ts';
import { lossOf } from './loss.ts';
import { strategy } from './strategy.ts';
import type { Predictions } from './strategy.ts';

const rowsOf = ({ values, width, kind }: Predictions, chosen: readonly number[]): Predictions => {
  const out = new Float64Array(chosen.length * width);
  for (const [at, row] of chosen.entries()) out.set(values.subarray(row * width, (row + 1) * width), at * width);
  return { kind, rows: chosen.length, width, values: out };
};

/** What is chosen among: from weights that are told to those with the most freedom. */
const AMONG: readonly { readonly name: string; readonly id: string; readonly settings: Record<string, unknown> }[] = [
  { name: 'single best', id: 'model-averaging', settings: { weights: 'single-best' } },
  { name: 'equal weights', id: 'average', settings: {} },
  { name: 'convex weights', id: 'model-averaging', settings: {} },
  { name: 'greedy selection', id: 'greedy', settings: {} },
  { name: 'stacking', id: 'stacking', settings: {} },
];

export const crossValidated = strategy({
  id: 'cross-validated',
  title: 'The strategy with the least loss by cross-validation',
  kinds: ['probabilities', 'numbers'],
  schema: z.object({
    folds: z.number().int().min(2).max(20).default(5).describe('Folds: row i is in fold i mod folds'),
  }),
  fit({ models, target }, { folds }) {
    const { rows } = models[0];
    const losses = AMONG.map(({ id, settings }) => {
      const tried = COMBINING.find((one) => one.id === id);
      if (tried === undefined) return Infinity;
      let sum = 0;
      for (let fold = 0; fold < Math.min(folds, rows); fold += 1) {
        const every = Array.from({ length: rows }, (_, row) => row);
        const held = every.filter((row) => row % folds === fold);
        const used = every.filter((row) => row % folds !== fold);
        const targetOf = (chosen: readonly number[]): Float64Array => Float64Array.from(chosen, (row) => target[row]);
        const fitted = tried.fit(
          { models: models.map((one) => rowsOf(one, used)), target: targetOf(used) },
          tried.schema.parse(settings),
        );
        sum += lossOf(fitted.apply(models.map((one) => rowsOf(one, held))), targetOf(held)) * held.length;
      }
      return sum / rows;
    });
    const at = losses.indexOf(Math.min(...losses));
    const { name, id, settings } = AMONG[at];
    const chosen = COMBINING.find((one) => one.id === id) ?? COMBINING[0];
    return {
      ...chosen.fit({ models, target }, chosen.schema.parse(settings)),
      parameters: Object.fromEntries(AMONG.map((one, i) => [`loss of ${one.name}`, losses[i]])),
      note: `Chosen: ${name}.`,
    };
  },
});
