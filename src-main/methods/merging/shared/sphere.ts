import { dot } from './sums.ts';

/** Inner products of several vectors. Whatever lies in their span is written by its coefficients, one a vector. */
export type Gram = readonly (readonly number[])[];

/** Each product is made once: ⟨a, b⟩ is ⟨b, a⟩. */
export function gramOf(vectors: readonly ArrayLike<number>[]): Gram {
  const gram = vectors.map(() => vectors.map(() => 0));
  for (const [i, a] of vectors.entries()) for (let j = 0; j <= i; j += 1) gram[i][j] = gram[j][i] = dot(a, vectors[j]);
  return gram;
}

export const addedGrams = (a: Gram, b: Gram): Gram => a.map((row, i) => row.map((value, j) => value + b[i][j]));

/** ⟨Σ a_t v_t, Σ b_t v_t⟩ of two vectors by their coefficients. */
export const inner = (gram: Gram, a: readonly number[], b: readonly number[]): number =>
  gram.reduce((sum, row, i) => sum + a[i] * dot(row, b), 0);

export const lengthIn = (gram: Gram, a: readonly number[]): number => Math.sqrt(Math.max(inner(gram, a, a), 0));

/** Cosine of the angle between two vectors by their coefficients; lengths count as no less than `floor`. */
export function cosineIn(gram: Gram, a: readonly number[], b: readonly number[], floor: number): number {
  const lengths = Math.max(lengthIn(gram, a), floor) * Math.max(lengthIn(gram, b), floor);
  return Math.min(Math.max(inner(gram, a, b) / lengths, -1), 1);
}

/** (1 − t) a + t b. */
export const onLine = (a: readonly number[], b: readonly number[], t: number): number[] =>
  a.map((value, at) => (1 - t) * value + t * b[at]);

/** On the great circle: weights sin((1 − t)Ω)/sin Ω and sin(tΩ)/sin Ω (Shoemake 1985, section 3.3). */
export function onArc(a: readonly number[], b: readonly number[], t: number, angle: number): number[] {
  const [first, second] = [(1 - t) * angle, t * angle].map((part) => Math.sin(part) / Math.sin(angle));
  return a.map((value, at) => first * value + second * b[at]);
}

/**
 * How much of each model there is in a merge of several that is made of merges of two: one after the other joins with
 * its share of what is merged by then.
 *
 * @param pair what lies between a merge so far (t = 0) and a model (t = 1), all by their coefficients.
 */
export function folded(
  models: readonly number[],
  pair: (a: readonly number[], b: readonly number[], t: number) => number[],
): number[] {
  const [first, ...others] = models.map((_, model) => models.map((_share, at) => Number(at === model)));
  let total = models[0];
  let merged = first;
  others.forEach((model, index) => {
    total += models[index + 1];
    merged = pair(merged, model, total === 0 ? 0.5 : models[index + 1] / total);
  });
  return merged;
}
