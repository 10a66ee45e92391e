import { z } from 'zod';
import type { tableOptions, tablePreview } from '../../datasets/tables/options.ts';

/** Data sets, as shells see them. */

export const datasetInfo = z.object({
  id: z.string(),
  title: z.string(),
  kind: z.enum(['image', 'table']),
  state: z.enum(['shipped', 'installed', 'generated', 'absent']),
  rows: z.object({ train: z.number(), test: z.number() }),
  shape: z.array(z.number()),
  classes: z.array(z.string()),
  licence: z.string(),
  source: z.string(),
  citation: z.string(),
  bytes: z.number(),
  sha256: z.string().nullable(),
});

export const datasetRemoved = z.object({ id: z.string(), bytes: z.number() });
export type DatasetInfo = z.infer<typeof datasetInfo>;
export type TablePreview = z.infer<typeof tablePreview>;
export type TableOptions = z.input<typeof tableOptions>;
