import { z } from 'zod';

/** Files of a report. */

export const REPORT_FORMATS = ['html', 'pdf', 'markdown', 'latex', 'csv', 'json'] as const;
/** `base64`: bytes. */
export const reportFile = z.object({
  name: z.string(),
  mime: z.string(),
  text: z.string(),
  encoding: z.enum(['utf8', 'base64']),
});
export type ReportFormat = (typeof REPORT_FORMATS)[number];
export type ReportFile = z.infer<typeof reportFile>;

/** Characters of a report that fit into one message. */
export const LARGEST_PART = 8_000_000;

/** `notChecked`: trials whose id or metrics cannot be computed from the file; they are shown, never ranked. */
export const importedReport = z.object({
  study: z.string(),
  trials: z.number(),
  alreadyThere: z.number(),
  notChecked: z.number(),
});
