import { z } from 'zod';
import { tf, type Tensor } from '../../engine/tf.ts';
import type { SuiteFacts } from '../contract.ts';
import { networkVariables } from '../shared/network-variables.ts';
import { evaluated } from '../shared/network-predictor.ts';
import { rowsPerEvaluation } from '../shared/work-sizes.ts';
import type { MergingInput } from './contract.ts';
import { answersByHead } from './shared/answers-by-head.ts';
import { defineMergingMethod } from './shared/define.ts';
import { expertsOf } from './shared/protocol.ts';

/** Logits [B, classes] of the nets that are fused: a large one, and small ones before and after tuning. */
export interface FusedLogits {
  readonly large: Tensor;
  readonly small: Tensor;
  readonly tuned: readonly Tensor[];
}

/** KL(p‖q) of each row in nats, from logits; [B, 1]. */
export function divergence(p: Tensor, q: Tensor): Tensor {
  const [logP, logQ] = [tf.logSoftmax(p, -1), tf.logSoftmax(q, -1)];
  return tf.sum(tf.mul(tf.exp(logP), tf.sub(logP, logQ)), -1, true);
}

/** z = z_L + Σ_i α_i (z_ft,i − z_base) (Fan et al. 2024, equation 3) with α [B, tuned] or [1, tuned]. */
export function fusedWith({ large, small, tuned }: FusedLogits, alpha: Tensor): Tensor {
  return tuned.reduce(
    (sum, own, index) => tf.add(sum, tf.mul(tf.sub(own, small), tf.slice(alpha, [0, index], [alpha.shape[0], 1]))),
    large,
  );
}

/** Values of α that are tried: 0, 0.1, …, 2. */
const GRID = Array.from({ length: 21 }, (_, step) => step / 10);

/**
 * α of each row [B, tuned], at most one of them not 0 (the paper's fast variant): the point of the grid at which the
 * large net moves as far as the small ones did in tuning, in both directions of KL (equations 5 and 6), summed over the
 * tuned nets. Of equal ones the first, by net and then by α.
 */
export function dynamicAlpha(nets: FusedLogits): Tensor {
  const { large, small, tuned } = nets;
  const moved = tuned.map((own) => ({ there: divergence(own, small), back: divergence(small, own) }));
  const candidates = tuned.flatMap((_, index) =>
    GRID.map((value) => Float32Array.from(tuned, (_own, at) => (at === index ? value : 0))),
  );
  const costs = candidates.map((alpha) => {
    const fused = fusedWith(nets, tf.tensor(alpha, [1, tuned.length]));
    const [there, back] = [divergence(fused, large), divergence(large, fused)];
    const each = moved.map((by) => tf.add(tf.square(tf.sub(there, by.there)), tf.square(tf.sub(back, by.back))));
    return tf.addN(each);
  });
  const best = tf.argMin(tf.concat(costs, 1), 1);
  const table = tf.tensor(
    candidates.flatMap((alpha) => [...alpha]),
    [candidates.length, tuned.length],
  );
  return tf.matMul(tf.oneHot(best, candidates.length, 1, 0, 'float32'), table);
}

/**
 * Which of a suite's models is which: the first with the suite's network is the large one, the first of another is the
 * small one of the same task, others of another network were tuned from it. Or why there are no such models.
 */
export function rolesOf({ id, experts }: Pick<SuiteFacts, 'id' | 'experts'>) {
  const members = experts?.members ?? [];
  const large = members.findIndex(({ network }) => network === undefined);
  const small = members.findIndex(({ network }) => network !== undefined);
  const tuned = members.flatMap(({ network }, index) => (network === undefined || index === small ? [] : [index]));
  const general = members[large]?.task;
  if (
    large < 0 ||
    small < 0 ||
    tuned.length === 0 ||
    members[small].task !== general ||
    tuned.some((index) => members[index].task === general)
  )
    return `${id} has no small pair, before and after tuning, beside a large network: see proxy-tuning.`;
  return { large, small, tuned };
}

const netOf = ({ networks, whole }: MergingInput, index: number) => ({
  network: networks[index],
  values: whole[index],
});

export default defineMergingMethod({
  id: 'logit-fusion',
  version: 1,
  title: 'Dynamic logit fusion',
  summary:
    'Adds to the logits of a large net what tuning changed in those of a small one, as far for each sample as the ' +
    'small one moved.',
  paper: {
    title: "On Giant's Shoulders: Effortless Weak to Strong by Dynamic Logits Fusion",
    authors: 'Fan et al.',
    year: 2024,
    reference: 'arXiv:2406.15480',
    equations: 'Equations 3, 5 and 6: α by sample, both directions of KL',
    deviations:
      'Classes in place of tokens. With several tuned nets only one α is not 0, as in the fast variant. No code of ' +
      'the authors is published.',
  },
  anyWidth: true,
  asks: ['unlabelled-test'],
  fits(suite) {
    const roles = rolesOf(suite);
    return typeof roles === 'string' ? roles : true;
  },
  fields: {
    rule: z.enum(['dynamic', 'static']).default('dynamic').describe('α by sample, or the same for all'),
    alpha: z.number().min(0).max(2).default(1).describe('α where it is static; 1 is proxy tuning, 0 the large net'),
    experts: z
      .enum(['task', 'all'])
      .default('task')
      .describe("Tuned nets that are used: those of a row's task, none on the large net's own; or all for every row"),
  },
  async *merge(input, { rule, alpha, experts }) {
    yield 0;
    const { context, network, taskOf } = input;
    const { engine } = context;
    const { facts } = expertsOf(context);
    const roles = rolesOf({ id: 'The suite', experts: facts });
    if (typeof roles === 'string') throw new Error(roles);
    const open = (index: number) => {
      const { network: own, values } = netOf(input, index);
      const variables = networkVariables(engine, own, `fused${index}`);
      variables.load(values);
      return { network: own, variables, task: taskOf[index] };
    };
    const [large, small, tuned] = [open(roles.large), open(roles.small), roles.tuned.map(open)];
    const answers = answersByHead(engine, network, {
      heads: facts.heads,
      rowsAtOnce: rowsPerEvaluation(network),
      answer(scope, _net, x, task) {
        const ask = (net: ReturnType<typeof open>): Tensor => evaluated(scope, net.network, net.variables, x).logits;
        const used = tuned.filter((net) => experts === 'all' || net.task === task);
        const nets = { large: ask(large), small: ask(small), tuned: used.map(ask) };
        if (used.length === 0) return nets.large;
        return fusedWith(nets, rule === 'dynamic' ? dynamicAlpha(nets) : tf.fill([1, used.length], alpha));
      },
    });
    const uses = [roles.large, roles.small, ...roles.tuned].map((index) => netOf(input, index));
    return { kind: 'answers', answers, uses, unseen: false };
  },
});
