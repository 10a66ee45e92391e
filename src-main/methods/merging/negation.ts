import { z } from 'zod';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { chosenScale, forgetsSomething, forgetter, keepField } from './shared/forgetting.ts';
import type { Forgotten } from './shared/forgetting.ts';
import { taskVectors } from './shared/task-vectors.ts';

/**
 * Forgetting by negation (Ilharco et al. 2023, section 3): θ0 − λ τ, where τ is what a run on the target alone changed.
 * λ is the largest of a grid that keeps the accuracy on control rows.
 */
export default defineMergingMethod({
  id: 'negation',
  version: 1,
  title: 'Task negation',
  summary: 'Takes away what runs on the target learned, as much as validation rows of what is to be kept allow.',
  paper: {
    title: 'Editing Models with Task Arithmetic',
    authors: 'Ilharco, Ribeiro, Wortsman, Gururangan, Schmidt, Hajishirzi, Farhadi',
    year: 2023,
    reference: 'arXiv:2212.04089',
    equations: 'Section 3: θ = θ_pre − λ τ',
    deviations: 'Scales are a geometric grid from .05; the first that loses the control ends the search.',
  },
  needsStart: true,
  asks: ['validation'],
  fits: forgetsSomething,
  fields: {
    vector: z
      .enum(['best', 'mean'])
      .default('best')
      .describe('The run whose negation forgets most on validation rows, or the mean of all runs'),
    keep: keepField,
  },
  async *merge(input, { vector, keep }) {
    const forget = await forgetter(input, keep);
    const all = taskVectors(input.models, input.base);
    const vectors = vector === 'mean' ? [averageParameters(all)] : all;
    let best: { readonly run: number; readonly forgotten: Forgotten } | null = null;
    for (const [run, one] of vectors.entries()) {
      const forgotten = await forget(one);
      if (best === null || forgotten.target < best.forgotten.target) best = { run, forgotten };
      yield (run + 1) / vectors.length;
    }
    if (best === null) throw new Error('There is no run to take away.');
    const { run, forgotten } = best;
    return {
      kind: 'parameters',
      merged: forgotten.merged,
      scalars: { lambda: forgotten.lambda },
      notes: [`${vector === 'mean' ? 'The mean of all runs' : `Run ${run}`}: ${chosenScale(forgotten)}`],
    };
  },
});
