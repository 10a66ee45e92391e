import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MethodRegistry } from '../methods/registry.ts';
import type { MeasuredConfiguration } from '../metrics/claims.ts';
import { computeMetrics } from '../metrics/registry.ts';
import { canonicalJson } from '../results/canonical.ts';

export const REFERENCE_RUNS_FOLDER = fileURLToPath(new URL('../../resources/reference-runs/', import.meta.url));

const scalar = z.union([z.number(), z.string(), z.boolean()]);

/** One finished reference trial: small enough to commit, complete enough to recompute every continual metric. */
export const referenceRun = z.object({
  suite: z.string(), method: z.string(), hyperParameters: z.record(z.string(), scalar), seed: z.number(),
  accuracy: z.array(z.array(z.number())), initial: z.array(z.number()).nullable(), seconds: z.number(), backend: z.string(), numerics: z.string(), versions: z.record(z.string(), z.string()), date: z.string(),
});
export type ReferenceRun = z.infer<typeof referenceRun>;

const file = z.object({ command: z.string(), machine: z.string(), runs: z.array(referenceRun) });

/**
 * The runs that are committed with the program, as configurations with their metrics: what `claims` shows where this machine has measured
 * less. Runs of methods or settings that this version does not know are left out. Throws when a file is not of the form.
 */
export function loadReferenceRuns(methods: MethodRegistry, folder: string = REFERENCE_RUNS_FOLDER): MeasuredConfiguration[] {
  if (!existsSync(folder)) return [];
  const runs = readdirSync(folder).filter((name) => name.endsWith('.json')).flatMap((name) => {
    const parsed = file.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
    if (!parsed.success) throw new Error(`${join(folder, name)} is no file of reference runs: ${z.prettifyError(parsed.error)}`);
    return parsed.data.runs;
  });
  const configurations = new Map<string, MeasuredConfiguration & { values: Record<string, { seed: number; value: number }[]> }>();
  for (const run of runs) {
    const settings = methods.methods.get(run.method)?.method.schema.safeParse(run.hyperParameters);
    if (settings === undefined || !settings.success) continue;
    const hyperParameters = z.record(z.string(), scalar).parse(settings.data);
    const key = `${run.suite}\n${run.method}\n${canonicalJson(hyperParameters)}`;
    const known = configurations.get(key) ?? { suite: run.suite, methodKey: run.method, method: run.method, hyperParameters, published: false, origin: 'Measured in the reference runs that come with Touchstone.', values: {} };
    configurations.set(key, known);
    const metrics = computeMetrics({ matrices: { accuracy: run.accuracy, ...(run.initial === null ? {} : { 'accuracy.init': [run.initial] }) }, probabilities: {}, curves: [], scalars: {} }, {});
    for (const [metric, value] of Object.entries(metrics)) (known.values[metric] ??= []).push({ seed: run.seed, value });
  }
  return [...configurations.values()];
}
