import { z } from 'zod';
import { addedGrams, cosineIn, folded, gramOf, lengthIn, onArc, onLine } from './shared/sphere.ts';
import type { Gram } from './shared/sphere.ts';
import { sharesOf, weightedSum } from './shared/sums.ts';
import { defineTensorMerge } from './shared/tensor-merge.ts';

/** Vectors shorter than this have no direction. */
const SHORT = 1e-8;

/**
 * How much of each model there is in the spherical interpolation: the angle is that of the unit vectors, the vectors
 * combined are the models as they are. Nearly parallel or opposite ones, and zeros, are interpolated linearly.
 *
 * @param gram inner products of the models.
 */
export function slerp(gram: Gram, weights: readonly number[], threshold: number): number[] {
  return folded(weights, (a, b, t) => {
    const isZero = lengthIn(gram, a) <= SHORT || lengthIn(gram, b) <= SHORT;
    const cosine = cosineIn(gram, a, b, SHORT);
    return isZero || Math.abs(cosine) > threshold ? onLine(a, b, t) : onArc(a, b, t, Math.acos(cosine));
  });
}

export default defineTensorMerge({
  id: 'slerp',
  version: 1,
  title: 'SLERP',
  summary: 'A point on the arc between two models in place of the straight line: directions turn at an even rate.',
  paper: {
    title: 'Animating Rotation with Quaternion Curves',
    authors: 'Shoemake',
    year: 1985,
    reference: 'doi:10.1145/325334.325242',
    equations: 'Section 3.3: sin((1 − t)Ω)/sin Ω, sin(tΩ)/sin Ω',
    deviations:
      'As mergekit applies it to weights: the angle of the unit vectors, the vectors as they are, linear where ' +
      '|cos| > 0.9995. More than two models join one after the other, each with its share of what is merged by then.',
  },
  fields: {
    t: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Where between the first model (0) and the second; 0.5 with more'),
    scope: z.enum(['tensor', 'net']).default('tensor').describe('One angle for each tensor or one for the whole net'),
    threshold: z.number().min(0).max(1).default(0.9995).describe('|cos| above which the line is taken'),
  },
  entrywise: true,
  surveyOf: ({ scope }) => scope,
  *survey({ t, threshold }, { weights }) {
    const parts = sharesOf(weights, t);
    let gram: Gram | null = null;
    yield ({ models }) => {
      const more = gramOf(models);
      gram = gram === null ? more : addedGrams(gram, more);
    };
    const lengths = gram === null ? parts : slerp(gram, parts, threshold);
    return ({ models }) => new Float32Array(weightedSum(models, lengths));
  },
});
