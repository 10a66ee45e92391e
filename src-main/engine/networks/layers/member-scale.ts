import { z } from 'zod';
import { tf } from '../../tf.ts';
import { product } from './layer.ts';
import type { LayerKind } from './layer.ts';
import { byMember } from './member-wise.ts';

export interface MemberScaleSpec {
  readonly kind: 'member-scale';
  /** Prefix of its tensors. */
  readonly name: string;
  readonly members: number;
  /** What the factors start as: +1 or −1 at random, or 1. */
  readonly start: 'signs' | 'ones';
  /** With biases: all members' start alike, uniform in ±1/√`biasFan`. */
  readonly biasFan?: number;
}

/**
 * Factors of each member (TabM's adapter, Gorishniy et al. 2025, section 3.3): x ∘ r_m + b_m for x [members · B, …],
 * the members one behind the other. r `<name>/factor` and, where asked for, b `<name>/bias`, a row a member.
 */
export const memberScale: LayerKind<MemberScaleSpec> = {
  kind: 'member-scale',
  schema: z.strictObject({
    kind: z.literal('member-scale'),
    name: z.string().min(1),
    members: z.int().min(1),
    start: z.enum(['signs', 'ones']),
    biasFan: z.int().min(1).optional(),
  }),
  shape: (_spec, input) => input,
  parameters({ name, members, start, biasFan }, input) {
    const width = input[input.length - 1];
    const fan = { in: width, out: width };
    return [
      {
        name: `${name}/factor`,
        shape: [members, width],
        role: 'factor',
        fan,
        ...(start === 'signs' ? { start: 'signs' } : {}),
      },
      ...(biasFan === undefined
        ? []
        : [
            {
              name: `${name}/bias`,
              shape: [members, width],
              role: 'bias',
              fan: { in: biasFan, out: width },
              start: 'alike',
            } as const,
          ]),
    ];
  },
  state: () => [],
  apply({ name, biasFan }, x, { params }) {
    const scaled = byMember(name, x, params, `${name}/factor`, tf.mul);
    return biasFan === undefined ? scaled : byMember(name, scaled, params, `${name}/bias`, tf.add);
  },
  flops: ({ biasFan }, input) => (biasFan === undefined ? 1 : 2) * product(input),
  axes: ({ name, biasFan }, _input, incoming) => ({
    axes: {
      [`${name}/factor`]: [null, incoming],
      ...(biasFan === undefined ? {} : { [`${name}/bias`]: [null, incoming] }),
    },
    outgoing: incoming,
  }),
};
