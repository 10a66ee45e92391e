import type { Method } from '../contract.ts';
import type { TensorMerge } from '../tensor-merge.ts';
import type { MergingInput } from './contract.ts';
import { defineMergingMethod } from './shared/define.ts';
import { multiTaskVector, taskMask, thresholdField, vectorFields } from './shared/multi-task-vector.ts';
import type { MultiTaskVector } from './shared/multi-task-vector.ts';
import { defineTensorMerge, mergeTensors, shapesOf } from './shared/tensor-merge.ts';
import { validationJudge } from './shared/validation-judge.ts';

const header = {
  id: 'tall-masks',
  version: 1,
  title: 'TALL masks',
  summary: 'One merged task vector for all tasks and a mask of one bit a weight for each, which picks what is its own.',
  paper: {
    title: 'Localizing Task Information for Improved Model Merging and Compression',
    authors: 'Wang et al.',
    year: 2024,
    reference: 'arXiv:2405.07813',
    equations:
      'Equation 5: m_t = 1[|τ_t| > λ_t |τ_mtl − τ_t|], and θ_t = θ0 + m_t ⊙ τ_mtl; λ_t of 0.2 … 0.6 on validation',
    deviations: 'None known. Heads are not masked.',
  },
  needsStart: true,
  fields: {
    ...vectorFields,
    lambda: thresholdField,
  },
} as const;

/** Thresholds that the authors choose from. */
const CANDIDATES = [0.2, 0.3, 0.4, 0.5, 0.6] as const;

/** The merge with a threshold a model; where none are told, all are the hyper-parameter. */
const mergeWith = (thresholds: readonly number[] | null) =>
  defineTensorMerge({
    ...header,
    entrywise: true,
    *surveyEach(values, terms) {
      if (thresholds === null && values.lambda === 0)
        throw new RangeError('TALL masks choose λ by validation data. Here is none: set lambda, for instance to 0.4.');
      const informationOf = yield* multiTaskVector(values, terms);
      return (tensor) => {
        const { start, vectors, merged } = informationOf(tensor);
        return vectors.map((vector, model) => {
          const mask = taskMask(vector, merged, thresholds?.[model] ?? values.lambda);
          return start.map((value, at) => (mask[at] === 1 ? value + merged[at] : value));
        });
      };
    },
  });

/**
 * The threshold of each model's mask: the given one for all, or where it is 0 the candidate whose masked net is best on
 * the validation rows of its task, the first among equals.
 */
export async function* maskThresholds(
  input: MergingInput,
  lambda: number,
  { vector, density }: MultiTaskVector,
): AsyncGenerator<number, readonly number[], void> {
  const { base, models, network, stream, taskOf } = input;
  if (lambda > 0) return models.map(() => lambda);
  const given = { base, models, shapes: shapesOf(network), stream };
  const judge = await validationJudge(input);
  const best = taskOf.map(() => ({ lambda: 0, accuracy: -1 }));
  for (const [index, candidate] of CANDIDATES.entries()) {
    const nets = mergeTensors(mergeWith(null).tensorMerge, { vector, density, lambda: candidate }, given);
    for (const [model, task] of taskOf.entries()) {
      const { accuracy } = await judge.task(nets[model], task);
      if (accuracy > best[model].accuracy) best[model] = { lambda: candidate, accuracy };
    }
    yield (index + 1) / (CANDIDATES.length + 1);
  }
  return best.map((chosen) => chosen.lambda);
}

/** On a person's checkpoints, where there is no validation data, the threshold is told. */
const tallMasks: Method & { readonly tensorMerge: TensorMerge } = {
  ...defineMergingMethod({
    ...header,
    asks: ['validation'],
    async *merge(input, values) {
      const { base, models, network, stream } = input;
      const thresholds = yield* maskThresholds(input, values.lambda, values);
      const given = { base, models, shapes: shapesOf(network), stream };
      return {
        kind: 'a net a model',
        nets: mergeTensors(mergeWith(thresholds).tensorMerge, values, given),
        notes: [`λ of the masks: ${thresholds.join(' ')}.`],
      };
    },
  }),
  tensorMerge: mergeWith(null).tensorMerge,
};
export default tallMasks;
