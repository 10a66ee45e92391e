import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { MethodRegistry } from '../methods/registry.ts';
import type { MeasuredConfiguration } from '../metrics/claims/choose.ts';
import type { Primitives } from '../metrics/primitives.ts';
import { computeMetrics } from '../metrics/registry.ts';
import { parseResource, readResource, readResources } from '../reports/resources.ts';
import { canonicalJson } from '../base/canonical.ts';
import { writeFileAtomic } from '../base/files.ts';
import { remembered } from '../base/remembered.ts';
import type { SuiteRegistry } from '../suites/registry.ts';
import { olderThanNow } from './claims/older.ts';
import { hyperParameters } from './contract/contract.ts';

export const REFERENCE_RUNS_FOLDER = fileURLToPath(new URL('../../resources/reference-runs/', import.meta.url));

const common = {
  suite: z.string().min(1),
  method: z.string().min(1),
  hyperParameters,
  seed: z.number().int().min(0),
  /** Versions of the suite and the method that ran; a run of another version than the present one is not shown. */
  suiteVersion: z.number().int().optional(),
  methodVersion: z.number().int().optional(),
  seconds: z.number(),
  backend: z.string(),
  numerics: z.string(),
  versions: z.record(z.string(), z.string()),
  date: z.string(),
};

/** One finished reference trial, small enough to commit. */
export const referenceRun = z.union([
  /** Continual: the accuracy matrix and the row at random initialisation, from which every metric of a matrix is computed anew. */
  z.strictObject({ ...common, accuracy: z.array(z.array(z.number())).min(1), initial: z.array(z.number()).nullable() }),
  /** Other families, whose primitives are thousands of distributions: the values of the metrics registry, by metric id. */
  z.strictObject({ ...common, values: z.record(z.string(), z.number()) }),
]);
export type ReferenceRun = z.infer<typeof referenceRun>;

/** One file of `resources/reference-runs`: the runs with the commands that make them and the machine they were made on. */
export const referenceRunsFile = z.strictObject({
  command: z.string(),
  machine: z.string(),
  runs: z.array(referenceRun),
});
export type ReferenceRunsFile = z.infer<typeof referenceRunsFile>;
const REFERENCE_RUNS = { name: 'file of reference runs', schema: referenceRunsFile };

/** A plan (`resources/reference-runs/plans`): which cells are run, for which seeds. */
const referencePlan = z.strictObject({
  /** For every cell that names none of its own. */
  seeds: z.array(z.number().int().min(0)).min(1),
  cells: z
    .array(
      z.strictObject({
        suite: z.string(),
        method: z.string(),
        hyperParameters: hyperParameters.default({}),
        seeds: z.array(z.number().int().min(0)).min(1).optional(),
      }),
    )
    .min(1),
});
export type ReferencePlan = z.infer<typeof referencePlan>;

/** What a committed run keeps of a trial's primitives: a continual trial its matrices (6 decimals), any other the values of all metrics (6 digits). */
export function measuredPart(
  primitives: Primitives,
):
  | Pick<Extract<ReferenceRun, { accuracy: unknown }>, 'accuracy' | 'initial'>
  | Pick<Extract<ReferenceRun, { values: unknown }>, 'values'> {
  const short = (row: readonly number[]): number[] => row.map((value) => Number(value.toFixed(6)));
  const { accuracy, 'accuracy.init': initial } = primitives.matrices;
  if (accuracy !== undefined)
    return { accuracy: accuracy.map(short), initial: initial?.[0] === undefined ? null : short(initial[0]) };
  return {
    values: Object.fromEntries(
      Object.entries(computeMetrics(primitives)).map(([metric, value]) => [metric, Number(value.toPrecision(6))]),
    ),
  };
}

/** Every metric that a committed run allows, by metric id. */
export function metricsOf(run: ReferenceRun): Record<string, number> {
  if ('values' in run) return run.values;
  return computeMetrics(
    {
      matrices: { accuracy: run.accuracy, ...(run.initial === null ? {} : { 'accuracy.init': [run.initial] }) },
      probabilities: {},
      curves: [],
      scalars: {},
    },
    {},
  );
}

/** What makes two runs the same trial: suite, method, settings with their defaults filled in, seed. */
export function runKey(
  run: Pick<ReferenceRun, 'suite' | 'method' | 'hyperParameters' | 'seed'>,
  methods: MethodRegistry,
): string {
  return `${configurationOf(run, methods)}\n${run.seed}`;
}

