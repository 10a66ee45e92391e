import { z } from 'zod';
import { mergeRequest } from './request.ts';

/** What the Workbench and the process that merges say to each other, and what shells are told of it. */

export const inspectRequest = z.strictObject({
  base: z.string().min(1).nullable(),
  models: z.array(z.string().min(1)).min(1).max(20),
});

/** How models stand to each other in one layer: of what they changed since the base, or of the models themselves. */
export const layerComparison = z.object({
  layer: z.string(),
  entries: z.number(),
  /** Length of the base's tensors; null without a base. */
  base: z.number().nullable(),
  /** Lengths, one a model. */
  norms: z.array(z.number()),
  /** Of each pair of models, in the order 0-1, 0-2, …, 1-2, …; null where one of them is 0. */
  cosines: z.array(z.number().nullable()),
  /** Of the entries that at least two models have, the share where all have one sign; null where there are none. */
  agreement: z.number().nullable(),
});
export type LayerComparison = z.infer<typeof layerComparison>;

export const inspection = z.object({
  models: z.array(z.string()),
  layers: z.array(layerComparison),
  total: layerComparison,
  /** What stands against a merge of these, in sentences. */
  differences: z.array(z.string()),
});
export type Inspection = z.infer<typeof inspection>;

/** What a merge reads, writes and needs, for `--dry-run` and before it begins. */
export const mergeOutline = z.object({
  steps: z.array(
    z.object({
      method: z.string(),
      title: z.string(),
      base: z.string().nullable(),
      models: z.array(z.string()),
      merged: z.number(),
      copied: z.number(),
      settings: z.array(z.object({ match: z.string(), what: z.string() })),
      reads: z.number().nullable(),
      writes: z.number(),
      passes: z.array(z.number().nullable()),
      workingBytes: z.number(),
    }),
  ),
  files: z.array(z.string()),
  memoryBytes: z.number(),
  notes: z.array(z.string()),
});
export type MergeOutline = z.infer<typeof mergeOutline>;

export const mergeResult = z.object({
  files: z.array(z.string()),
  bytesRead: z.number(),
  bytesWritten: z.number(),
  inputs: z.array(z.object({ path: z.string(), sha256: z.string() })),
});
export type MergeResult = z.infer<typeof mergeResult>;

export const mergeJob = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('outline'), request: mergeRequest }),
  z.strictObject({ kind: z.literal('inspect'), request: inspectRequest }),
  z.strictObject({ kind: z.literal('run'), request: mergeRequest, version: z.string() }),
]);
export type MergeJob = z.input<typeof mergeJob>;

/** What the process is told while it works. */
export const STOP = { kind: 'stop' } as const;
export const mergeMessage = z.union([mergeJob, z.strictObject({ kind: z.literal('stop') })]);

export const mergeAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), done: z.number(), total: z.number().nullable() }),
  z.object({ kind: z.literal('outline'), outline: mergeOutline }),
  z.object({ kind: z.literal('inspection'), inspection }),
  z.object({ kind: z.literal('done'), result: mergeResult }),
  z.object({ kind: z.literal('stopped') }),
  z.object({ kind: z.literal('failed'), message: z.string(), remedy: z.string().nullable(), isFault: z.boolean() }),
]);
export type MergeAnswer = z.output<typeof mergeAnswer>;
