import { z } from 'zod';
import type { Stream } from '../../engine/random/streams.ts';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import { evaluationLogits } from '../shared/network-predictor.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';
import { memberPredictor } from './shared/member-predictor.ts';

/** The network with the inputs of all members side by side in its channels, and a head for each member. */
export function multiInput(spec: NetworkSpec, members: number): NetworkSpec {
  const mapped = mapLayers(spec, { kind: 'mimo', members }, (layer, place) =>
    place === 'head' && 'units' in layer
      ? { kind: 'member-heads', name: layer.name, units: layer.units, members, groups: 1 }
      : layer,
  );
  return { ...mapped, input: spec.input.map((size, axis) => (axis === spec.input.length - 1 ? size * members : size)) };
}

/**
 * The examples that each member is given, [members × repetitions · batch]. All members share an order of the repeated
 * batch; but for a share of the places, each member has it shuffled on its own.
 */
export function memberOrders(
  batch: Int32Array,
  { members, repetitions, shared }: { readonly members: number; readonly repetitions: number; readonly shared: number },
  stream: Stream,
): Int32Array {
  const length = batch.length * repetitions;
  const main = stream.permutation(length).map((at) => batch[at % batch.length]);
  const apart = Math.floor(length * (1 - shared));
  const orders = new Int32Array(members * length);
  for (let member = 0; member < members; member += 1) {
    orders.set(main, member * length);
    orders.set(
      stream.permutation(apart).map((at) => main[at]),
      member * length,
    );
  }
  return orders;
}

/**
 * MIMO (Havasi et al. 2021, section 2): one network is given M independent examples at once and answers about each of
 * them from a head of its own; asked about one example, it is given that M times, and the mean of its answers counts.
 */
export default defineTrainingMethod({
  id: 'mimo',
  version: 1,
  title: 'MIMO',
  summary: 'One network that answers about several inputs at once: asked M times about the same, it is an ensemble.',
  family: 'ensembling',
  paper: {
    title: 'Training independent subnetworks for robust prediction',
    authors: 'Havasi, Jenatton, Fort, Liu, Snoek, Lakshminarayanan, Dai, Tran',
    year: 2021,
    reference: 'arXiv:2010.06610',
    equations: 'Sections 2 and 3: independent inputs, input repetition ρ and batch repetition',
    deviations: 'Inputs stand side by side in the channels (of rows of numbers: one behind the other).',
  },
  asks: ['extra-passes'],
  fields: {
    members: z.number().int().min(1).max(8).default(2).describe('M: inputs and heads'),
    repetitions: z.number().int().min(1).max(8).default(4).describe('How often each batch is repeated in a step'),
    shared: z.number().min(0).max(1).default(0).describe('ρ: share of the places where all members see one example'),
  },
  hooks: ({ members, repetitions, shared }, { network: { spec }, engine, stream }) => {
    const sideBySide = (inputs: readonly Tensor[]): Tensor => tf.concat([...inputs], -1);
    return {
      network: multiInput(spec, members),
      passes: { forward: repetitions, backward: repetitions },
      inputs: { examples: { shape: [members, -1], dtype: 'int32' } },
      feed: ({ globalStep }, rows) => ({
        examples: memberOrders(rows, { members, repetitions, shared }, stream(`mimo/step${globalStep}`)),
      }),
      loss({ inputs, examples, logits }) {
        const all = inputs['examples'];
        const given = Array.from({ length: members }, (_, member) =>
          examples(tf.reshape(tf.slice(all, [member, 0], [1, -1]), [-1])),
        );
        return softmaxCrossEntropy(logits(sideBySide(given.map(({ x }) => x))), tf.concat(given.map(({ y }) => y)));
      },
      predictor: ({ network, variables }) =>
        memberPredictor(engine, network, variables, members, (scope, x) => {
          const same = sideBySide(Array.from({ length: members }, () => x));
          const said = evaluationLogits(scope, network, variables, same);
          return tf.transpose(tf.reshape(said, [members, x.shape[0], network.outputs]), [1, 0, 2]);
        }),
    };
  },
});
