import { z } from 'zod';
import { defineMergingMethod } from './shared/define.ts';
import { averageParameters } from './shared/average.ts';
import { permuteNetwork } from './shared/permutations.ts';
import { matchWeights } from './shared/weight-matching.ts';

/** Git Re-Basin by weight matching (Ainsworth et al. 2023, algorithm 1), then the midpoint of the two aligned nets. */
export default defineMergingMethod({
  id: 'git-rebasin-weight-matching',
  version: 1,
  title: 'Git Re-Basin (weight matching)',
  summary: "Reorders the second net's hidden units so that its weights lie close to the first net's, then averages.",
  paper: {
    title: 'Git Re-Basin: Merging Models modulo Permutation Symmetries',
    authors: 'Ainsworth, Hayase, Srinivasa',
    year: 2023,
    reference: 'arXiv:2209.04836',
    equations: 'Algorithm 1 (PermutationCoordinateDescent)',
    deviations: 'An improvement below 1e-9 of the objective counts as none.',
  },
  models: 2,
  fields: {
    sweeps: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(100)
      .describe('Most sweeps over all permutations; it ends earlier when a sweep changes nothing'),
  },
  *merge({ network, networks, models: [a, b], whole, heads, stream }, { sweeps }) {
    const matched = { ...network, params: network.params.filter(({ name }) => name in a) };
    const work = matchWeights(matched, a, b, stream('weight-matching'), sweeps);
    let step = work.next();
    while (step.done !== true) {
      yield step.value / sweeps;
      step = work.next();
    }
    const { permutations, objective, converged } = step.value;
    // A head of the second net's own is reordered with the units that it reads.
    const aligned = permuteNetwork(networks[1], whole[1], permutations);
    const merged = averageParameters([a, aligned]);
    const remarks = {
      scalars: { 'matching.sweeps': objective.length - 1, 'matching.objective': objective[objective.length - 1] },
      notes: [
        `${objective.length - 1} sweeps${converged ? '' : ' (stopped before nothing changed)'}; ⟨θ_A, ` +
          `π(θ_B)⟩ from ${objective[0].toPrecision(4)} to ` +
          `${objective[objective.length - 1].toPrecision(4)}.`,
      ],
    };
    return Object.keys(heads).length === 0
      ? { kind: 'parameters', merged, ends: [a, aligned], ...remarks }
      : { kind: 'a net a model', nets: [whole[0], aligned].map((net) => ({ ...net, ...merged })), ...remarks };
  },
});
