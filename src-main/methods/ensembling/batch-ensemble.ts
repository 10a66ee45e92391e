import { z } from 'zod';
import { softmaxCrossEntropy } from '../../engine/losses.ts';
import { mapLayers } from '../../engine/networks/map-layers.ts';
import type { NetworkSpec } from '../../engine/networks/specification.ts';
import { tf } from '../../engine/tf.ts';
import type { Tensor } from '../../engine/tf.ts';
import { evaluationLogits, networkPredictor } from '../shared/network-predictor.ts';
import { defineTrainingMethod } from '../training/shared/driver.ts';

/** The network with every dense layer and convolution, heads too, shared by so many members. */
export const sharedByMembers = (spec: NetworkSpec, members: number): NetworkSpec =>
  mapLayers(spec, { kind: 'batch-ensemble', members }, (layer) => {
    if (layer.kind === 'dense') return { ...layer, kind: 'batch-ensemble-dense', members };
    if (layer.kind === 'convolution') return { ...layer, kind: 'batch-ensemble-convolution', members };
    return layer;
  });

/** The batch once for each member, one behind the other: [B, …] → [members · B, …]. */
export const repeated = (x: Tensor, members: number): Tensor =>
  tf.tile(x, [members, ...Array.from({ length: x.rank - 1 }, () => 1)]);

/** ln of the mean of the members' distributions: logits [members · B, C] → [B, C]. */
export function memberMean(logits: Tensor, members: number): Tensor {
  const [rows, classes] = logits.shape;
  const logs = tf.reshape(tf.logSoftmax(logits, -1), [members, rows / members, classes]);
  return tf.sub(tf.logSumExp(logs, 0), Math.log(members));
}

/**
 * BatchEnsemble (Wen, Tran & Ba 2020, section 3.1): members share every weight matrix W and have rank-1 factors of
 * their own, W̄_m = W ∘ (r_m s_mᵀ); all are trained on the same batches, and their distributions are averaged.
 */
export default defineTrainingMethod({
  id: 'batch-ensemble',
  version: 1,
  title: 'BatchEnsemble',
  summary: 'Networks in one that share their weights but for a vector at each end of every layer.',
  family: 'ensembling',
  paper: {
    title: 'BatchEnsemble: an Alternative Approach to Efficient Ensemble and Lifelong Learning',
    authors: 'Wen, Tran, Ba',
    year: 2020,
    reference: 'arXiv:2002.06715',
    equations: 'Eqs. 4 and 5, section 3.1',
    deviations:
      'Factors start normal around 1 with deviation ½ (in the paper’s code also as random signs). Every member sees ' +
      'every batch, as the authors’ later code does; the paper splits a batch among them. Batch norm is shared.',
  },
  asks: ['extra-passes'],
  fields: { members: z.number().int().min(1).max(32).default(4).describe('Members that share the weights') },
  hooks: ({ members }, { network: { spec }, engine }) => ({
    network: sharedByMembers(spec, members),
    passes: { forward: members, backward: members },
    loss: ({ x, y, logits }) => softmaxCrossEntropy(logits(repeated(x, members)), repeated(y, members)),
    predictor: ({ network, variables }) =>
      networkPredictor(engine, network, variables, {
        kind: 'log-probabilities',
        answer: (scope, x) => memberMean(evaluationLogits(scope, network, variables, repeated(x, members)), members),
      }),
  }),
});