function configurationOf(
  { suite, method, hyperParameters }: Pick<ReferenceRun, 'suite' | 'method' | 'hyperParameters'>,
  methods: MethodRegistry,
): string {
  const settings = methods.methods.get(method)?.method.schema.safeParse(hyperParameters);
  return `${suite}\n${method}\n${canonicalJson(settings?.success === true ? settings.data : hyperParameters)}`;
}

/** Does the run show what the present version of its method does? Runs without a version are taken to. */
export function isCurrent(
  { method, methodVersion }: Pick<ReferenceRun, 'method' | 'methodVersion'>,
  methods: MethodRegistry,
): boolean {
  const present = methods.methods.get(method)?.method.version;
  return present !== undefined && (methodVersion ?? present) === present;
}

/** A file of reference runs from its text. Throws with the file's name and the field when it is none. */
export function parseReferenceRuns(text: string, name: string): ReferenceRunsFile {
  return parseResource(text, name, REFERENCE_RUNS);
}

/** The plan in a file. Throws with the file's name and the field when it is none. */
export function readReferencePlan(file: string): ReferencePlan {
  return readResource(file, { name: 'plan of reference runs', schema: referencePlan });
}

/** The runs of both, each trial once (the later date counts), in an order that does not depend on who ran first. */
export function mergeRuns(
  committed: readonly ReferenceRun[],
  finished: readonly ReferenceRun[],
  methods: MethodRegistry,
): ReferenceRun[] {
  const runs = new Map<string, ReferenceRun>();
  for (const run of [...committed, ...finished]) {
    const key = runKey(run, methods);
    const known = runs.get(key);
    if (known === undefined || run.date >= known.date) runs.set(key, run);
  }
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const configurations = new Map([...runs.values()].map((run) => [run, configurationOf(run, methods)]));
  return [...runs.values()].sort(
    (a, b) => compare(configurations.get(a) ?? '', configurations.get(b) ?? '') || a.seed - b.seed,
  );
}

/** Writes a file of reference runs, one run a line, under its name at once. */
export function writeReferenceRuns(file: string, { command, machine, runs }: ReferenceRunsFile): void {
  const text = `{"command":${JSON.stringify(command)},\n"machine":${JSON.stringify(machine)},\n"runs":[\n${runs.map((run) => JSON.stringify(run)).join(',\n')}\n]}\n`;
  writeFileAtomic(file, [Buffer.from(text)]);
}

/**
 * The runs that are committed with the program, as configurations with their metrics, those of each version of the code apart. Runs of
 * methods or settings that this program does not know are left out. Throws when a file is not of the form.
 */
export function loadReferenceRuns(
  { methods, suites }: { readonly methods: MethodRegistry; readonly suites: SuiteRegistry },
  folder: string = REFERENCE_RUNS_FOLDER,
): MeasuredConfiguration[] {
  if (!existsSync(folder)) return [];
  const runs = readResources(folder, REFERENCE_RUNS).flatMap((file) => file.runs);
  const configurations = new Map<
    string,
    { readonly head: Omit<MeasuredConfiguration, 'values'>; readonly values: Map<string, Map<number, number>> }
  >();
  for (const run of [...runs].sort((a, b) => (a.date < b.date ? -1 : 1))) {
    const method = methods.methods.get(run.method)?.method;
    const settings = method?.schema.safeParse(run.hyperParameters);
    if (settings?.success !== true) continue;
    const older = olderThanNow(run, { suite: suites.suites.get(run.suite)?.version, method: method?.version });
    const { values } = remembered(configurations, canonicalJson([configurationOf(run, methods), older]), () => ({
      head: {
        suite: run.suite,
        methodKey: run.method,
        method: run.method,
        hyperParameters: hyperParameters.parse(settings.data),
        published: false,
        older,
      },
      values: new Map(),
    }));
    for (const [metric, value] of Object.entries(metricsOf(run)))
      remembered(values, metric, () => new Map<number, number>()).set(run.seed, value);
  }
  return [...configurations.values()].map(({ head, values }) => ({
    ...head,
    values: Object.fromEntries(
      [...values].map(([metric, bySeed]) => [metric, [...bySeed].map(([seed, value]) => ({ seed, value }))]),
    ),
  }));
}
