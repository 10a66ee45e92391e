import type { MergedTensor, MergeTerms } from '../../tensor-merge.ts';
import { kernelMatrix, kernelValues } from './matrices.ts';
import type { Matrix } from './matrices.ts';
import { addedVectors, tensorTaskVectors } from './task-vectors.ts';

/**
 * θ0 + scale · Δ of one tensor, where Δ of a kernel is made of the task vectors as matrices [outputs × inputs], and of
 * anything else (biases, norms) is their plain mean.
 *
 * @param matrices what makes Δ of kernels; matrices are in double precision.
 */
export function mergedByMatrices(
  tensor: MergedTensor,
  { weights }: Pick<MergeTerms, 'weights'>,
  scale: number,
  merge: (vectors: readonly Matrix[]) => Matrix,
): Float32Array {
  const { start, vectors } = tensorTaskVectors(tensor);
  const matrices = vectors.flatMap((vector, task) => {
    const matrix = kernelMatrix(tensor, vector);
    return matrix === null ? [] : [{ ...matrix, data: matrix.data.map((value) => weights[task] * value) }];
  });
  if (matrices.length === 0 || start.length === 0) return addedVectors(start, vectors, scale / vectors.length, weights);
  const change = kernelValues(tensor, merge(matrices));
  return start.map((value, at) => value + scale * change[at]);
}
