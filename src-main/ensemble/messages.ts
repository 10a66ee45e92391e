import { z } from 'zod';
import { KINDS } from './kinds.ts';

/** What the Workbench and the process that combines say to each other, and what shells are told of it. */

const file = z.string().min(1);
const scalar = z.union([z.number(), z.string(), z.boolean()]);

export const ensembleRequest = z.strictObject({
  method: z.string(),
  settings: z.record(z.string(), scalar).default({}),
  kind: z.enum(KINDS).nullable().default(null),
  validation: z.array(file).min(1).max(500),
  labels: file,
  test: z.array(file).max(500).default([]),
  testLabels: file.nullable().default(null),
});

const scores = z.record(z.string(), z.number());
const part = z.object({
  rows: z.number(),
  models: z.array(z.object({ name: z.string(), sha256: z.string(), scores })),
  average: scores,
  ensemble: scores,
  disagreement: z.number().nullable(),
});
const bin = z.object({
  from: z.number(),
  to: z.number(),
  count: z.number(),
  confidence: z.number().nullable(),
  accuracy: z.number().nullable(),
});
const calibrationCurve = z.object({
  task: z.number().nullable(),
  samples: z.number(),
  error: z.number(),
  bins: z.array(bin),
});
const riskCurve = z.array(z.object({ coverage: z.number(), risk: z.number() }));
const pair = <T extends z.ZodType>(of: T) => z.object({ average: of, ensemble: of }).nullable();

/** What came out, without the predictions themselves: these go to a file. */
export const ensembleSummary = z.object({
  method: z.string(),
  title: z.string(),
  kind: z.enum(['probabilities', 'numbers']),
  validation: part,
  test: part.partial().extend({ rows: z.number() }).nullable(),
  weights: z.array(z.number()).nullable(),
  path: z.object({ order: z.array(z.number()), losses: z.array(z.number()) }).nullable(),
  note: z.string().nullable(),
  sets: z
    .object({ meanSize: z.number(), empty: z.number(), single: z.number(), coverage: z.number().nullable() })
    .nullable(),
  pictured: z.object({
    apart: z.array(z.number()).nullable(),
    calibration: pair(calibrationCurve),
    risk: pair(riskCurve),
    sizes: z.array(scores),
  }),
});
export type EnsembleSummary = z.output<typeof ensembleSummary>;

/** `output`: a file for everything, as `touchstone ensemble -o` writes it. */
export const ensembleJob = z.strictObject({
  request: ensembleRequest,
  output: file.nullable().default(null),
  force: z.boolean().default(false),
});
export type EnsembleJob = z.input<typeof ensembleJob>;

export const ensembleResult = z.object({ summary: ensembleSummary, file: z.string().nullable() });
export type EnsembleResult = z.output<typeof ensembleResult>;

/** Predictions that are to be on a board: see `OutsideFiles`. */
export const outsideModels = z
  .array(z.strictObject({ name: z.string(), file, seed: z.number().int().min(0).default(0) }))
  .min(1)
  .max(500);
const outsideFiles = z.strictObject({
  models: outsideModels,
  labels: file,
  kind: z.enum(KINDS).nullable(),
  dataset: z.string().nullable(),
});
const outside = z.object({
  kind: z.enum(['probabilities', 'numbers']),
  rows: z.number(),
  width: z.number(),
  target: z.custom<Float64Array>((given) => given instanceof Float64Array),
  targetHash: z.string(),
  models: z.array(
    z.object({
      name: z.string(),
      seed: z.number(),
      sha256: z.string(),
      values: z.custom<Float32Array>((given) => given instanceof Float32Array),
    }),
  ),
  dataHash: z.string().nullable(),
  classNames: z.array(z.string()).nullable(),
  writtenAt: z.number(),
});

/** What the process is asked, once in its life. */
export const ensembleQuestion = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('combine'), job: ensembleJob }),
  z.strictObject({ ask: z.literal('read'), files: outsideFiles, dataFolder: z.string() }),
]);
export type EnsembleQuestion = z.input<typeof ensembleQuestion>;

export const ensembleAnswer = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), result: ensembleResult }),
  z.object({ kind: z.literal('read'), outside }),
  z.object({ kind: z.literal('failed'), message: z.string(), isFault: z.boolean() }),
]);
export type EnsembleAnswer = z.output<typeof ensembleAnswer>;
