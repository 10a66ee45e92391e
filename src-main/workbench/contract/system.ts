import { z } from 'zod';

/** The machine and the program, as shells see them. */

export const doctorLine = z.object({
  topic: z.string(),
  level: z.enum(['ok', 'note', 'warning', 'error']),
  message: z.string(),
  remedy: z.string().nullable(),
});
export const systemInfo = z.object({
  version: z.string(),
  dataFolder: z.string(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryBytes: z.number(),
  backend: z.string(),
  backends: z.array(z.object({ name: z.string(), available: z.boolean(), reason: z.string() })),
  workers: z.number(),
  readOnly: z.string().nullable(),
});
export type SystemInfo = z.infer<typeof systemInfo>;
export type DoctorLine = z.infer<typeof doctorLine>;
