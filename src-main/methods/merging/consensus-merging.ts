import { z } from 'zod';
import type { Method } from '../contract.ts';
import type { TensorMerge } from '../tensor-merge.ts';
import { defineMergingMethod } from './shared/define.ts';
import { multiTaskVector, taskMask, thresholdField, vectorFields } from './shared/multi-task-vector.ts';
import { addedVectors } from './shared/task-vectors.ts';
import { defineTensorMerge, mergeTensors, shapesOf } from './shared/tensor-merge.ts';
import { maskThresholds } from './tall-masks.ts';

/** τ_mtl where at least k tasks have it in their masks, else 0. */
export function consensusVector(merged: Float32Array, masks: readonly Uint8Array[], k: number): Float32Array {
  return merged.map((value, at) => (masks.reduce((sum, mask) => sum + mask[at], 0) >= k ? value : 0));
}

const header = {
  id: 'consensus-merging',
  version: 1,
  title: 'Consensus merging',
  summary: 'Drops from the merged task vector what matters to fewer than k tasks, then adds it scaled by λ.',
  paper: {
    title: 'Localizing Task Information for Improved Model Merging and Compression',
    authors: 'Wang et al.',
    year: 2024,
    reference: 'arXiv:2405.07813',
    equations: 'Section 4.2: θ0 + λ m ⊙ τ_mtl with m = 1[Σ_t m_t ≥ k] of the TALL masks m_t (equation 5)',
    deviations: 'λ is given here; the λ_t of the masks are chosen on validation data, as in their code.',
  },
  needsStart: true,
  fields: {
    ...vectorFields,
    k: z
      .number()
      .int()
      .min(0)
      .max(100)
      .default(2)
      .describe('Tasks that must have an entry in their masks; 0 = all kept'),
    lambda: z.number().min(0).max(3).default(0.3).describe('Scale λ of the merged task vector'),
    maskLambda: thresholdField,
  },
} as const;

/** The merge with a threshold a model; where none are told, all are the hyper-parameter. */
const mergeWith = (thresholds: readonly number[] | null) =>
  defineTensorMerge({
    ...header,
    entrywise: true,
    *survey(values, terms) {
      if (thresholds === null && values.maskLambda === 0)
        throw new RangeError('Masks are chosen by validation data. Here is none: set maskLambda, for instance to 0.4.');
      const informationOf = yield* multiTaskVector(values, terms);
      return (tensor) => {
        const { start, vectors, merged } = informationOf(tensor);
        const masks = vectors.map((vector, model) =>
          taskMask(vector, merged, thresholds?.[model] ?? values.maskLambda),
        );
        return addedVectors(start, [consensusVector(merged, masks, values.k)], values.lambda);
      };
    },
  });

/** On a person's checkpoints, where there is no validation data, the threshold is told. */
const consensusMerging: Method & { readonly tensorMerge: TensorMerge } = {
  ...defineMergingMethod({
    ...header,
    asks: ['validation'],
    async *merge(input, values) {
      const { base, models, network, stream } = input;
      const thresholds = yield* maskThresholds(input, values.maskLambda, values);
      const given = { base, models, shapes: shapesOf(network), stream };
      const [merged] = mergeTensors(mergeWith(thresholds).tensorMerge, values, given);
      return { kind: 'parameters', merged, notes: [`λ of the masks: ${thresholds.join(' ')}.`] };
    },
  }),
  tensorMerge: mergeWith(null).tensorMerge,
};
export default consensusMerging;
