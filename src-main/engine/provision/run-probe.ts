import { join } from 'node:path';
import { z } from 'zod';
import { lastLines, runCommand } from './commands.ts';
import type { Surroundings } from './layout.ts';

/** What the child process is to find out; see `probe.ts`. */
export type Probe = 'load' | 'speed' | 'webgpu';

const loadedSchema = z.object({
  backend: z.string(),
  tensorflow: z.string(),
  device: z.string(),
  seconds: z.number(),
  gflops: z.number().optional(),
});
const adapterSchema = z.object({ name: z.string(), software: z.boolean() });
const problemSchema = z.object({ problem: z.string() });

/** Loads TensorFlow in a child process, because a library that crashes must not take its asker with it. */
export const probeTensorFlow = (
  what: 'load' | 'speed',
  device: 'cpu' | 'gpu',
  where: Surroundings,
  signal?: AbortSignal,
): Promise<z.infer<typeof loadedSchema> | z.infer<typeof problemSchema>> =>
  runProbe([what, device], loadedSchema, where, signal);

/** Asks Dawn for an adapter in a child process: drivers of GPUs crash too. */
export const probeWebGpu = (
  where: Surroundings,
  signal?: AbortSignal,
): Promise<z.infer<typeof adapterSchema> | z.infer<typeof problemSchema>> =>
  runProbe(['webgpu'], adapterSchema, where, signal);

async function runProbe<T>(
  args: readonly [Probe, ...string[]],
  schema: z.ZodType<T>,
  where: Surroundings,
  signal: AbortSignal | undefined,
): Promise<T | z.infer<typeof problemSchema>> {
  const result = await runCommand(
    [where.node, join(where.project, 'src-main', 'engine', 'provision', 'probe.ts'), ...args],
    {
      env: { ...where.env, TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', TF_CPP_MIN_LOG_LEVEL: '2' },
      timeoutMs: 60_000,
      signal,
    },
  );
  const text = result.output
    .split('\n')
    .find((line) => line.startsWith('probe:'))
    ?.slice('probe:'.length);
  if (text === undefined)
    return { problem: lastLines(result.output, 3) || `the test process ended with ${result.code}` };
  const parsed = z.union([problemSchema, schema]).safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : { problem: `the test process answered “${text}”` };
}
