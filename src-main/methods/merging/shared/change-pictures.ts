import type { NamedArrays } from '../../../engine/types.ts';
import { taskVectors } from './task-vectors.ts';
import { CutFinder } from './trimming.ts';

/** Share of the entries that counts as the largest, as TIES keeps them. */
const LARGEST = 0.2;

type Rows = readonly (readonly number[])[];

/**
 * How the changes of models since their start stand to each other, as pictures have it: cosines [tensors × pairs]; of
 * the entries that are among the largest fifth of one of two models, the share that are in both [models × models]; and
 * of these the share with opposite signs. Not a number where there are none.
 */
export function changePictures(models: readonly NamedArrays[], base: NamedArrays): Readonly<Record<string, Rows>> {
  const vectors = taskVectors(models, base);
  const names = Object.keys(base);
  const pairs = vectors.flatMap((_, a) => vectors.slice(a + 1).map((__, b) => [a, a + 1 + b] as const));
  const cuts = vectors.map(
    (vector) =>
      CutFinder.of(
        names.map((name) => vector[name]),
        { density: LARGEST, keep: 'at-least-1' },
      ).threshold,
  );
  const shares = (of: (a: number, b: number) => number): Rows =>
    vectors.map((_, a) => vectors.map((__, b) => of(a, b)));
  const counted = new Map(
    pairs.map(([a, b]) => [`${a} ${b}`, commonEntries(names, [vectors[a], vectors[b]], [cuts[a], cuts[b]])]),
  );
  const found = (a: number, b: number) => counted.get(`${Math.min(a, b)} ${Math.max(a, b)}`);
  return {
    'changes.cosine': names.map((name) => pairs.map(([a, b]) => cosine(vectors[a][name], vectors[b][name]))),
    'changes.overlap': shares((a, b) => {
      const both = found(a, b);
      return both === undefined ? 1 : both.common / both.either;
    }),
    'changes.conflict': shares((a, b) => {
      const both = found(a, b);
      return both === undefined ? 0 : both.opposite / both.common;
    }),
  };
}

function commonEntries(
  names: readonly string[],
  [one, other]: readonly [NamedArrays, NamedArrays],
  [ofOne, ofOther]: readonly [number, number],
): { readonly either: number; readonly common: number; readonly opposite: number } {
  let [either, common, opposite] = [0, 0, 0];
  for (const name of names)
    one[name].forEach((value, at) => {
      const against = other[name][at];
      const [isOne, isOther] = [Math.abs(value) >= ofOne, Math.abs(against) >= ofOther];
      if (isOne || isOther) either += 1;
      if (!(isOne && isOther)) return;
      common += 1;
      if (value * against < 0) opposite += 1;
    });
  return { either, common, opposite };
}

function cosine(one: Float32Array, other: Float32Array): number {
  let [product, ofOne, ofOther] = [0, 0, 0];
  one.forEach((value, at) => {
    product += value * other[at];
    ofOne += value * value;
    ofOther += other[at] * other[at];
  });
  return product / Math.sqrt(ofOne * ofOther);
}
