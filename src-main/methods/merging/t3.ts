import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { StepScope } from '../../engine/types.ts';
import type { Network } from '../../engine/networks/specification.ts';
import { answersByHead } from './shared/answers-by-head.ts';
import { averageParameters } from './shared/average.ts';
import { defineMergingMethod } from './shared/define.ts';
import { residentVectors } from './shared/merged-weights.ts';
import type { ResidentVectors } from './shared/merged-weights.ts';
import { expertsOf } from './shared/protocol.ts';
import { groupMeans, routable, routedTap, rowsAtOnce, startTensors } from './shared/routed.ts';

/** Jensen-Shannon divergence in nats, at most ln 2, of the distributions of two logits [B, classes]; [B, 1]. */
export function jensenShannon(one: Tensor, other: Tensor): Tensor {
  const logs = [tf.logSoftmax(one, -1), tf.logSoftmax(other, -1)];
  const mixture = tf.log(tf.mul(tf.add(tf.exp(logs[0]), tf.exp(logs[1])), 0.5));
  const parts = logs.map((log) => tf.sum(tf.mul(tf.exp(log), tf.sub(log, mixture)), -1, true));
  return tf.mul(tf.add(parts[0], parts[1]), 0.5);
}

export type Rule = 'agreement' | 'sigmoid' | 'constant';

export interface ShareOptions {
  readonly rule: Rule;
  readonly lowest: number;
  readonly highest: number;
  readonly gamma: number;
  /** Rows that share their λ. */
  readonly together: number;
}

/** The expert's share λ of each row [B, 1], or of so many rows together. */
export function expertShare(
  start: Tensor,
  expert: Tensor,
  { rule, lowest, highest, gamma, together }: ShareOptions,
): Tensor {
  const seen = groupMeans(jensenShannon(start, expert), together);
  const shape: Readonly<Record<Rule, () => Tensor>> = {
    agreement: () => tf.sub(1, tf.div(seen, Math.LN2)),
    sigmoid: () => tf.sigmoid(tf.mul(seen, gamma)),
    constant: () => tf.onesLike(seen),
  };
  return tf.add(lowest, tf.mul(shape[rule](), highest - lowest));
}

/** Inside a step: what θ0 + λ(x) τ answers, with λ from how far θ0 and the expert agree about x. */
export function agreed(
  scope: StepScope,
  network: Network,
  vectors: ResidentVectors,
  x: Tensor,
  options: ShareOptions,
): { readonly logits: Tensor; readonly share: Tensor } {
  const params = startTensors(scope, vectors);
  const at = (share: Tensor): Tensor =>
    network.apply({ params, state: {} }, x, { mode: 'eval', tap: routedTap(scope, vectors, () => share) }).logits;
  const start = network.apply({ params, state: {} }, x, { mode: 'eval' }).logits;
  const share = expertShare(start, at(tf.ones([1, 1])), options);
  return { logits: at(share), share };
}

export default defineMergingMethod({
  id: 't3',
  version: 1,
  title: 'T³ (formula of λ unverified)',
  summary:
    "Interpolates between the start and the task's expert anew for every sample or batch: the more both agree, the " +
    'more of the expert.',
  paper: {
    title: 'T3: Test-Time Model Merging in VLMs for Zero-Shot Medical Imaging Analysis',
    authors: 'Imam et al.',
    year: 2025,
    reference: 'arXiv:2510.27265',
    equations:
      'λ from the Jensen-Shannon divergence of the answers of start and expert, by sample (T³) and batch (T³_B)',
    deviations:
      'The exact form of λ could not be verified: λ = 1 − JS / ln 2 follows the text (agreement → expert). ' +
      "`sigmoid` is the line λmin + (λmax − λmin)·σ(γ·JS) of the authors' README, taken as the expert's share. The " +
      "expert is that of the row's task (the mean of several); `constant` is a static λ, to compare with.",
  },
  needsStart: true,
  asks: ['unlabelled-test'],
  fits: routable,
  fields: {
    by: z.enum(['sample', 'batch']).default('sample').describe('λ of each sample (T³), or of a batch (T³_B)'),
    rule: z
      .enum(['agreement', 'sigmoid', 'constant'])
      .default('agreement')
      .describe('How λ comes from the divergence; constant: λmax'),
    lowest: z.number().min(0).max(1).default(0).describe('λmin'),
    highest: z.number().min(0).max(1).default(1).describe('λmax'),
    gamma: z.number().min(0).max(100).default(0.5).describe('γ of the sigmoid'),
    batchSize: z.number().int().min(1).max(2000).default(32).describe('Rows in a batch'),
    expert: z
      .number()
      .int()
      .min(-1)
      .max(999)
      .default(-1)
      .describe("Number of the one expert for rows of every task, also those it does not know; −1 = the row's own"),
  },
  async *merge({ context, network, base, models, heads, taskOf, tasks }, { by, batchSize, expert, ...options }) {
    yield 0;
    const { engine } = context;
    const together = by === 'batch' ? batchSize : 1;
    if (expert >= models.length)
      throw new Error(`There is no expert ${expert}: the suite has ${models.length}, counted from 0. Set "expert".`);
    const known = expert < 0 ? tasks.map(({ head }) => head) : expertsOf(context).facts.heads;
    const own = known.map((_, task) => {
      const used = expert < 0 ? models.filter((_model, at) => taskOf[at] === task) : [models[expert]];
      return residentVectors(engine, network, base, [averageParameters(used)], heads);
    });
    const answers = answersByHead(engine, network, {
      heads: known,
      rowsAtOnce: rowsAtOnce(network, together),
      answer: (scope, net, x, task) => agreed(scope, net, own[task], x, { ...options, together }).logits,
    });
    const uses = [base, ...(expert < 0 ? models : [models[expert]])].map((values) => ({
      network,
      values: { ...heads, ...values },
    }));
    return { kind: 'answers', answers, uses, unseen: expert >= 0 };
  },
});
