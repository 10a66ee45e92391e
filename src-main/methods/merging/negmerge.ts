import { z } from 'zod';
import { defineMergingMethod } from './shared/define.ts';
import { chosenScale, forgetsSomething, forgetter, keepField } from './shared/forgetting.ts';
import { addedTo, addedVectors, taskVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/**
 * NegMerge (Kim et al. 2025, equation 3): the mean of what runs changed where all of them changed an entry in one
 * direction, 0 elsewhere. A change of 0 agrees with none.
 */
export function consensus(vectors: readonly Float32Array[]): Float32Array {
  const merged = new Float32Array(vectors[0].length);
  for (let at = 0; at < merged.length; at += 1) {
    const sign = Math.sign(vectors[0][at]);
    let sum = 0;
    let agree = sign !== 0;
    for (const vector of vectors) {
      sum += vector[at];
      agree &&= Math.sign(vector[at]) === sign;
    }
    merged[at] = agree ? sum / vectors.length : 0;
  }
  return merged;
}

const header = {
  id: 'negmerge',
  version: 1,
  title: 'NegMerge',
  summary: 'Takes away what many runs on the target changed alike: entries whose signs agree in all of them.',
  paper: {
    title: 'NegMerge: Sign-Consensual Weight Merging for Machine Unlearning',
    authors: 'Kim, Han, Choe',
    year: 2025,
    reference: 'arXiv:2410.05583',
    equations: 'Equation 3; θ = θ_ori − λ τ_merged',
    deviations:
      'The authors publish no code. λ is the largest of a geometric grid that keeps the control on validation rows, ' +
      'unless it is given.',
  },
  needsStart: true,
  fields: {
    lambda: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .meta({ defaultMeans: 'the largest that keeps the control' })
      .describe('Scale λ of what is taken away'),
    keep: keepField,
  },
} as const;

const { tensorMerge } = defineTensorMerge({
  ...header,
  entrywise: true,
  weighs: false,
  // There are no validation rows beside files.
  onFiles: { lambda: 1 },
  tensor(tensor, { lambda }) {
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(start, [consensus(vectors)], -lambda);
  },
});

const onSuites = defineMergingMethod({
  ...header,
  asks: ['validation'],
  fits: forgetsSomething,
  async *merge(input, { lambda, keep }) {
    const { base, models } = input;
    yield 0;
    const vectors = taskVectors(models, base);
    const vector = Object.fromEntries(
      Object.keys(base).map((name) => [name, consensus(vectors.map((one) => one[name]))] as const),
    );
    const kept = Object.values(vector).reduce((sum, values) => sum + values.filter((value) => value !== 0).length, 0);
    const total = Object.values(base).reduce((sum, { length }) => sum + length, 0);
    const scalars = { 'share.agreeing': kept / total };
    if (lambda > 0)
      return { kind: 'parameters', merged: addedTo(base, [vector], -lambda), scalars: { ...scalars, lambda } };
    const forgotten = await (await forgetter(input, keep))(vector);
    return {
      kind: 'parameters',
      merged: forgotten.merged,
      scalars: { ...scalars, lambda: forgotten.lambda },
      notes: [chosenScale(forgotten)],
    };
  },
});

export default { ...onSuites, tensorMerge };
