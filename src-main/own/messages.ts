import { z } from 'zod';
import { hyperParameters } from '../base/hyper-parameters.ts';
import { methodHeader } from '../methods/checked.ts';
import type { Paper, SuiteFacts, TrialRequest } from '../methods/contract.ts';
import type { TensorMergeFacts } from '../methods/tensor-merge.ts';
import { suiteHeader } from '../suites/checked.ts';

/** What the Workbench and the process that holds a person's file say to each other: plain data, parsed on arrival. */

const paper = z.object({
  title: z.string(),
  authors: z.string(),
  year: z.number(),
  reference: z.string(),
  equations: z.string().optional(),
  deviations: z.string().optional(),
});

const loaded = { files: z.array(z.string()).min(1), hash: z.string() };

/** What a merge of tensors says of itself, without its functions. */
export const tensorMergeFacts = z.object({
  needsStart: z.boolean(),
  models: z.int().exactOptional(),
  perModel: z.boolean(),
  onFiles: hyperParameters,
}) satisfies z.ZodType<TensorMergeFacts>;

export const methodAnswer = z.object({
  ...loaded,
  method: z.object({
    ...methodHeader.shape,
    paper: paper.nullable() satisfies z.ZodType<Paper | null>,
    reference: z.enum(['lower', 'upper']).optional(),
    hidden: z.boolean().optional(),
    tensorMerge: tensorMergeFacts.optional(),
    /** The form as JSON Schema. */
    fields: z.record(z.string(), z.json()),
    hasTrials: z.boolean(),
    /** By suite id: true, or the sentence that says why not. */
    fits: z.record(z.string(), z.union([z.literal(true), z.string().max(1000)])),
  }),
});
export type MethodAnswer = z.infer<typeof methodAnswer>;

export const suitesAnswer = z.object({ ...loaded, suites: z.array(suiteHeader).max(100) });
export type SuitesAnswer = z.infer<typeof suitesAnswer>;

export const trialsAnswer = z.object({
  ...loaded,
  trials: z
    .array(
      z.object({
        name: z.string(),
        artefact: z.string().min(1).max(200).optional(),
        suite: z.string(),
        method: z.string(),
        hyperParameters,
        seed: z.int().min(0),
        fold: z.int().min(0).nullable().optional(),
      }),
    )
    .max(1000) satisfies z.ZodType<TrialRequest[]>,
});

/** What a file is asked. */
export type Question =
  | { readonly kind: 'method'; readonly suites: readonly SuiteFacts[] }
  | { readonly kind: 'suites' }
  | {
      readonly kind: 'trials';
      readonly suite: SuiteFacts;
      readonly hyperParameters: Readonly<Record<string, number | string | boolean>>;
      readonly seed: number;
    };

export const fromProcess = z.discriminatedUnion('kind', [
  /** Everything of the program's own is there; from now on the time is the file's. */
  z.object({ kind: z.literal('begun') }),
  z.object({ kind: z.literal('answer'), answer: z.unknown() }),
  z.object({ kind: z.literal('refused'), message: z.string() }),
]);
export type FromProcess = z.infer<typeof fromProcess>;
