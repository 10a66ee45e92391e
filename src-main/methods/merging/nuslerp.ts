import { z } from 'zod';
import type { MergedTensor } from '../tensor-merge.ts';
import { outputRows } from './shared/output-rows.ts';
import { cosineIn, folded, gramOf, onArc, onLine } from './shared/sphere.ts';
import { sharesOf, weightedSum } from './shared/sums.ts';
import { addedVectors, tensorTaskVectors } from './shared/task-vectors.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

const SHORTEST = 1e-7;

type Angles = 'tensor' | 'row' | 'column';

/** SLERP of the vectors as they are, by the angle of their directions; linear only where sin Ω < 1e-8. */
export function nuSlerp(vectors: readonly Float32Array[], weights: readonly number[]): Float64Array {
  const gram = gramOf(vectors);
  const parts = folded(weights, (a, b, t) => {
    const angle = Math.acos(cosineIn(gram, a, b, SHORTEST));
    return Math.sin(angle) < 1e-8 ? onLine(a, b, t) : onArc(a, b, t, angle);
  });
  return weightedSum(vectors, parts);
}

/** The same with an angle for each output unit (row), or for each input (column); a vector has one. */
export function nuSlerpByLines(
  place: Pick<MergedTensor, 'shape' | 'outputAxis'>,
  vectors: readonly Float32Array[],
  weights: readonly number[],
  angles: Angles,
): ArrayLike<number> {
  if (angles === 'tensor' || place.shape.length < 2) return nuSlerp(vectors, weights);
  const { rows, columns, toRows, fromRows } = outputRows(place);
  const matrices = vectors.map(toRows);
  const merged = new Float32Array(rows * columns);
  const [lines, entries] = angles === 'row' ? [rows, columns] : [columns, rows];
  const at = (line: number, entry: number): number =>
    angles === 'row' ? line * columns + entry : entry * columns + line;
  for (let line = 0; line < lines; line += 1) {
    const parts = matrices.map((matrix) =>
      Float32Array.from({ length: entries }, (_, entry) => matrix[at(line, entry)]),
    );
    for (const [entry, value] of nuSlerp(parts, weights).entries()) merged[at(line, entry)] = value;
  }
  return fromRows(merged);
}

export default defineTensorMerge({
  id: 'nuslerp',
  version: 1,
  title: 'NuSLERP',
  summary: 'SLERP by weights with one angle a tensor, output unit or input; about a start where one is given.',
  paper: {
    title: "Arcee's MergeKit: A Toolkit for Merging Large Language Models",
    authors: 'Goddard et al.',
    year: 2024,
    reference: 'arXiv:2403.13257',
    equations: 'merge_methods/nuslerp.py of mergekit',
    deviations:
      'Kernels of convolutions are matrices of units by inputs. More than two models join one after the other, each ' +
      'with its share of what is merged by then.',
  },
  usesBase: true,
  fields: {
    t: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Where between the first model (0) and the second; 0.5 with more'),
    angles: z.enum(['tensor', 'row', 'column']).default('tensor').describe('What has an angle of its own'),
  },
  tensor: (tensor, { t, angles }, { weights }) => {
    const parts = sharesOf(weights, t);
    if (tensor.base === null) return new Float32Array(nuSlerpByLines(tensor, tensor.models, parts, angles));
    const { start, vectors } = tensorTaskVectors(tensor);
    return addedVectors(start, [nuSlerpByLines(tensor, vectors, parts, angles)], 1);
  },
});
