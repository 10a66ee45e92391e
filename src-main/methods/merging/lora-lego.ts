import { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import type { NamedArrays } from '../../engine/types.ts';
import { openArrays } from '../shared/artefacts.ts';
import { ADAPTERS, ADAPTER_SCALE, adapted, adaptersOf, rankOf } from './shared/adapters.ts';
import type { Adapter } from './shared/adapters.ts';
import { clustered, spreadOut } from './shared/clusters.ts';
import { defineMergingMethod } from './shared/define.ts';
import { expertRequests } from './shared/protocol.ts';

/** Minimal semantic units of adapters: for each rank one, the column of A beside the row of B, [inputs + outputs]. */
export function unitsOf(adapters: readonly Adapter[]): Float64Array[] {
  return adapters.flatMap(({ down, up, rank }) => {
    const [inputs, outputs] = [down.length / rank, up.length / rank];
    return Array.from({ length: rank }, (_, unit) =>
      Float64Array.from({ length: inputs + outputs }, (_entry, at) =>
        at < inputs ? down[at * rank + unit] : up[unit * outputs + at - inputs],
      ),
    );
  });
}

/** The adapter of these units; the inverse of `unitsOf`. */
export function adapterOf(units: readonly ArrayLike<number>[], inputs: number): Adapter {
  const rank = units.length;
  const outputs = units[0].length - inputs;
  return {
    rank,
    down: Float32Array.from({ length: inputs * rank }, (_, at) => units[at % rank][Math.floor(at / rank)]),
    up: Float32Array.from(
      { length: outputs * rank },
      (_, at) => units[Math.floor(at / outputs)][inputs + (at % outputs)],
    ),
  };
}

/**
 * LoRA-LEGO (Zhao et al. 2024): the units of all adapters of a layer are clustered by k-means, and the centroids are
 * the units of the merged adapter.
 *
 * @param initial numbers of the units that the clusters begin at; as many as the merged adapter has ranks
 * @param reweight brings every centroid to the mean length of the units in its cluster: means of units are shorter
 */
export function assembled(adapters: readonly Adapter[], initial: readonly number[], reweight: boolean): Adapter {
  const units = unitsOf(adapters);
  const { centroids, labels } = clustered(
    units,
    initial.map((unit) => units[unit]),
  );
  const scaled = centroids.map((centroid, cluster) => {
    if (!reweight) return centroid;
    const own = units.filter((_, unit) => labels[unit] === cluster);
    const length = Math.hypot(...centroid);
    const mean = own.reduce((sum, unit) => sum + Math.hypot(...unit), 0) / own.length;
    return length === 0 || own.length === 0 ? centroid : centroid.map((entry) => (entry * mean) / length);
  });
  return adapterOf(scaled, adapters[0].down.length / adapters[0].rank);
}

/** Begins at units far from one another, and at those of other starts; the tightest clusters are kept. */
function bestStart(units: readonly Float64Array[], count: number, stream: Stream): readonly number[] {
  let best: { readonly initial: readonly number[]; readonly objective: number } | null = null;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const initial = spreadOut(units, count, stream);
    const { objective } = clustered(
      units,
      initial.map((unit) => units[unit]),
    );
    if (best === null || objective < best.objective) best = { initial, objective };
  }
  return best?.initial ?? [];
}

const ATTEMPTS = 10;

export default defineMergingMethod({
  id: 'lora-lego',
  version: 1,
  title: 'LoRA-LEGO',
  summary: 'Takes adapters apart into rank-one units, clusters these and builds one adapter of the centroids.',
  paper: {
    title: 'Merging LoRAs like Playing LEGO: Pushing the Modularity of LoRA to Extremes Through Rank-Wise Clustering',
    authors: 'Zhao, Shen, Zhu, Li, Su, Zhou, Kuang, Wu',
    year: 2024,
    reference: 'arXiv:2409.16167',
    equations: 'Sections 3.2 and 3.3: units, k-means, dual reweighting',
    deviations:
      'The authors publish no code, and the reweighting is written from memory: each centroid gets the mean length ' +
      'of its units, the output is scaled by √(r/k). Units are taken as they are, though (a, b) and (ca, b/c) are ' +
      'one change.',
  },
  needsStart: true,
  fields: {
    rank: z
      .number()
      .int()
      .min(0)
      .max(1000)
      .default(0)
      .meta({ defaultMeans: "the adapters' own" })
      .describe('k: rank of the merged adapter'),
    reweight: z.boolean().default(true).describe('Gives centroids the mean length of the units in their cluster'),
  },
  fits: ({ id, experts }) =>
    (experts !== undefined && rankOf(experts) !== null) || `The experts of ${id} are whole networks, not adapters.`,
  requests: (suite, _values, seed) =>
    suite.experts === undefined
      ? []
      : expertRequests(suite, seed)
          .filter(({ name }) => suite.experts?.members.some((member) => member.name === name))
          .map((request, index) => ({ ...request, name: `${ADAPTERS}/${index}`, artefact: ADAPTERS })),
  async *merge({ context, models, base, network, stream }, { rank, reweight }) {
    const all: Readonly<Record<string, Adapter>>[] = [];
    for (const index of models.keys()) {
      const arrays = await openArrays(context, `${ADAPTERS}/${index}`);
      all.push(adaptersOf(arrays, rankOfArrays(arrays, network.params)));
    }
    const merged: NamedArrays = { ...base };
    const kernels = Object.keys(all[0]);
    for (const [done, kernel] of kernels.entries()) {
      const adapters = all.map((of) => of[kernel]);
      const units = adapters.reduce((sum, adapter) => sum + adapter.rank, 0);
      const own = adapters[0].rank;
      const count = Math.min(rank === 0 ? own : rank, units);
      const initial = bestStart(unitsOf(adapters), count, stream(`lego/${kernel}`));
      const scale = ADAPTER_SCALE * Math.sqrt(own / count);
      merged[kernel] = adapted(base[kernel], assembled(adapters, initial, reweight), scale);
      yield (done + 1) / kernels.length;
    }
    return { kind: 'parameters', merged };
  },
});

/** The rank that A has, from its size and that of the kernel that it changes. */
function rankOfArrays(
  arrays: NamedArrays,
  params: readonly { readonly name: string; readonly shape: readonly number[] }[],
): number {
  for (const { name, shape } of params) {
    const down = arrays[name.replace(/\/kernel$/, '/down')];
    if (down !== undefined) return down.length / shape[0];
  }
  throw new Error('The experts left no adapters for the layers of this network.');
}
