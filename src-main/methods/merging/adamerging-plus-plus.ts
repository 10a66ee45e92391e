import { z } from 'zod';
import type { NamedArrays } from '../../engine/types.ts';
import { adaptationFields, adapted } from './shared/adapted-coefficients.ts';
import { defineMergingMethod } from './shared/define.ts';
import { elect } from './shared/election.ts';
import { learnable } from './shared/learnable.ts';
import { taskVectors } from './shared/task-vectors.ts';
import { CutFinder, Trimmer } from './shared/trimming.ts';

/**
 * What TIES selects of each task vector: its largest entries over the whole net (the authors' threshold), of these the
 * ones that have the elected sign. The sum of all is the disjoint sum.
 */
export function tiesSelected(base: NamedArrays, models: readonly NamedArrays[], density: number): NamedArrays[] {
  const names = Object.keys(base).sort();
  const trimmed = taskVectors(models, base).map((vector) => trimmedNet(vector, names, density));
  const weights = models.map(() => 1);
  const signsOf = (name: string, zero: number): Float32Array =>
    elect(
      trimmed.map((vector) => vector[name]),
      weights,
      zero,
    );
  let majority = 0;
  for (const name of names) for (const sign of signsOf(name, 0)) majority += sign;
  const signs = Object.fromEntries(names.map((name) => [name, signsOf(name, Math.sign(majority))]));
  return trimmed.map((vector) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        // Where no sign could be elected, negative entries count as agreeing, as in the authors' code.
        vector[name].map((value, at) => (signs[name][at] > 0 ? Math.max(value, 0) : Math.min(value, 0))),
      ]),
    ),
  );
}

function trimmedNet(vector: NamedArrays, names: readonly string[], density: number): NamedArrays {
  // There is nothing to trim at density 1: the authors' function can't keep everything.
  if (density >= 1) return vector;
  const cut = CutFinder.of(
    names.map((name) => vector[name]),
    { density, keep: 'official' },
  );
  const trimmer = new Trimmer(cut);
  return Object.fromEntries(names.map((name) => [name, trimmer.trim(vector[name])]));
}

export default defineMergingMethod({
  id: 'adamerging-plus-plus',
  version: 1,
  title: 'AdaMerging++',
  summary: 'AdaMerging over what TIES keeps of each task vector: its largest entries that have the elected sign.',
  paper: {
    title: 'AdaMerging: Adaptive Model Merging for Multi-Task Learning',
    authors: 'Yang et al.',
    year: 2024,
    reference: 'arXiv:2310.02575',
    equations: 'Section 3.2, AdaMerging++: equations 5 and 6 over the task vectors of TIES',
    deviations: "None known; as in the authors' code the entries that agree are added, not averaged.",
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fits: learnable,
  fields: {
    density: z.number().min(0.001).max(1).default(0.2).describe('Share of the entries of a task vector that is kept'),
    ...adaptationFields,
  },
  async *merge(input, { density, ...values }) {
    return yield* adapted(input, tiesSelected(input.base, input.models, density), values);
  },
});
