import { z } from 'zod';
import { mergeResult } from '../../merge/messages.ts';
export type { Inspection } from '../../merge/messages.ts';

/** Merges of a person's own checkpoints, as shells see them. */

export const mergeState = z.object({
  state: z.enum(['none', 'looking', 'merging', 'done', 'stopped', 'failed']),
  /** Bytes read and written. */
  done: z.number(),
  /** Null where it is not known. */
  total: z.number().nullable(),
  /** When it began. */
  since: z.number(),
  /** Where it goes. */
  output: z.string(),
  result: mergeResult.nullable(),
  /** What went wrong, and what helps. */
  message: z.string(),
  remedy: z.string().nullable(),
});
export type MergeState = z.infer<typeof mergeState>;
