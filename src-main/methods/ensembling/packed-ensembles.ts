import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import { evaluationLogits } from '../shared/network-predictor.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { repeated } from './batch-ensemble.ts';
import { memberPredictor } from './shared/member-predictor.ts';

export interface Packing {
  readonly members: number;
  /** Factor of every width. */
  readonly alpha: number;
  /** Groups within a member. */
  readonly gamma: number;
}

/**
 * The network α times as wide and cut into groups: the first layer sees the whole input, the later ones work in M·γ
 * groups, member m being the m-th block, and the head answers for each member apart. Widths are rounded up to whole
 * groups.
 */
export function packed(spec: NetworkSpec, { members, alpha, gamma }: Packing): NetworkSpec {
  const groups = members * gamma;
  const widened = (units: number): number => Math.ceil((alpha * units) / groups) * groups;
  let first = true;
  /** Groups of the next layer: 1 where it sees the input. */
  const next = (): number => {
    const now = first ? 1 : groups;
    first = false;
    return now;
  };
  return mapLayers(spec, { kind: 'packed', members, alpha, gamma }, (layer, place) => {
    if (place === 'head' && 'units' in layer) {
      // Half a member's classes cannot be told by a group that has no whole number of them.
      const ownGroups = layer.units % gamma === 0 ? groups : members;
      return { kind: 'member-heads', name: layer.name, units: layer.units, members, groups: ownGroups };
    }
    if (layer.kind === 'dense')
      return { kind: 'packed-dense', name: layer.name, units: widened(layer.units), groups: next() };
    if (layer.kind === 'convolution')
      return { ...layer, kind: 'packed-convolution', filters: widened(layer.filters), groups: next() };
    return layer.kind === 'flatten' && !first ? { kind: 'flatten-groups', groups: members } : layer;
  });
}

/**
 * Packed-Ensembles (Laurent et al. 2023, section 3): the members of an ensemble as groups of channels of one network of
 * α times the width, so that one pass trains and asks them all.
 */
export default defineTrainingMethod({
  id: 'packed-ensembles',
  version: 1,
  title: 'Packed-Ensembles',
  summary: 'An ensemble within one network: its members are groups of channels, trained in one pass.',
  family: 'ensembling',
  paper: {
    title: 'Packed-Ensembles for Efficient Uncertainty Estimation',
    authors: 'Laurent, Lafage, Tartaglione, Daniel, Martinez, Bursuc, Franchi',
    year: 2023,
    reference: 'arXiv:2210.09184',
    equations: 'Section 3: α, M and γ; mean of the members’ softmax distributions',
    deviations:
      'Widths are rounded up to a multiple of M·γ; the authors lower γ where groups become too narrow (64 channels). ' +
      'γ is 1 unless told: the nets of these suites are small.',
  },
  fields: {
    members: z.number().int().min(1).max(32).default(4).describe('M: members'),
    alpha: z.number().min(0.5).max(8).default(2).describe('α: every layer is so many times as wide'),
    gamma: z.number().int().min(1).max(8).default(1).describe('γ: groups within a member'),
  },
  hooks: ({ members, alpha, gamma }, { network: { spec }, engine }) => ({
    network: packed(spec, { members, alpha, gamma }),
    loss: ({ x, y, logits }) => softmaxCrossEntropy(logits(x), repeated(y, members)),
    predictor: ({ network, variables }) =>
      memberPredictor(engine, network, variables, members, (scope, x) => {
        const said = evaluationLogits(scope, network, variables, x);
        return tf.transpose(tf.reshape(said, [members, x.shape[0], network.outputs]), [1, 0, 2]);
      }),
  }),
});
