import { z } from 'zod';
import { alignLayers, balanced, linearCka } from './shared/layer-alignment.ts';
import { averagedChains, otFusion } from './otfusion.ts';
import { defineMergingMethod } from './shared/define.ts';
import { chainValues, denseChain } from './shared/dense-chain.ts';
import type { DenseLayer } from './shared/dense-chain.ts';
import type { HiddenAnswers } from './shared/layer-statistics.ts';

export interface ClaFusionOptions {
  /** How units are compared once the layers are balanced; `none` leaves them as they are. */
  readonly align: 'activations' | 'weights' | 'none';
  /** So many first layers of both nets belong to one another. */
  readonly matched: number;
  /** Share of the deeper net in the mean. */
  readonly share: number;
}

/**
 * CLAFusion (Nguyen et al. 2023, algorithm 1): each hidden layer of the shallower net is mapped to one of the deeper,
 * by 1 − CKA of their answers and in order; identity layers make it as deep; then the units are moved onto the deeper
 * net's by optimal transport, layer by layer, and the weights are averaged.
 *
 * @param answers of the hidden layers of both nets to the same rows.
 * @returns layers of the deeper net's shape, and to which of its hidden layers those of the shallower were mapped.
 * @throws RangeError when the first net is deeper, or the nets have other inputs or outputs.
 */
export function claFusion(
  shallow: readonly DenseLayer[],
  deep: readonly DenseLayer[],
  answers: readonly [HiddenAnswers, HiddenAnswers],
  { align, matched, share }: ClaFusionOptions,
): { readonly fused: DenseLayer[]; readonly aligned: DenseLayer[]; readonly map: Int32Array } {
  const [short, long] = [shallow.length - 1, deep.length - 1];
  const [{ before, after, rows }, target] = answers;
  const costs = Float64Array.from(
    { length: short * long },
    (_, at) => 1 - linearCka(after[Math.floor(at / long)], target.after[at % long], rows),
  );
  const map = alignLayers(costs, short, long, Math.min(matched, short));
  const padded = balanced(shallow, map, long);
  const layers = padded.map(({ layer }) => layer);
  if (align === 'none') return { fused: averagedChains(layers, deep, share), aligned: layers, map };
  const hidden = padded.slice(0, -1).map(({ of, added }) => (added ? after[of] : before[of]));
  const { fused, aligned } = otFusion(layers, deep, {
    activations: align === 'activations' ? [hidden, target.before] : undefined,
    rows,
    output: 'identity',
    share,
  });
  return { fused, aligned, map };
}

export default defineMergingMethod({
  id: 'clafusion',
  version: 1,
  title: 'CLAFusion',
  summary:
    'Fuses nets of different depths: matches layers by what they answer, fills in identities, then transports units.',
  paper: {
    title: 'On Cross-Layer Alignment for Model Fusion of Heterogeneous Neural Networks',
    authors: 'Nguyen, Nguyen, Nguyen, Phung, Bui, Ho',
    year: 2023,
    reference: 'arXiv:2110.15538',
    equations: 'Algorithm 1: cross-layer alignment by dynamic programming on 1 − CKA, layers added, OTFusion',
    deviations:
      'Answers after the rectifier are compared for layers, before it for units. Layers are added to the shallower ' +
      'net, never merged in the deeper. Fine-tuning is a method of its own.',
  },
  models: 2,
  anyWidth: true,
  asks: ['training-inputs'],
  fits: ({ network }) =>
    network.layers.every(({ kind }) => kind === 'dense' || kind === 'relu') ||
    'CLAFusion knows networks of dense layers and rectifiers only.',
  fields: {
    align: z
      .enum(['activations', 'weights', 'none'])
      .default('activations')
      .describe('How units are compared: by their answers, by their incoming weights, or not at all'),
    matched: z.number().int().min(1).max(99).default(1).describe('First layers of both nets that belong together'),
    examples: z.number().int().min(2).max(100_000).default(200).describe('Training inputs for the answers'),
    share: z.number().min(0).max(1).default(0.5).describe('Share of the deeper net in the mean'),
  },
  statistics: ({ examples }) => ({ answers: examples }),
  async *merge({ whole, networks, statistics }, options) {
    const chains = whole.map((model, index) => denseChain(networks[index].params, model));
    yield 0;
    const [deep, shallow] = chains[0].length > chains[1].length ? [0, 1] : [1, 0];
    const [first, second] = await statistics.hidden([shallow, deep]);
    yield 0.3;
    const { fused, aligned, map } = claFusion(chains[shallow], chains[deep], [first, second], options);
    const pairs = [...map].map((place, layer) => `${layer + 1} → ${place + 1}`);
    return {
      kind: 'parameters',
      network: networks[deep],
      merged: chainValues(fused),
      // Balanced nets that were not aligned need not have the deeper one's widths.
      ...(options.align === 'none' ? {} : { ends: [chainValues(aligned), whole[deep]] as const }),
      notes: [`Hidden layers of the shallower net in the deeper one: ${pairs.join(', ')}.`],
    };
  },
});
