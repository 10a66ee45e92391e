import { z } from 'zod';
import { CLAIM_KINDS, VERDICTS } from '../../metrics/claims/verdicts.ts';
import { PROTOCOL_KINDS } from '../../methods/kinds.ts';
import { GRANTS } from '../../methods/grants.ts';
import { hyperParameters, json, look, scalar } from './words.ts';

/** Methods, suites, metrics and claims, as shells see them. */

/** One field of a method's form, derived from its zod schema. */
export const formField = z.object({
  name: z.string(),
  kind: z.enum(['number', 'integer', 'boolean', 'choice', 'text']),
  description: z.string(),
  default: scalar,
  /** Words for a default that stands for something else ("the suite's own"), or null. */
  defaultMeans: z.string().nullable(),
  minimum: z.number().nullable(),
  maximum: z.number().nullable(),
  choices: z.array(z.string()).nullable(),
});

export const paper = z.object({
  title: z.string(),
  authors: z.string(),
  year: z.number(),
  reference: z.string(),
  equations: z.string().optional(),
  deviations: z.string().optional(),
});

export const methodInfo = z.object({
  id: z.string(),
  version: z.number(),
  title: z.string(),
  summary: z.string(),
  family: z.string(),
  paper: paper.nullable(),
  fields: z.array(formField),
  /** What it uses beyond the training data of its budget. */
  asks: z.array(z.enum(GRANTS)),
  protocol: z.enum(PROTOCOL_KINDS),
  reference: z.enum(['lower', 'upper']).nullable(),
  /** Where it merges a person's own checkpoints as well; `usual`: settings that are usual there. */
  mergesFiles: z
    .object({
      needsStart: z.boolean(),
      models: z.number().nullable(),
      perModel: z.boolean(),
      usual: hyperParameters,
    })
    .optional(),
  look,
  origin: z.enum(['built-in', 'user']),
  /** The file that implements it, as far as a person knows it: `methods/continual/er.ts`. */
  file: z.string(),
  /** By suite id: the published hyper-parameters that differ from the defaults, and their source. */
  settings: z.record(z.string(), z.object({ values: hyperParameters, source: z.string() })),
});

/** Why methods do not fit a suite, by suite and method; a pair that is absent fits. */
export const refusals = z.record(z.string(), z.record(z.string(), z.string()));

/** What this machine has measured of a method on a suite, with the versions that both have now. */
export const resultsHere = z.object({
  suite: z.string(),
  method: z.string(),
  trials: z.number(),
  /** Mean over the seeds of its best configuration, in the suite's first metric; null where none has it. */
  best: z.number().nullable(),
  /** Mean of a trial, without what others made for it; null where it ran elsewhere. */
  seconds: z.number().nullable(),
});

/** A file of the person's own as the program has read it. */
export const ownFileInfo = z.object({
  kind: z.enum(['method', 'suite']),
  file: z.string(),
  /** Of the method or the suites in it. */
  ids: z.array(z.string()),
  /** SHA-256 of the file and what it imports, part of what results are filed under; null where it cannot be used. */
  hash: z.string().nullable(),
  /** Why it cannot be used. */
  trouble: z.string().nullable(),
  /** When this content was read. */
  seenAt: z.number(),
});

/** A system of the literature by its paper's title, and where it is found here; every list empty: not built yet. */
export const publishedSystem = z.object({
  title: z.string(),
  family: z.string(),
  /** A: the paper itself is at the scale of small images and tables; B: its core can be built at that scale. */
  fit: z.enum(['A', 'B']),
  methods: z.array(z.string()),
  suites: z.array(z.string()),
  datasets: z.array(z.string()),
  commands: z.array(z.string()),
});

export const metricInfo = z.object({
  id: z.string(),
  title: z.string(),
  formula: z.string(),
  source: z.string(),
  direction: z.enum(['higher', 'lower', 'none']),
  /** Shares are shown as per cent. */
  unit: z.enum(['share', 'nats', 'seconds', 'bytes', 'count', 'flop', 'number']),
});

export const suiteInfo = z.object({
  id: z.string(),
  version: z.number(),
  title: z.string(),
  summary: z.string(),
  family: z.string(),
  scenario: z.string(),
  quick: z.boolean(),
  quickOf: z.string().nullable(),
  datasets: z.array(z.string()),
  /** False when a dataset is absent: then `missing` names it. */
  ready: z.boolean(),
  missing: z.array(z.string()),
  metrics: z.array(z.string()),
  references: z.object({ lower: z.string(), upper: z.string() }),
  protocol: json,
  protocolHash: z.string(),
  tasks: z.number(),
  classes: z.number(),
  /** What methods may ask for here. */
  grants: z.array(z.enum(GRANTS)),
  kind: z.enum(PROTOCOL_KINDS),
});

/** What was measured for a claim, and the verdict with what explains it. */
export const claimStanding = z.object({
  measured: z.object({ mean: z.number(), low: z.number(), high: z.number(), n: z.number() }).nullable(),
  verdict: z.enum(VERDICTS),
  note: z.string(),
});

export const claimRecord = claimStanding.extend({
  /** The source's file and the claim's own id: `split-mnist-hsu/adam.task-il`. */
  id: z.string(),
  kind: z.enum(CLAIM_KINDS),
  /** `ours`: the source states it on another protocol. */
  protocol: z.enum(['published', 'ours']),
  suite: z.string(),
  scenario: z.string(),
  method: z.string(),
  /** Their ids; of an ordering the better one first. */
  methods: z.array(z.string()),
  metric: z.string(),
  published: z.object({
    value: z.number(),
    spread: z.number().nullable(),
    n: z.number().nullable(),
    source: z.string(),
  }),
});

/** A claim with both its verdicts; its own is the one that says more, this machine's where both do. */
export const listedClaim = claimRecord.extend({
  /** By what was measured on this machine. */
  here: claimStanding,
  /** By the reference runs that come with the program. */
  shipped: claimStanding,
});
export type FormField = z.infer<typeof formField>;
export type MethodInfo = z.infer<typeof methodInfo>;
export type MetricInfo = z.infer<typeof metricInfo>;
export type Refusals = z.infer<typeof refusals>;
export type ResultsHere = z.infer<typeof resultsHere>;
export type OwnFileInfo = z.infer<typeof ownFileInfo>;
export type SuiteInfo = z.infer<typeof suiteInfo>;
export type ClaimRecord = z.infer<typeof claimRecord>;
export type ListedClaim = z.infer<typeof listedClaim>;
