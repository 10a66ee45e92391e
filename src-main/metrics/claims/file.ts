import { z } from 'zod';
import { hyperParameters, type HyperParameters } from '../../base/hyper-parameters.ts';

/** What papers and reference implementations published, as the files under `resources/claims/` hold it. */

/**
 * `published`: this suite is the source's protocol. `ours`: the source states it on another protocol, and it is tried
 * on ours.
 */
const protocol = z.enum(['published', 'ours']);
export type ClaimProtocol = z.output<typeof protocol>;

/** A field in which the published protocol differs from the suite's so much that nothing can be judged. */
const protocolDifference = z.strictObject({
  field: z.string().min(1),
  published: z.string().min(1),
  here: z.string().min(1),
});

const configuration = z.strictObject({
  method: z.string().min(1),
  /**
   * Settings that a configuration must have to be meant. Others are free. Alternatives where the source does not say
   * which was run.
   */
  hyperParameters: z.union([hyperParameters, z.array(hyperParameters).min(2)]).default({}),
});

const common = {
  /** Tells the claims of one source apart; together with the file's id it is the claim's name. */
  id: z.string().regex(/^[a-z0-9.-]+$/),
  protocol,
  suite: z.string().min(1),
  metric: z.string().min(1),
  differences: z.array(protocolDifference).default([]),
  note: z.string().default(''),
  /** What was tried; shown where the verdict is that the claim was missed, and nowhere else. */
  tried: z.string().default(''),
};

const valueClaim = configuration
  .extend({
    ...common,
    /** In the metric's stored unit: shares from 0 to 1. */
    value: z.number(),
    spread: z.number().min(0).nullable(),
    n: z.number().int().min(1).nullable(),
    /** That the source prints of a number in this unit; needed where the last ones are zeros. */
    decimals: z.number().int().min(0).optional(),
    /** As the source's table names the row. */
    row: z.string().min(1),
  })
  .refine(
    (claim) => (claim.protocol === 'published') === (claim.differences.length === 0),
    'a value of the published protocol has no differences, and one of another protocol names them',
  );

const NO_DIFFERENCES = 'a claim of the published protocol has no differences';
function hasNoDifferences(claim: {
  readonly protocol: ClaimProtocol;
  readonly differences: readonly unknown[];
}): boolean {
  return claim.protocol === 'ours' || claim.differences.length === 0;
}

/** That a source puts one method before another. */
const orderingClaim = z
  .strictObject({
    ...common,
    better: configuration,
    worse: configuration,
    /** Published difference, better − worse in the metric's unit; null where the source gives the order only. */
    value: z.number().nullable().default(null),
    /**
     * Where the source says that one method comes as near to another as this, in the metric's unit: `better` is then at
     * most so much worse.
     */
    within: z.number().positive().optional(),
  })
  .refine(hasNoDifferences, NO_DIFFERENCES)
  .refine(
    (claim) => claim.protocol === 'published' || (claim.value === null && claim.note !== ''),
    'an ordering of another protocol has no published difference here, and its note says where it was published',
  );

/** That by a source two methods give the same number, whatever it is. */
const identityClaim = z
  .strictObject({ ...common, one: configuration, other: configuration })
  .refine(hasNoDifferences, NO_DIFFERENCES)
  .refine(
    (claim) => claim.protocol === 'published' || claim.note !== '',
    'an identity of another protocol says in its note where it was published',
  );

/** That a number reaches a bound in most seeds: a source shows an effect, which is tried on our protocol. */
const boundClaim = configuration
  .extend({ ...common, atLeast: z.number() })
  .refine(
    (claim) => claim.protocol === 'ours' && claim.note !== '',
    'a bound is ours, and its note says what was published',
  );

/** One file under `resources/claims/`: one source. */
export const claimsFile = z
  .strictObject({
    format: z.literal(2),
    id: z.string().regex(/^[a-z0-9-]+$/),
    title: z.string().min(1),
    source: z.strictObject({
      citation: z.string().min(1),
      /** Where the numbers stand: a file of a repository, a table. */
      location: z.string().min(1),
      url: z.string().optional(),
    }),
    protocol: z.string().min(1),
    /** What the ± of the source is; `none` when it gives none. */
    spreadKind: z.enum(['standard deviation', 'standard error', 'none']),
    values: z.array(valueClaim),
    orderings: z.array(orderingClaim),
    identities: z.array(identityClaim).default([]),
    bounds: z.array(boundClaim).default([]),
  })
  .refine(({ values, orderings, identities, bounds }) => {
    const ids = [...values, ...orderings, ...identities, ...bounds].map(({ id }) => id);
    return new Set(ids).size === ids.length;
  }, 'two claims have the same id');

export type ClaimsFile = z.output<typeof claimsFile>;
export type ValueClaim = ClaimsFile['values'][number];
export type OrderingClaim = ClaimsFile['orderings'][number];
export type IdentityClaim = ClaimsFile['identities'][number];
export type BoundClaim = ClaimsFile['bounds'][number];
export type ClaimedConfiguration = OrderingClaim['better'];

/** The name of a claim everywhere: its source's file and its own id. */
export function claimId(file: ClaimsFile, claim: { readonly id: string }): string {
  return `${file.id}/${claim.id}`;
}

/** The settings that a claim may mean: one, or the alternatives that its source leaves open. */
export function alternativesOf({ hyperParameters }: ClaimedConfiguration): readonly HyperParameters[] {
  return Array.isArray(hyperParameters) ? hyperParameters : [hyperParameters];
}

/** Every claim of a file with the configurations that it is about. */
export function sidesOf(file: ClaimsFile): {
  readonly claim: ValueClaim | OrderingClaim | IdentityClaim | BoundClaim;
  readonly sides: readonly ClaimedConfiguration[];
}[] {
  return [
    ...file.values.map((claim) => ({ claim, sides: [claim] })),
    ...file.orderings.map((claim) => ({ claim, sides: [claim.better, claim.worse] })),
    ...file.identities.map((claim) => ({ claim, sides: [claim.one, claim.other] })),
    ...file.bounds.map((claim) => ({ claim, sides: [claim] })),
  ];
}
